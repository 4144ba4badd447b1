"""Real workers are seen with what they do; killed ones fade, ended ones leave."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from listhub.embedded.broker import ValkeyServer
from listhub.embedded.process import python_environment, wait_until
from listhub.spool import processes
from listhub.spool.processes import FADED, Process
from listhub.stages.table import STAGES
from tests.rooms import Rooms, open_rooms, post_bytes
from tests.system.daemons import Daemon

NAMES = [stage.name for stage in STAGES]


def seen(rooms: Rooms) -> list[Process]:
    found = processes.processes(rooms.conn, NAMES)
    rooms.conn.commit()
    return found


def kinds(rooms: Rooms) -> list[tuple[str, str]]:
    return sorted((one.kind, one.pool) for one in seen(rooms) if one.alive)


@pytest.mark.timeout(180)
def test_workers_say_that_they_are_there(
    database_url: str, server_directory: Path, valkey: ValkeyServer
) -> None:
    """Two children and a pump beat; work is counted; a killed child has a successor."""
    (server_directory / "log").mkdir()
    environment = {
        **python_environment(),
        "LISTHUB_DATABASE__URL": database_url,
        "LISTHUB_BROKER__URL": valkey.url,
        "LISTHUB_DNS__ENABLED": "false",
    }
    with open_rooms(database_url) as rooms:
        rooms.add_list(members=["ann@a.example"])
        everybody = [("pump", "distribution"), *[("worker", "distribution")] * 2]
        worker = Daemon(
            "worker",
            ["worker", "--pools", "distribution", "--concurrency", "2"],
            directory=server_directory,
            environment=environment,
            ready=lambda _pid: kinds(rooms) == everybody,
        )
        worker.start()
        try:
            _works_and_is_counted(rooms)
            _is_killed(rooms, lambda: kinds(rooms) == everybody)
        finally:
            assert worker.stop(timeout=30.0)
        assert [one.alive for one in seen(rooms)] == [False]


def _works_and_is_counted(rooms: Rooms) -> None:
    rooms.put("distribute", post_bytes())
    assert wait_until(lambda: bool(rooms.settled("distribute")), timeout=30)
    # With the next beat, or with the last one.
    assert wait_until(
        lambda: sum(one.settled_hour for one in seen(rooms)) == 1, timeout=40
    )


def _is_killed(rooms: Rooms, all_there: Callable[[], bool]) -> None:
    victim = next(one for one in seen(rooms) if one.kind == "worker")
    os.kill(victim.pid, signal.SIGKILL)
    assert wait_until(
        lambda: victim.name in {one.name for one in seen(rooms)}, timeout=5
    )
    rooms.rows(
        "UPDATE process SET seen_at = now() - make_interval(secs => %s)"
        " WHERE name = %s RETURNING 1",
        *(FADED + 1, victim.name),
    )
    assert wait_until(all_there, timeout=30)
