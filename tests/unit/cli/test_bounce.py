"""`listhub bounce inspect` prints what is recognised, without a database."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from listhub.cli.context import Context
from listhub.cli.main import listhub

SAMPLES = Path(__file__).parents[2] / "corpus" / "bounces"


def run(*words: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(
        listhub, ["bounce", "inspect", *words], input=stdin, obj=Context(environ={})
    )


def sample(name: str) -> str:
    return str(SAMPLES / f"{name}.eml")


def expected(name: str) -> dict[str, Any]:
    document = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    return {key: document[key] for key in ("kind", "recipients")}


@pytest.mark.parametrize("name", ["sendmail_several", "arf_abuse", "mdn_displayed"])
def test_one_file_as_json(name: str) -> None:
    """One file is one object: kind and recipients, nothing else."""
    done = run(sample(name), "--json")

    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == expected(name)


def test_several_files_as_json() -> None:
    """Several files are a list in their order, each with the name of its file."""
    names = ["postfix_delayed", "vacation_sieve"]

    done = run(*map(sample, names), "--json")

    assert json.loads(done.stdout) == [
        {"file": sample(name), **expected(name)} for name in names
    ]


def test_for_reading() -> None:
    """Without --json a person reads what it is, of whom, and whose copy it was."""
    lines = run(sample("qmail_quota")).stdout.splitlines()

    assert lines[0] == "dsn (flufl.bounce)"
    assert lines[1].startswith("  bob@example.net failed 5.2.2 mailbox-full: The users")
    assert "  message: meeting.1@example.org" in lines


def test_standard_input() -> None:
    """A mail can be piped in; one that is nothing known is no error."""
    done = run("-", "--json", stdin=b"\xff\0not mail at all")

    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"kind": "none", "recipients": []}


def test_terminal_is_safe() -> None:
    """What a stranger wrote cannot steer the terminal."""
    done = run(sample("hostile_escape_in_address"), sample("hostile_header_injection"))

    assert "\x1b" not in done.stdout


def test_missing_file() -> None:
    """A file that is not there is named."""
    done = run(sample("there_is_none"))

    assert done.exit_code != 0
    assert "there_is_none" in done.stderr
