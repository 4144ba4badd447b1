"""Who works on which host at what: heartbeats, leases, and the figures they leave."""

import json
import uuid
from collections import Counter
from datetime import timedelta

import psycopg

from listhub.jobs import sweep
from listhub.spool import processes, series, store
from listhub.spool.items import Item, NewItem
from listhub.spool.processes import FADED, Beat, Process
from listhub.spool.tally import DELIVERED, SETTLED
from listhub.stages.table import STAGES
from listhub.worker.heartbeat import Heart
from tests.rooms import Rooms, post_bytes
from tests.spool.cli.conftest import command
from tests.spool.stages.test_statements import noting

NAMES = [stage.name for stage in STAGES]


def beat(name: str = "mx1/7", **values: object) -> Beat:
    host = name.partition("/")[0]
    given = {"kind": "worker", "pool": "bulk", "version": "1", "age": 60.0, **values}
    return Beat(name=name, host=host, pid=7, **given)  # type: ignore[arg-type]


def known(rooms: Rooms) -> dict[str, Process]:
    found = processes.processes(rooms.conn, NAMES)
    rooms.conn.commit()
    return {one.name: one for one in found}


def claim(rooms: Rooms, owner: str, number: int, **values: object) -> list[Item]:
    new = [
        NewItem(stage="send", trace=uuid.uuid4(), **values)  # type: ignore[arg-type]
        for _ in range(number)
    ]
    store.put(rooms.conn, new)
    minute = timedelta(minutes=1)
    claimed = store.claim(
        rooms.conn, stage="send", limit=number, lease=minute, owner=owner
    )
    rooms.conn.commit()
    return [item for item, _rank in claimed]


def test_a_process_is_seen_with_what_it_has_in_work(rooms: Rooms) -> None:
    """Host, pool, version, room, memory; and of the leases list, item and since when."""
    dev = rooms.add_list()
    claim(rooms, "mx1/7", 12, list_id=dev)
    claim(rooms, "old/3/bulk", 1)
    working = beat(stage="send", busy=5.0, memory=1000)
    processes.beat(rooms.conn, [working, beat("mx1/8")], [])

    found = known(rooms)

    busy = found["mx1/7"]
    assert (busy.host, busy.pool, busy.version, busy.memory) == (
        "mx1",
        "bulk",
        "1",
        1000,
    )
    assert (busy.stage, busy.alive, busy.leased, len(busy.items)) == (
        "send",
        True,
        12,
        10,
    )
    assert busy.items[0].list == "dev@lists.example"
    assert busy.items[0].since < busy.items[0].lease_until
    assert busy.started_at is not None
    assert busy.seen_at is not None
    assert busy.seen_at - busy.started_at == timedelta(seconds=60)
    assert (found["mx1/8"].stage, found["mx1/8"].leased) == (None, 0)
    silent = found["old/3/bulk"]
    assert (silent.host, silent.pid, silent.alive, silent.leased) == (
        "old",
        3,
        False,
        1,
    )


def test_the_dead_fade_by_the_databases_clock(rooms: Rooms) -> None:
    """A silent process is dead after a minute, and forgotten by the sweep after an hour."""
    processes.beat(rooms.conn, [beat("mx1/1"), beat("mx1/2")], [])
    late = (
        "UPDATE process SET seen_at = now() - make_interval(secs => %s) WHERE name = %s"
    )
    rooms.conn.execute(late, [FADED + 1, "mx1/1"])
    found = known(rooms)
    assert [found["mx1/1"].alive, found["mx1/2"].alive] == [False, True]

    rooms.conn.execute(late, [4000, "mx1/1"])
    sweep.JOB.run(rooms.conn, rooms.host.settings)
    assert list(known(rooms)) == ["mx1/2"]

    processes.leave(rooms.conn, ["mx1/2"])
    assert known(rooms) == {}


def test_beats_add_up_minute_by_minute(rooms: Rooms) -> None:
    """Figures of all processes are sums; a process that left has left its figures."""
    one = Counter({("send", SETTLED): 3, ("send", DELIVERED): 50})
    for name in ("mx1/1", "mx2/1", "mx1/1"):
        processes.beat(rooms.conn, [beat(name)], [(name, one)])
    processes.leave(rooms.conn, ["mx2/1"])
    rooms.conn.execute(
        "UPDATE process_minute SET minute = minute - interval '5 min' WHERE process = 'mx1/1'"
    )
    figures = series.figures(rooms.conn)

    assert len(figures.minutes) == 60
    assert [n for n in figures.sent if n] == [100, 50]
    assert figures.settled("send")[-6] + sum(figures.settled("send")[-5:]) == 9
    assert set(figures.settled("archive")) == {0}
    assert known(rooms)["mx1/1"].settled_hour == 6
    assert known(rooms)["mx1/1"].settled_minute == 0


def test_what_a_worker_does_is_counted(rooms: Rooms) -> None:
    """A drain counts its items once, and the heartbeat takes the counts with it."""
    rooms.add_list(members=["ann@a.example"])
    rooms.put("distribute", post_bytes())
    rooms.drain("distribute")
    heart = Heart([(rooms.host, "distribution")], kind="worker")
    heart.beat()
    heart.beat()

    me = known(rooms)["test"]
    assert (me.kind, me.pool, me.settled_hour) == ("worker", "distribution", 1)
    assert me.memory is not None
    heart.beat(last=True)
    assert known(rooms) == {}
    assert sum(series.figures(rooms.conn).settled("distribute")) == 1


def test_a_heart_without_a_database_goes_on(rooms: Rooms) -> None:
    """A beat that cannot be written is lost, its counts are not."""
    rooms.host.tally.count("send", SETTLED, 4)
    rooms.conn.execute("ALTER TABLE process RENAME TO elsewhere")
    rooms.conn.commit()
    heart = Heart([(rooms.host, "bulk")], kind="worker")
    heart.beat()
    rooms.conn.execute("ALTER TABLE elsewhere RENAME TO process")
    rooms.conn.commit()
    heart.beat()
    assert known(rooms)["test"].settled_hour == 4


def test_looking_costs_two_statements_and_beating_one(rooms: Rooms) -> None:
    """However many processes there are: a beat is one statement, a look is two."""
    asked: list[str] = []
    with psycopg.connect(rooms.url) as conn:
        conn.cursor_factory = noting(asked)
        counts = [(f"mx/{n}", Counter({("send", SETTLED): 1})) for n in range(300)]
        processes.beat(conn, [beat(f"mx/{n}") for n in range(300)], counts)
        assert len(asked) == 1
        asked.clear()
        assert len(processes.processes(conn, NAMES)) == 300
        assert len(asked) == 2


def test_listed_on_the_command_line(rooms: Rooms) -> None:
    """`listhub worker ls` shows host, pool, lists and who is silent; JSON has it all."""
    dev = rooms.add_list()
    claim(rooms, "mx1/7", 2, list_id=dev)
    claim(rooms, "old/3", 1)
    processes.beat(rooms.conn, [beat(memory=52_000_000)], [])
    rooms.conn.commit()
    listhub = command(rooms.url)

    shown = listhub("worker", "ls")
    assert shown.returncode == 0
    _head, first, second = shown.stdout.splitlines()
    assert first.split()[:5] == ["mx1", "bulk", "worker", "7", "1"]
    assert "52 MB" in first
    assert "dev@lists.example" in first
    assert "silent" in second
    one, _other = json.loads(listhub("worker", "ls", "--json").stdout)
    assert (one["alive"], one["leased"], len(one["items"])) == (True, 2, 2)
