"""`listhub bounce ls|log|breakers|reset|undo|suppressed|release`, as an operator types."""

import json
from collections.abc import Iterator

import pytest

from tests.bouncing import dead, evaluated, members, number_sources
from tests.rooms import DOMAIN, Rooms, open_rooms
from tests.spool.cli.conftest import Run

BOB = "bob@b.example"
DEV = f"dev@{DOMAIN}"


@pytest.fixture
def rooms(database_url: str) -> Iterator[Rooms]:
    """Return a site whose list has lost Bob."""
    with open_rooms(database_url) as rooms:
        number_sources(rooms)
        dev = rooms.add_list(
            bounce_probe=False, suppression="domain", members=["ann@a.example"]
        )
        dead(rooms, dev, (BOB, rooms.subscribe(dev, BOB)))
        yield rooms


def test_look_act_and_take_back(rooms: Rooms, listhub_command: Run) -> None:
    """The worst are listed; what was done is listed; undo brings the member back."""
    [worst] = json.loads(
        listhub_command("bounce", "ls", "--list", DEV, "--json").stdout
    )
    assert (worst["address"], worst["level"], worst["class"]) == (
        BOB,
        2,
        "no-such-user",
    )
    evaluated(rooms, 1)
    [done] = json.loads(listhub_command("bounce", "log", "--json").stdout)
    assert (done["what"], done["address"], done["list"]) == ("remove", BOB, DEV)
    assert BOB in listhub_command("bounce", "suppressed").stdout

    first = listhub_command("bounce", "undo", str(done["action"]))
    again = listhub_command("bounce", "undo", str(done["action"]))

    assert first.stdout == f"{done['action']}: {BOB} is a member of {DEV} again.\n"
    assert "has undone action" in again.stdout
    assert members(rooms, 1) == ["ann@a.example", BOB]
    assert BOB not in listhub_command("bounce", "suppressed").stdout


def test_undo_a_day(rooms: Rooms, listhub_command: Run) -> None:
    """One command for a bad day."""
    evaluated(rooms, 1)
    [row] = rooms.rows("SELECT ((now() AT TIME ZONE 'UTC')::date)::text AS day")

    done = listhub_command("bounce", "undo", "--day", row.day, "--list", DEV)
    again = listhub_command("bounce", "undo", "--day", row.day)

    assert f"{BOB} is a member of {DEV} again." in done.stdout
    assert again.stdout == "Nothing was done on that day that is not undone.\n"


def test_reset(rooms: Rooms, listhub_command: Run) -> None:
    """A member who is reset starts anew, and the audit says who did it."""
    said = listhub_command("bounce", "reset", BOB, "--list", DEV)

    assert said.stdout == f"Members of {DEV} that were reset: 1.\n"
    assert (
        json.loads(listhub_command("bounce", "ls", "--list", DEV, "--json").stdout)
        == []
    )
    assert rooms.rows("SELECT action FROM audit WHERE action = 'bounce.reset'")
    everybody = listhub_command("bounce", "reset", "--all", "--list", DEV)
    assert everybody.stdout == f"Members of {DEV} that were reset: 0.\n"


def test_release(rooms: Rooms, listhub_command: Run) -> None:
    """A suppressed address gets mail again; twice is said."""
    evaluated(rooms, 1)

    words = ("bounce", "release", BOB, "--domain", DOMAIN)
    assert listhub_command(*words).returncode == 0
    again = listhub_command(*words)

    assert (again.returncode, again.stderr) == (
        64,
        f"listhub: {BOB} is not suppressed on {DOMAIN}.\n",
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["undo"], "Name the actions"),
        (["undo", "1", "--day", "2026-11-20"], "Name the actions"),
        (["undo", "1", "--list", DEV], "--list goes with --day"),
        (["undo", "4711"], "There is no action 4711"),
        (["reset", "--list", DEV], "Name the members"),
        (["reset", "eve@e.example", "--list", DEV], "is not a member of"),
        (["ls", "--list", "no@lists.example"], "There is no list"),
    ],
)
def test_wrong_words(
    rooms: Rooms, listhub_command: Run, words: list[str], sentence: str
) -> None:
    """One sentence says what is wrong."""
    assert rooms.url
    done = listhub_command("bounce", *words)

    assert done.returncode == 64
    assert sentence in done.stderr


def test_breakers(rooms: Rooms, listhub_command: Run) -> None:
    """Nothing is set aside yet."""
    assert rooms.url
    assert json.loads(listhub_command("bounce", "breakers", "--json").stdout) == []
