"""`listhub caught`: the mail that a catching relay kept, listed and shown."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from listhub.cli.caught import caught
from listhub.cli.context import Context
from listhub.embedded.caught import Keeper
from listhub.errors import UsageError

MAIL = b"Subject: A \x1b[2J question\r\nMessage-ID: <1@x>\r\n\r\nbytes \xff\r\n"


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """Return a system's directory with two transactions of one mail."""
    place = tmp_path / "catcher" / "caught"
    place.mkdir(parents=True)
    with Keeper(place) as keeper:
        keeper.keep(MAIL, reverse_path=b"l-owner@x", recipients=[b"ann@a.example"])
        keeper.keep(MAIL, reverse_path=b"", recipients=[b"bob@b.example", b"c@c"])
    return tmp_path


def run(*words: str, context: Context | None = None) -> Result:
    runner = CliRunner()
    return runner.invoke(caught, words, obj=context or Context(), standalone_mode=False)


def test_what_was_caught_is_listed(system: Path):
    """Each transaction is a row; subjects cannot steer the terminal."""
    done = run("ls", "--dir", str(system))
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert "<l-owner@x>" in lines[1]
    assert "bob@b.example and 1 more" in lines[2]
    assert "\x1b" not in done.stdout


def test_filters_and_pages(system: Path):
    """By recipient; and the newest ones, with a hint that there are more."""
    found = json.loads(
        run("ls", "--dir", str(system), "--json", "--recipient", "ANN@a.example").stdout
    )
    assert [one["reverse_path"] for one in found] == ["l-owner@x"]
    assert "1 older ones" in run("ls", "--dir", str(system), "--limit", "1").stderr


def test_a_message_is_shown_byte_for_byte(system: Path):
    """The content is printed as it was caught; --dir may stand before the command."""
    context = Context(directory=system)
    [digest] = {
        one["digest"] for one in json.loads(run("ls", "--json", context=context).stdout)
    }
    context = Context(directory=system)
    assert run("show", digest[:12], context=context).stdout_bytes == MAIL


def test_without_a_place_or_a_digest_it_says_so(system: Path):
    """One sentence says what is missing."""
    error = run("ls").exception
    assert isinstance(error, UsageError)
    assert "--dir DIR" in error.public
    error = run("show", "--dir", str(system), "ffff").exception
    assert isinstance(error, UsageError)
    assert "No caught message" in error.public
