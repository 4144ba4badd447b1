"""What operators do to items, by function and by command, with real commits."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.errors import PermanentError, StaleClaim
from listhub.spool import browse, operator, stats, store
from listhub.spool.browse import Filter
from listhub.spool.items import Bury, Done, Item, NewItem, Park, Retry
from listhub.stages.table import STAGES
from tests.rooms import DOMAIN, Rooms, post_bytes

MINUTE = timedelta(minutes=1)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def listhub(database_url: str) -> Run:
    """Return what runs a command line on this test's database."""

    def runner(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "listhub.cli.main", *map(str, words)],
            env={
                **os.environ,
                "LISTHUB_DATABASE__URL": database_url,
                "SUDO_USER": "eve",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return runner


def put(rooms: Rooms, stage: str = "archive", **values: Any) -> int:
    item = NewItem(stage=stage, trace=uuid.uuid4(), **values)
    numbers = store.put(rooms.conn, [item])
    rooms.conn.commit()
    return numbers[0]


def claim(rooms: Rooms, stage: str = "archive") -> Item:
    claimed = store.claim(
        rooms.conn, stage=stage, limit=1, lease=MINUTE, owner="host/1"
    )
    rooms.conn.commit()
    return claimed[0][0]


def state(rooms: Rooms, number: int) -> str:
    found = browse.item(rooms.conn, number)
    rooms.conn.commit()
    return found.state if found else "gone"


def aside(rooms: Rooms, verdict: Retry | Park | Bury) -> int:
    number = put(rooms)
    store.settle(rooms.conn, claim(rooms), verdict)
    rooms.conn.commit()
    return number


# --- orders -------------------------------------------------------------------------


def test_hold_and_release(rooms: Rooms):
    """A held item is not claimed; a second operator is told who did it."""
    number = put(rooms)
    assert operator.hold(rooms.conn, number, actor="cli:ann").changed
    second = operator.hold(rooms.conn, number, actor="cli:bob")
    assert not second.changed
    assert "held already (hold by cli:ann" in second.sentence
    assert state(rooms, number) == "held"

    assert operator.release(rooms.conn, number, actor="cli:bob").changed
    again = operator.release(rooms.conn, number, actor="cli:ann")
    assert "ready already (release by cli:bob" in again.sentence
    rooms.conn.commit()
    assert claim(rooms).id == number
    deeds = rooms.rows("SELECT actor, action, object FROM audit ORDER BY id")
    assert [tuple(deed) for deed in deeds] == [
        ("cli:ann", "spool.hold", f"item {number}"),
        ("cli:bob", "spool.release", f"item {number}"),
    ]


@pytest.mark.parametrize("order", [operator.hold, operator.drop])
def test_an_item_in_work_is_left_alone_unless_forced(
    rooms: Rooms, order: Callable[..., operator.Change]
):
    """By force the worker's settling comes to nothing; the first effect wins."""
    number = put(rooms)
    item = claim(rooms)
    with pytest.raises(PermanentError, match="worked on by host/1"):
        order(rooms.conn, number, actor="cli:ann")
    with pytest.raises(PermanentError, match="worked on by host/1"):
        operator.edit(rooms.conn, number, operator.Edit(priority=1), actor="cli:ann")
    assert order(rooms.conn, number, actor="cli:ann", force=True).changed
    rooms.conn.commit()
    with pytest.raises(StaleClaim):
        store.settle(rooms.conn, item, Done())


@pytest.mark.parametrize(
    ("verdict", "order", "other", "better"),
    [
        (Retry(after=MINUTE, reason="x"), operator.retry, operator.release, "retry"),
        (Bury(reason="x"), operator.retry, operator.release, "retry"),
        (Bury(reason="x"), operator.exhume, operator.release, "retry"),
        (Park(reason="x"), operator.release, operator.retry, "release"),
    ],
)
def test_each_state_has_its_order(
    rooms: Rooms,
    verdict: Retry | Park | Bury,
    order: Callable[..., operator.Change],
    other: Callable[..., operator.Change],
    better: str,
):
    """The right order makes an item ready with no attempts; a wrong one names it."""
    number = aside(rooms, verdict)
    with pytest.raises(PermanentError, match=f"listhub spool {better}"):
        other(rooms.conn, number, actor="cli:ann")
    assert order(rooms.conn, number, actor="cli:ann").changed
    rooms.conn.commit()
    found = claim(rooms)
    assert (found.id, found.attempts) == (number, 1)


def test_a_dropped_item_is_history(rooms: Rooms):
    """Dropping keeps the note and the name; the second one is told of the first."""
    number = put(rooms, message_id="m@x")
    operator.drop(rooms.conn, number, actor="cli:ann", note="spam")
    [ended] = rooms.settled("archive")
    assert (ended.verdict, ended.note) == ("dropped", "spam (by cli:ann)")
    second = operator.drop(rooms.conn, number, actor="cli:bob")
    assert not second.changed
    assert "dropped already" in second.sentence
    assert "spam (by cli:ann)" in second.sentence
    with pytest.raises(PermanentError, match=r"ended .* as dropped"):
        operator.hold(rooms.conn, number, actor="cli:bob")
    with pytest.raises(PermanentError, match="no item 999"):
        operator.retry(rooms.conn, 999, actor="cli:bob")


def test_dropping_what_was_done_says_so(rooms: Rooms):
    """An item that was settled meanwhile cannot be dropped any more."""
    number = put(rooms)
    store.settle(rooms.conn, claim(rooms), Done(note="filed"))
    with pytest.raises(PermanentError, match=r"as done \(filed\)"):
        operator.drop(rooms.conn, number, actor="cli:ann")


def test_an_edit_changes_the_envelope_and_the_rank(rooms: Rooms):
    """A better priority moves an item ahead; old and new values are kept."""
    first, second = put(rooms), put(rooms)
    new = operator.Edit(priority=0, reverse_path="")
    assert operator.edit(rooms.conn, second, new, actor="cli:ann").changed
    assert not operator.edit(rooms.conn, second, new, actor="cli:ann").changed
    rooms.conn.commit()
    assert [claim(rooms).id, claim(rooms).id] == [second, first]
    [deed] = rooms.rows("SELECT detail FROM audit")
    assert deed.detail["changes"]["priority"] == [5, 0]
    assert deed.detail["changes"]["reverse_path"] == [None, ""]


def test_many_are_retried_once_each(rooms: Rooms):
    """All of a stage, in pieces; what fails again meanwhile is not taken twice."""
    for _ in range(5):
        aside(rooms, Bury(reason="x"))
    kept = put(rooms, held=True)
    other = put(rooms, stage="bounce", held=True)
    done, after = operator.make_many_ready(
        rooms.conn, stage="archive", action="retry", actor="cli:ann", limit=3
    )
    rooms.rows(
        "UPDATE spool_item SET state = 'buried' WHERE id <= %s RETURNING 1", after
    )
    rest, last = operator.make_many_ready(
        rooms.conn, stage="archive", action="retry", actor="cli:ann", after=after
    )
    assert (done, rest) == (3, 2)
    assert operator.make_many_ready(
        rooms.conn, stage="archive", action="retry", actor="cli:ann", after=last
    ) == (0, last)
    rooms.conn.commit()
    assert [state(rooms, kept), state(rooms, other)] == ["held", "held"]
    details = [row.detail["items"] for row in rooms.rows("SELECT detail FROM audit")]
    assert details == [3, 2]


def test_an_item_being_settled_is_waited_for(rooms: Rooms, database_url: str):
    """An operator waits for a settling worker, and then learns what became of it."""
    number = put(rooms)
    item = claim(rooms)
    with psycopg.connect(database_url) as worker:
        store.open_claim(worker, item)
        rooms.conn.execute("SET lock_timeout = '50ms'")
        with (
            rooms.conn.transaction(),
            pytest.raises(psycopg.errors.LockNotAvailable),
            rooms.conn.transaction(),
        ):
            rooms.conn.execute("SELECT FROM spool_item FOR UPDATE")
        store.settle(worker, item, Done())
        worker.commit()
    with pytest.raises(PermanentError, match="as done"):
        operator.hold(rooms.conn, number, actor="cli:ann", force=True)


# --- looking ------------------------------------------------------------------------


def test_filters_choose_and_pages_follow(rooms: Rooms):
    """Each filter is a condition; a page ends where the next begins."""
    dev = rooms.add_list()
    numbers = [put(rooms, list_id=dev, recipient=f"Dev@{DOMAIN}") for _ in range(5)]
    other = put(rooms, stage="bounce", held=True)
    rooms.rows(
        "UPDATE spool_item SET created_at = now() - interval '1 hour'"
        " WHERE id = %s RETURNING 1",
        numbers[0],
    )
    leased = claim(rooms).id

    def chosen(limit: int = 50, **wanted: Any) -> list[int]:
        found = browse.waiting(rooms.conn, Filter(**wanted), limit=limit)
        return [item.id for item in found]

    assert chosen() == [*numbers, other]
    assert chosen(stage="bounce") == [other]
    assert chosen(state="held") == [other]
    assert chosen(state="leased") == [leased]
    assert chosen(state="ready") == [n for n in numbers if n != leased]
    assert chosen(list_id=dev, older=timedelta(minutes=10)) == numbers[:1]
    assert chosen(recipient=f"dev@{DOMAIN}") == numbers
    assert chosen(limit=2) == numbers[:2]
    assert chosen(limit=2, after=numbers[1]) == numbers[2:4]


def test_figures_of_rooms(rooms: Rooms, monkeypatch: pytest.MonkeyPatch):
    """What waits, how long, what is in work, aside, and what was settled."""
    names = ["distribute", "archive", "bounce"]
    empty = stats.rooms(rooms.conn, names)
    assert [room.stage for room in empty] == names
    assert {(room.oldest, room.ready, room.most_attempts) for room in empty} == {
        (None, 0, 0)
    }
    assert stats.problems(empty) == []

    aside(rooms, Bury(reason="x"))
    aside(rooms, Retry(after=MINUTE, reason="x"))
    aside(rooms, Park(reason="x"))
    put(rooms, held=True)
    put(rooms)
    store.settle(rooms.conn, claim(rooms), Done())
    put(rooms)
    claim(rooms)
    late = put(rooms)
    rooms.rows(
        "UPDATE spool_item SET rank = rank - interval '10 min'"
        " WHERE id = %s RETURNING 1",
        late,
    )
    room = stats.rooms(rooms.conn, names)[1]
    assert (room.ready, room.leased, room.deferred) == (1, 1, 1)
    assert (room.parked, room.held, room.buried) == (1, 1, 1)
    assert (room.settled_minute, room.settled_hour) == (1, 1)
    assert room.most_attempts == 1
    assert room.oldest is not None
    assert 590 < room.oldest < 660
    assert stats.problems([room]) == [
        "In archive the oldest item has waited 10 min.",
        "In archive 1 item is buried.",
    ]

    monkeypatch.setattr(stats, "MOST", 2)
    for _ in range(5):
        put(rooms)
    rooms.conn.execute("ANALYZE spool_item")
    about = stats.rooms(rooms.conn, names)[1]
    assert about.ready_estimated
    assert not about.deferred_estimated
    assert about.ready >= 2


# --- the commands ----------------------------------------------------------------------


def test_the_browser_on_the_command_line(rooms: Rooms, listhub: Run):
    """ls, show, hold, retry, edit and drop as they are typed."""
    rooms.add_list()
    number = rooms.put("distribute", post_bytes(), priority=3)
    shown = json.loads(listhub("spool", "ls", "--json", "--stage", "distribute").stdout)
    assert [(row["id"], row["list"]) for row in shown] == [(number, f"dev@{DOMAIN}")]
    assert "ann@a.example" in listhub("spool", "ls").stdout

    told = listhub("spool", "show", number).stdout
    assert "The stage: Judges a post" in told
    assert f"list          dev@{DOMAIN}" in told
    assert f"size          {len(post_bytes())}" in told
    message = listhub("spool", "show", number, "--message")
    assert message.stdout.encode() == post_bytes().replace(b"\r\n", b"\n")

    assert listhub("spool", "hold", number).stdout == f"Item {number} is held.\n"
    again = listhub("spool", "hold", number)
    assert again.returncode == 0
    assert "held already (hold by cli:eve" in again.stdout
    wrong = listhub("spool", "retry", number)
    assert (wrong.returncode, wrong.stderr) == (
        1,
        f"listhub: Item {number} is held; use `listhub spool release`.\n",
    )
    edited = listhub(
        "spool", "edit", number, "--recipient", f"dev-owner@{DOMAIN}", "--priority", 1
    )
    assert edited.returncode == 64
    assert "is for the stage bounce" in edited.stderr
    edited = listhub("spool", "edit", number, "--reverse-path", "b@b.example")
    assert edited.stdout == f"Item {number}: reverse_path changed.\n"

    both = listhub("spool", "drop", number, 999, "--note", "spam")
    assert both.returncode == 1
    assert both.stdout == (
        f"Item {number} is dropped.\nThere is no item 999 in the spool.\n"
    )
    told = listhub("spool", "show", number).stdout
    assert "verdict       dropped" in told


def test_wrong_orders_are_one_sentence(listhub: Run):
    """A wrong stage, age, item or option names itself and what is allowed."""
    cases = {
        ("ls", "--stage", "nowhere"): (64, "there are distribute, automatic, forward"),
        ("ls", "--older", "soon"): (64, "10m, 2h, 1d"),
        ("ls", "--list", "x@y"): (64, "x@y"),
        ("show", "7"): (1, "There is no item 7"),
        ("retry",): (64, "Which items?"),
        ("retry", "--all"): (64, "name a stage"),
        ("retry", "--stage", "send"): (64, "--stage goes with --all"),
        ("edit", "7"): (64, "Nothing to change"),
        ("edit", "7", "--reverse-path", "x"): (64, "'x' is not an address"),
    }
    for words, (code, sentence) in cases.items():
        done = listhub("spool", *words)
        assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
        assert sentence in done.stderr


def test_status_tells_by_its_exit_code(rooms: Rooms, listhub: Run):
    """0 when all is well, 1 when something is overdue or buried; the table says what."""
    well = listhub("status")
    assert well.returncode == 0
    assert "All is well." in well.stdout
    put(rooms)
    assert listhub("status").returncode == 0
    late = listhub("status", "--late", "0", "--json")
    assert late.returncode == 1
    assert json.loads(late.stdout)["healthy"] is False
    aside(rooms, Bury(reason="x"))
    bad = listhub("status")
    assert bad.returncode == 1
    assert "In archive 1 item is buried." in bad.stdout
    done = listhub("spool", "exhume", "--all", "--stage", "archive")
    assert done.stdout == "1 item is ready in archive.\n"
    stats = listhub("spool", "stats").stdout.splitlines()
    assert len(stats) == 1 + len(STAGES)
