"""`listhub domain`, `list` and `member`, as an operator types them, with real commits."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

LIST = "staff@lists.example.org"
MIXED = Path(__file__).parents[2] / "corpus" / "members" / "mixed.csv"


@pytest.fixture
def listhub(listhub_command: Run) -> Run:
    """Return the command line on a database with one list in it."""
    for words in (("domain", "add", "lists.example.org"), ("list", "create", LIST)):
        done = listhub_command(*words)
        assert done.returncode == 0, done.stderr
    return listhub_command


def test_life_of_a_list(listhub: Run, database_url: str) -> None:
    """Created, given people and settings, shown, closed and opened again."""
    done = listhub("list", "owner", "add", LIST, "a@example.net", "b@example.net")
    assert done.stdout == f"{LIST}: 2 owners now: a@example.net, b@example.net.\n"
    done = listhub("list", "owner", "del", LIST, "b@example.net")
    assert done.stdout == f"{LIST}: 1 owner now: a@example.net.\n"
    done = listhub("list", "moderator", "add", LIST, "m@example.net")
    assert done.stdout == f"{LIST}: 1 moderator now: m@example.net.\n"
    assert listhub("list", "set", LIST, "subject=All of us", "send=public").stdout == (
        f"{LIST}: version 1 of its settings.\n"
    )
    assert listhub("list", "set", LIST, "--unset", "send").returncode == 0
    listhub("member", "add", LIST, "x@example.net", "--reception", "digest")

    shown = json.loads(listhub("list", "show", LIST, "--json").stdout)
    assert shown["owners"] == ["a@example.net"]
    assert shown["receptions"] == {"digest": 1}
    assert shown["settings"]["subject"] == {"value": "All of us", "origin": "list"}
    assert shown["settings"]["send"] == {"value": "private", "origin": "default"}
    text = listhub("list", "show", LIST).stdout
    assert "members     1 (1 digest)\nowners      a@example.net\n" in text
    assert re.search(r'\nsubject +list +"All of us"\n', text)

    assert listhub("list", "close", LIST).stdout == f"{LIST}: now closed.\n"
    assert listhub("list", "close", LIST).stdout == f"{LIST}: already closed.\n"
    refused = listhub("member", "add", LIST, "y@example.net")
    assert (refused.returncode, refused.stderr) == (
        64,
        f"listhub: The list {LIST} is closed; `listhub list open {LIST}` opens it.\n",
    )
    assert listhub("list", "ls", "--json").stdout == "[]\n"
    assert listhub("list", "open", LIST).stdout == f"{LIST}: now open.\n"
    assert LIST in listhub("list", "ls").stdout
    with psycopg.connect(database_url) as conn:
        actors = conn.execute("SELECT DISTINCT actor FROM audit").fetchall()
    assert len(actors) == 1
    assert actors[0][0].startswith("cli:")


def test_wrong_setting_makes_no_list(listhub: Run) -> None:
    """A list comes with all that was asked for, or not at all."""
    done = listhub("list", "create", "x@lists.example.org", "--set", "reply_to=nobody")
    assert done.returncode == 64
    done = listhub("list", "create", "y@lists.example.org", "--owner", "nonsense")
    assert (done.returncode, done.stderr) == (
        64,
        'listhub: "nonsense" is not an e-mail address.\n',
    )
    rows = json.loads(listhub("list", "ls", "--json").stdout)
    assert [row["list"] for row in rows] == [LIST]


def test_import_of_a_file_with_bad_rows(listhub: Run, tmp_path: Path) -> None:
    """Each is named with its line; exit 64 and nothing done, or the rest with --partial."""
    file = str(MIXED)
    done = listhub("member", "import", LIST, file)
    lines = done.stderr.splitlines()

    assert (done.returncode, done.stdout) == (64, "")
    assert f"{file}:3: nonsense is not an e-mail address" in lines
    assert f"{file}:5: alice@EXAMPLE.org is in line 2 already" in lines
    assert lines[-1] == (
        f"listhub: {file}: 8 of 11 rows refused, so nothing was added; mend them,"
        " or add the others with --partial."
    )
    assert listhub("member", "ls", LIST, "--json").stdout == "[]\n"

    done = listhub("member", "import", LIST, file, "--partial")
    assert done.returncode == 0
    assert done.stdout == f"{LIST}: 3 members added, 8 rows refused.\n"
    again = listhub("member", "import", LIST, file, "--json")
    assert again.returncode == 64
    report = json.loads(again.stdout)
    assert (report["applied"], report["added"], report["rows"]) == (False, 0, 11)
    assert {row["line"] for row in report["refused"]} == set(range(2, 14)) - {8}

    exported = listhub("member", "export", LIST).stdout
    listhub("member", "del", LIST, "--all", "--yes")
    done = listhub("member", "import", LIST, "-", "--quiet", stdin=exported)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert listhub("member", "export", LIST).stdout == exported


def test_sentences_of_wrong_command_lines(listhub: Run, tmp_path: Path) -> None:
    """What cannot be done is exit 64 and one sentence."""
    missing = str(tmp_path / "none.csv")
    cases = {
        ("member", "import", LIST, missing): "No such file or directory.",
        ("member", "import", LIST, str(tmp_path)): "Is a directory.",
        ("member", "import", "x@lists.example.org", missing): "There is no list x@",
        ("member", "del", LIST): "Who is meant?",
        ("member", "del", LIST, "--all"): "add --yes if that is meant.",
        ("member", "del", LIST, "--all", "x@example.net"): "Who is meant?",
        ("member", "del", LIST, "x@example.net"): "nobody was removed.",
        ("member", "add", LIST, "nonsense"): f"{LIST}: nobody was added.",
        ("member", "add", LIST, "a@b.example", "c@b.example", "--name", "X"): "--name",
        ("list", "set", LIST): "Nothing to set",
        ("list", "show", "nothing"): "There is no list nothing here.",
        ("domain", "rm", "lists.example.org"): "has 1 list,",
        ("job", "run", "swep"): "did you mean sweep?",
    }
    for words, sentence in cases.items():
        done = listhub(*words)
        assert (done.returncode, done.stdout) == (64, ""), words
        assert sentence in done.stderr.splitlines()[-1], words


def test_job_is_made_due(listhub: Run, database_url: str) -> None:
    """A run and its item in the spool, for whichever worker is free; history tells."""
    assert listhub("job", "run", "sweep").returncode == 0
    listhub("job", "run", "sweep")

    with psycopg.connect(database_url) as conn:
        items = conn.execute("SELECT stage, recipient, ref FROM spool_item ORDER BY id")
        runs = conn.execute("SELECT id FROM job_run ORDER BY id").fetchall()
        assert items.fetchall() == [("task", "sweep", row[0]) for row in runs]
    rows = json.loads(listhub("job", "history", "sweep", "--json").stdout)
    assert [row["outcome"] for row in rows] == ["due", "due"]
    jobs = json.loads(listhub("job", "ls", "--json").stdout)
    assert {"job": "sweep", "every": "1 min", "last_done": None} in [
        {key: row[key] for key in ("job", "every", "last_done")} for row in jobs
    ]
