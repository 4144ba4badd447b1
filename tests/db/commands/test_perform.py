"""Several commands of one mail: each with its own fate, all in one transaction."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from listhub.commands.command import Command, Line, Run
from listhub.commands.context import Context
from listhub.commands.perform import perform
from listhub.commands.reply import Refused, Reply
from listhub.config import Database, Settings, Site
from listhub.errors import TemporaryError, UsageError
from listhub.i18n.text import Text
from listhub.outside.answers import Answer, Answers, Unanswered

Driver = psycopg.Connection[Any]


class Riddle:
    """A question with an answer that this process does not know yet."""

    def answer(self, _settings: Settings) -> Answer[str]:
        return Answer(value="42", keep=60)


@pytest.fixture
def context(driver: Driver) -> Iterator[Context]:
    settings = Settings(database=Database(url="x"), site=Site(secret="5e" * 16))
    with driver.transaction(force_rollback=True):
        yield Context(
            conn=driver,
            settings=settings,
            ask=Answers(settings).ask,
            domain_id=1,
            domain="lists.example",
            sender="ann@a.example",
            auth="smtp",
            language="en",
            trace=uuid.uuid4(),
        )


def line(run: Run, *, quiet: bool = False) -> Line:
    command = Command(name="X", about="", right="", run=run)
    return Line(command=command, arguments={}, written="X", quiet=quiet)


def write(_line: Line, context: Context) -> Reply:
    context.conn.execute("INSERT INTO domain (name) VALUES (gen_random_uuid())")
    return Reply(text=Text("Written."))


def fail(given: Line, context: Context) -> Reply:
    write(given, context)
    raise Refused("No.")


def usage(given: Line, context: Context) -> Reply:
    write(given, context)
    raise UsageError("100% wrong.")


def hush(_line: Line, _context: Context) -> Reply:
    return Reply(text=Text("Nobody hears this."), done=False, reported=False)


def domains(context: Context) -> int:
    row = context.conn.execute("SELECT count(*) FROM domain").fetchone()
    assert row is not None
    return int(row[0])


def test_one_that_fails_takes_nothing_back_of_the_others(context: Context) -> None:
    """What a refused command wrote is undone, and only that."""
    results, _ = perform([line(write), line(fail), line(usage), line(write)], context)

    assert domains(context) == 2
    assert [(str(each.text), each.done) for each in results] == [
        ("Written.", True),
        ("No.", False),
        ("100% wrong.", False),
        ("Written.", True),
    ]


def test_quiet_keeps_what_went_well_to_itself(context: Context) -> None:
    """QUIET hides what was done; a scenario's `quiet` hides its refusal."""
    results, _ = perform(
        [line(write, quiet=True), line(fail, quiet=True), line(hush)], context
    )

    assert [str(each.text) for each in results] == ["No."]


def test_questions_to_the_outside_break_all_of_it_off(context: Context) -> None:
    """An answer that is not known is not taken for a failure of the command."""

    def ask(_line: Line, asking: Context) -> Reply:
        return Reply(text=Text(asking.ask(Riddle())))

    with pytest.raises(Unanswered):
        perform([line(write), line(ask)], context)


def test_what_may_pass_is_tried_again(context: Context) -> None:
    """A temporary error is the whole mail's: nothing is reported as refused."""

    def later(_line: Line, _context: Context) -> Reply:
        raise TemporaryError("Not now.")

    with pytest.raises(TemporaryError):
        perform([line(later)], context)
