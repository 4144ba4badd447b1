"""Group commit: all mails that wait, over all connections, become ours in one commit.

The event loop hands jobs to a few threads, each with a database connection of its
own.  A thread that is free takes everything that waits; while it commits, the next
batch gathers.  So one connection gets its answer at once, and thirty share a commit.

No mail is refused for an error of ours: whatever happens here is a 451.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import psycopg

from listhub import db, log
from listhub.config import Database
from listhub.errors import TemporaryError
from listhub.intake.accept import Answer, Incoming, accept
from listhub.intake.syntax import Reply, reply
from listhub.lists import directory
from listhub.lists.directory import Asked, Known

Nudge = Callable[[set[str]], None]

_log = log.get(__name__)

_LATER = reply(451, "4.3.0", "The mail cannot be stored now; try again later.")
#: A batch is as large as one statement handles well.
_MOST_JOBS = 200
_MOST_OCTETS = 16 * 1024 * 1024
#: Errors of one mail that psycopg counts as the server's.
_OF_ONE_MAIL = (
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.DeadlockDetected,
)
#: Seconds between attempts to reach the database, doubled up to the last.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True, slots=True)
class Question:
    """Recipients to look up; `done` gets what exists, or None if nobody can tell."""

    asked: Sequence[Asked]
    done: Callable[[Known | None], None]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Deposit:
    """A mail to store; `done` gets the replies once they are true."""

    mail: Incoming
    done: Callable[[Sequence[Reply]], None]

    @property
    def size(self) -> int:
        return len(self.mail.content)

    @property
    def count(self) -> int:
        return len(self.mail.recipients)


Job = Question | Deposit
_Result = TypeVar("_Result")


class Writer:
    """The threads; `submit` is called in the loop, and so is every job's `done`."""

    def __init__(
        self,
        *,
        database: Database,
        connections: int,
        window: timedelta,
        nudge: Nudge,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._loop = loop
        #: Octets of mail that wait for their commit.
        self.waiting = 0
        self._threads = [
            threading.Thread(
                target=_Clerk(
                    jobs=self._jobs,
                    desk=_Desk(database),
                    window=window,
                    nudge=nudge,
                    deliver=self._deliver,
                ).work,
                name=f"intake writer {number}",
                daemon=True,
            )
            for number in range(connections)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Have a job done; its `done` is called in the loop."""
        self.waiting += job.size
        self._jobs.put(job)

    async def stop(self) -> None:
        """Finish what was submitted and end the threads."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _deliver(self, results: Sequence[tuple[Job, Any]]) -> None:
        self._loop.call_soon_threadsafe(self._finish, results)

    def _finish(self, results: Iterable[tuple[Job, Any]]) -> None:
        for job, result in results:
            self.waiting -= job.size
            try:
                job.done(result)
            except Exception:  # noqa: BLE001 - see below
                # One connection's trouble: it gets no answer, its MTA tries again.
                _log.exception("answer not delivered")


class _Desk:
    """One connection, reopened when broken; while it cannot be, nobody waits for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.Connection[Any] | None = None
        self._pause = _FIRST_PAUSE
        self._not_before = 0.0

    def run(self, work: Callable[["psycopg.Connection[Any]"], _Result]) -> _Result:
        """Do the work; once more if the connection turns out to be broken.

        A commit whose answer was lost is repeated too: the retry window makes it
        harmless, and the MTA would do the same.
        """
        try:
            return work(self._open())
        except psycopg.Error as error:
            if not self._drop_if_useless(error):
                raise
        try:
            return work(self._open())
        except psycopg.Error as error:
            self._drop_if_useless(error)
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> "psycopg.Connection[Any]":
        """Return the connection; TemporaryError at once while the database is away."""
        if self._connection is None:
            if time.monotonic() < self._not_before:
                raise TemporaryError("The database does not answer; try again later.")
            try:
                # A look-up is then one round trip; what stores opens a transaction.
                self._connection = db.connect(self._database, autocommit=True)
            except TemporaryError:
                self._not_before = time.monotonic() + self._pause
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
                raise
            self._pause = _FIRST_PAUSE
        return self._connection

    def _drop_if_useless(self, error: psycopg.Error) -> bool:
        if self._connection is not None and db.useless(self._connection, error):
            self.close()
        return self._connection is None


class _Clerk:
    """What one thread does: take what waits, look up, store, answer."""

    def __init__(
        self,
        *,
        jobs: "queue.SimpleQueue[Job | None]",
        desk: _Desk,
        window: timedelta,
        nudge: Nudge,
        deliver: Callable[[Sequence[tuple[Job, Any]]], None],
    ) -> None:
        self._jobs = jobs
        self._desk = desk
        self._window = window
        self._nudge = nudge
        self._deliver = deliver

    def work(self) -> None:
        """Work until told to stop."""
        while batch := self._next_batch():
            questions = [job for job in batch if isinstance(job, Question)]
            deposits = [job for job in batch if isinstance(job, Deposit)]
            if questions:
                self._look_up(questions)
            if deposits:
                self._store(deposits)
        self._desk.close()

    def _next_batch(self) -> list[Job]:
        """Wait for a job and return it with all that wait behind it; none: stop."""
        batch: list[Job] = []
        size = 0
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            size += job.size
            if len(batch) >= _MOST_JOBS or size >= _MOST_OCTETS:
                break
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
        if job is None and batch:
            self._jobs.put(None)  # for the next round
        return batch

    def _look_up(self, questions: Sequence[Question]) -> None:
        asked = [each for question in questions for each in question.asked]
        lists = {each.list_address for each in asked if each.list_address}
        domains = {each.domain for each in asked}
        known: Known | None = None
        try:
            known = self._desk.run(
                lambda conn: directory.look_up(conn, lists=lists, domains=domains)
            )
        except Exception as error:  # noqa: BLE001  any error is a 451, and logged
            _log.warning("recipients not looked up", error=_reason(error))
        self._deliver([(question, known) for question in questions])

    def _store(self, deposits: Sequence[Deposit]) -> None:
        try:
            answers = self._commit(deposits)
        except Exception as error:  # noqa: BLE001  any error is a 451, and logged
            if len(deposits) > 1 and not _hits_all(error):
                # One of them may be poison: its neighbours are not to suffer.
                _log.info("batch tried one by one", error=_reason(error))
                for deposit in deposits:
                    self._store([deposit])
                return
            answers = None
            _log.error("mail not stored", mails=len(deposits), error=_reason(error))
        if answers is None:
            self._deliver(
                [(deposit, (_LATER,) * deposit.count) for deposit in deposits]
            )
            return
        self._deliver(
            [
                (deposit, answer.replies)
                for deposit, answer in zip(deposits, answers, strict=True)
            ]
        )
        stages = {stage for answer in answers for stage in answer.stages}
        if stages:
            self._nudge(stages)

    def _commit(self, deposits: Sequence[Deposit]) -> list[Answer]:
        mails = [deposit.mail for deposit in deposits]

        def store(conn: "psycopg.Connection[Any]") -> list[Answer]:
            # The pipeline saves two of five round trips.
            with conn.pipeline(), conn.transaction():
                return accept(conn, mails, window=self._window)

        return self._desk.run(store)


def _hits_all(error: Exception) -> bool:
    """Tell whether every mail alone would fail alike: a lock, a full disk, no server.

    To try them one by one would make each wait for the same time-out.
    """
    if isinstance(error, _OF_ONE_MAIL):
        return False
    return isinstance(error, TemporaryError | psycopg.OperationalError)


def _reason(error: Exception) -> str:
    if isinstance(error, TemporaryError):
        return error.reason
    return f"{type(error).__name__}: {error}"
