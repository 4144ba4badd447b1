"""`listhub family`, as an operator types it."""

import json
from pathlib import Path

import pytest

from tests.families import COURSES
from tests.rooms import DOMAIN
from tests.spool.cli.conftest import Run

PATTERN = 'pattern = "course-${code}-${year:digits}"\n'


@pytest.fixture
def template(listhub_command: Run, tmp_path: Path) -> Path:
    assert listhub_command("domain", "add", DOMAIN).returncode == 0
    path = tmp_path / "courses.toml"
    path.write_text(COURSES)
    done = listhub_command("family", "put", "courses", str(path))
    assert done.stdout == ("courses: version 1; 0 of its lists follow, 0 cannot.\n"), (
        done.stderr
    )
    return path


def test_life_of_a_family(listhub_command: Run, template: Path):
    """Put, lists made, changed, checked, closed, removed."""
    listhub = listhub_command
    roll = "list,code\nlaw,law\nart,art\n"
    rehearsed = listhub("family", "make", "courses", "-", "--dry-run", stdin=roll)
    assert rehearsed.stdout.count("made") == 2, rehearsed.stderr
    assert "law@" not in listhub("list", "ls").stdout
    made = listhub("family", "make", "courses", "-", "--json", stdin=roll)
    assert [each["what"] for each in json.loads(made.stdout)] == ["made", "made"]
    shown = json.loads(listhub("list", "show", f"law@{DOMAIN}", "--json").stdout)
    assert shown["settings"]["subject"] == {"value": "Course law", "origin": "family"}

    assert (
        "send is fixed" in listhub("list", "set", f"law@{DOMAIN}", "send=public").stderr
    )
    assert listhub("list", "set", f"law@{DOMAIN}", "subject=Mine").returncode == 0
    [art, law] = json.loads(listhub("family", "check", "courses", "--json").stdout)
    assert (art["own"], law["own"]) == ([], ["subject"])

    template.write_text(COURSES.replace("Course ${code}", "${code} ${year}"))
    for words, version in ((["--dry-run"], "would be version 2"), ([], "version 2")):
        done = listhub("family", "put", "courses", str(template), *words)
        assert done.stdout == (
            f"courses: {version}; 0 of its lists follow, 2 cannot.\n"
        )
        assert done.stderr.count("year is missing.") == 2
    again = listhub("family", "make", "courses", "-", stdin="list,code\nlaw,law\n")
    assert again.returncode == 1
    assert again.stderr.endswith("1 line was refused; the report says why.\n")
    [row] = json.loads(listhub("family", "ls", "--json").stdout)
    assert (row["open"], row["problems"], row["version"]) == (2, 2, 2)

    assert "has 2 open lists" in listhub("family", "rm", "courses").stderr
    assert listhub("family", "leave", f"law@{DOMAIN}").returncode == 0
    assert listhub("family", "close", "courses", "--yes").stdout.count("closed") == 1
    assert listhub("family", "rm", "courses").stdout == "courses: removed.\n"
    kept = json.loads(
        listhub("config", "show", "--list", f"art@{DOMAIN}", "--json").stdout
    )
    assert kept["subject"] == "Course art"


def test_what_is_shown_can_be_put(listhub_command: Run, template: Path, tmp_path: Path):
    """A template goes round through a file and stays the same version."""
    shown = listhub_command("family", "show", "courses").stdout
    again = tmp_path / "again.toml"
    again.write_text(shown)
    done = listhub_command("family", "put", "courses", str(again))
    assert done.stdout.startswith("courses: version 1;")
    template.write_text(COURSES.replace("subject", "subjct"))
    wrong = listhub_command("family", "put", "courses", str(template))
    assert (wrong.returncode, wrong.stdout) == (64, "")
    assert wrong.stderr == (
        f"listhub: {template}: settings: subjct is not a setting of lists; did you mean"
        " subject?\n"
    )
    assert "did you mean courses?" in listhub_command("family", "show", "course").stderr


def test_who_would_make_a_list(listhub_command: Run, template: Path):
    """`match` says which family fits an address, and with which values."""
    template.write_text(PATTERN + COURSES)
    assert listhub_command("family", "put", "courses", str(template)).returncode == 0
    found = listhub_command("family", "match", f"Course-law-2026@{DOMAIN}")
    assert found.stdout == (
        f"course-law-2026@{DOMAIN}: courses would make it, with code=law, year=2026.\n"
    )
    for other in ("course-law-x", "course-law-2026-request", "law"):
        done = listhub_command("family", "match", f"{other}@{DOMAIN}")
        assert done.returncode == 64, other
        assert "No family would make a list" in done.stderr


@pytest.mark.usefixtures("template")
def test_files_of_a_family(listhub_command: Run):
    """Put, listed, removed; only of a family that is there."""
    words = ("family", "file", "put", "courses", "message_footer", "-")
    assert listhub_command(*words, stdin="Bye").returncode == 0
    [row] = json.loads(
        listhub_command("family", "file", "ls", "courses", "--json").stdout
    )
    assert row["path"] == "message_footer"
    gone = listhub_command("family", "file", "rm", "courses", "message_footer")
    assert gone.returncode == 0
    twice = listhub_command("family", "file", "rm", "courses", "message_footer")
    assert "has no file message_footer" in twice.stderr
    assert (
        "There is no family nobody"
        in listhub_command("family", "file", "ls", "nobody").stderr
    )
