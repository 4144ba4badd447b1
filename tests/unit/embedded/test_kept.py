import threading
from pathlib import Path

import pytest

from listhub.embedded.kept import Condition, Kept, pause_after
from listhub.embedded.picture import FILE, load_processes, save_processes
from listhub.errors import TemporaryError, UsageError


class Scripted:
    """A program that starts, fails and ends as told."""

    name = "scripted"

    def __init__(self, *, failures: list[Exception | None]) -> None:
        self.failures = failures
        self.running = False
        self.starts = 0
        self.stopped_with: list[float] = []
        self.started = threading.Semaphore(0)

    @property
    def pid(self) -> int | None:
        return self.starts if self.running else None

    def start(self) -> None:
        self.starts += 1
        failure = self.failures.pop(0) if self.failures else None
        self.started.release()
        if failure is not None:
            raise failure
        self.running = True

    def stop(self, *, timeout: float = 30.0) -> None:
        self.stopped_with.append(timeout)
        self.running = False

    def kill(self) -> None:
        self.running = False


def test_what_ends_is_started_again() -> None:
    """A program that ends, or fails to come back, is started until it serves."""
    program = Scripted(failures=[None, TemporaryError("not yet"), None])
    kept = Kept(program)
    kept.start()

    assert kept.wait(5.0)

    program.running = False
    for _ in range(3):
        assert program.started.acquire(timeout=10.0)
    kept.tell_to_stop(patience=7.0)
    kept.join()

    assert program.starts == 3
    assert program.stopped_with[-1] == 7.0
    assert kept.condition == Condition(
        name="scripted", state="stopped", restarts=2, note="not yet"
    )


def test_first_failure_is_the_callers_to_know() -> None:
    """What cannot start at all is not tried for ever."""
    kept = Kept(Scripted(failures=[UsageError("no such program")]))
    kept.start()

    with pytest.raises(UsageError, match="no such program"):
        kept.wait(5.0)

    kept.join()

    assert kept.condition.state == "stopped"


def test_pauses_grow_and_a_steady_life_ends_them() -> None:
    """The pause doubles up to 15 s; after 10 s of life there is none."""
    pauses = [0.0]
    for _ in range(9):
        pauses.append(pause_after(1.0, pause=pauses[-1]))

    assert pauses == pytest.approx([0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15, 15])
    assert pause_after(11.0, pause=15.0) == 0.0


def test_processes_are_written_down_for_others(tmp_path: Path) -> None:
    """What one process saves another reads; what cannot be read is nothing."""
    conditions = (
        Condition(name="web", state="up", pid=7),
        Condition(name="worker", state="waiting", restarts=2, note="it ended"),
    )
    (tmp_path / "run").mkdir()

    assert load_processes(tmp_path) == ()

    save_processes(tmp_path, conditions)

    assert load_processes(tmp_path) == conditions

    (tmp_path / "run" / FILE).write_text('[{"name": 1')

    assert load_processes(tmp_path) == ()
