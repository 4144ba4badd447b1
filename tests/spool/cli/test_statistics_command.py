"""`listhub list stats`, as an operator types it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.rooms import Rooms
from tests.spool.cli.conftest import Run, command


@pytest.fixture
def listhub(rooms: Rooms) -> Run:
    """Return the command line on a site with figures of two lists."""
    today = datetime.now(UTC).date()
    for name, posts in (("dev", 1), ("staff", 10)):
        list_id = rooms.add_list(name)
        for ago in (0, 1, 400):
            rooms.conn.execute(
                "INSERT INTO list_day (list_id, day, posts, bytes_in, joined_self,"
                " joined_source, left_bounces) VALUES (%s, %s, %s, 12345, 2, 3, 4)",
                [list_id, today - timedelta(days=ago), posts],
            )
    rooms.conn.commit()
    return command(rooms.url)


def test_a_list_by_the_day(listhub: Run) -> None:
    """A line for each day of a month, and their sum; JSON tells who came how."""
    said = listhub("list", "stats", "dev@lists.example")
    assert said.returncode == 0
    lines = [line.split() for line in said.stdout.splitlines()]
    assert lines[0][:3] == ["from", "posts", "bytes"]
    assert len(lines) == 4
    assert lines[-1] == ["all", "2", "24,690", "0", "0", "0", "10", "8", "0", "0", "0"]

    days = json.loads(listhub("list", "stats", "dev@lists.example", "--json").stdout)
    assert [day["joined_source"] for day in days] == [3, 3]


def test_all_lists_by_the_year(listhub: Run) -> None:
    """Without a list it is the whole site, or a domain."""
    for words in ((), ("--domain", "lists.example")):
        said = listhub("list", "stats", "--by", "year", "--json", *words)
        assert sum(each["posts"] for each in json.loads(said.stdout)) == 33


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nobody@lists.example",), "There is no list nobody@lists.example"),
        (("dev@lists.example", "--domain", "lists.example"), "not both"),
        (("--domain", "else.example"), "There is no domain else.example here"),
        (("--since", "2026-02-02", "--until", "2026-02-01"), "There is no day from"),
        (("--since", "2026-02-30"), "does not match the format"),
    ],
)
def test_what_cannot_be(listhub: Run, words: tuple[str, ...], sentence: str) -> None:
    """A wrong list, domain or day is one sentence."""
    said = listhub("list", "stats", *words)

    assert said.returncode != 0
    assert sentence in said.stderr


def test_nothing_yet(listhub: Run) -> None:
    """Where nothing is counted, that is said."""
    said = listhub("list", "stats", "--since", "2001-01-01", "--until", "2001-01-31")

    assert said.stdout == "Nothing is counted from 2001-01-01 to 2001-01-31.\n"
