"""`listhub scenario` and `listhub filter`, as an operator types them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

LIST = "staff@lists.example.org"
VECTORS = Path(__file__).parents[2] / "vectors" / "scenario_truth_table.json"


@pytest.fixture
def listhub(listhub_command: Run) -> Run:
    """Return the command line on a database with one list and one member."""
    for words in (
        ("domain", "add", "lists.example.org"),
        ("list", "create", LIST, "--owner", "o@example.net"),
        ("member", "add", LIST, "m@example.net"),
    ):
        done = listhub_command(*words)
        assert done.returncode == 0, done.stderr
    return listhub_command


def test_check_names_every_mistake(tmp_path: Path, listhub_command: Run) -> None:
    """File, line, column, what was expected, for all files; exit 64."""
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("true() smtp -> do_it\n")
    bad.write_text("tru() smtp -> do_it\ntrue() smtp -> do\n")

    done = listhub_command("scenario", "check", str(good), str(bad))
    assert done.returncode == 64
    assert done.stdout == (
        f"{bad}:1:1: there is no condition `tru`; did you mean `true`?\n"
        f"{bad}:2:16: there is no action `do`; did you mean `do_it`?\n"
    )
    done = listhub_command("scenario", "check", str(good))
    assert (done.returncode, done.stdout) == (0, "1 file: correct.\n")


def test_vectors_are_counted(tmp_path: Path, listhub_command: Run) -> None:
    """All rows pass without a database; a wrong one is shown, and exit 1."""
    done = listhub_command("scenario", "vectors", str(VECTORS))
    assert (done.returncode, done.stdout) == (0, "1892 passed, 0 failed\n")

    rows = json.loads(VECTORS.read_text())[:2]
    rows[0]["reason"] = "other"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(rows))
    done = listhub_command("scenario", "vectors", str(wrong))
    assert done.returncode == 1
    assert (
        "expected action=reject reason=other, got action=reject reason=" in done.stdout
    )
    assert done.stdout.endswith("1 passed, 1 failed\n")


@pytest.mark.parametrize("text", ["", "{}", "[", '{"a": 1}', "\xff"])
def test_what_is_no_table_is_refused(
    tmp_path: Path, listhub_command: Run, text: str
) -> None:
    """One sentence and exit 64, whatever the file holds."""
    file = tmp_path / "rows.json"
    file.write_bytes(text.encode("latin-1"))
    done = listhub_command("scenario", "vectors", str(file))

    assert done.returncode == 64
    assert done.stderr.count("\n") == 1


def test_explain_shows_the_way_to_a_decision(listhub: Run) -> None:
    """The decisive rule, each rule that was tried, the values that it saw."""
    words = ("scenario", "explain", "--list", LIST, "--operation", "send")
    done = listhub(*words, "--sender", "m@example.net")
    assert done.stdout.startswith(
        f"send for {LIST}, asked by m@example.net with smtp: do_it\n"
    )
    assert "Decided by scenari/send.private (shipped):4:\n" in done.stdout
    assert "\n  no   blocklist (always first):1\n" in done.stdout
    assert "\n       [sender] = m@example.net\n" in done.stdout

    done = listhub(*words, "--sender", "x@example.net", "--json")
    found = json.loads(done.stdout)
    assert (found["action"], found["reason"]) == ("reject", "send_subscriber")
    assert [trial["value"] for trial in found["trail"]] == [
        False,
        False,
        False,
        False,
        True,
    ]


def test_explain_reads_a_message_and_variables(listhub: Run) -> None:
    """--message and --set give what conditions look at; --scenario tries another."""
    words = ("scenario", "explain", "--list", LIST, "--operation")
    mail = "To: staff@lists.example.org\nContent-Type: multipart/mixed\n\n"
    done = listhub(
        *words, "send", "--scenario", "publicnomultipart", "--message", "-", stdin=mail
    )
    assert ": reject\n" in done.stdout
    assert "[msg_header->Content-Type] = multipart/mixed" in done.stdout
    done = listhub(
        *words, "subscribe", "--sender", "a@b.example", "--set", "email=c@d.example"
    )
    assert "confirms  c@d.example" in done.stdout
    words = ("scenario", "explain", "--domain", "lists.example.org", "--operation")
    done = listhub(*words, "create_list", "--sender", "a@b.example")
    assert ": listmaster,notify\n" in done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--operation", "sned", "--list", LIST), "did you mean send?"),
        (("--operation", "send"), "--list ADDRESS or --domain NAME"),
        (("--operation", "send", "--list", "x@y.example"), "no list x@y.example"),
        (("--operation", "send", "--domain", "y.example"), "no domain y.example"),
        (("--operation", "send", "--list", LIST, "--set", "x"), "is not KEY=VALUE"),
    ],
)
def test_mistakes_get_a_sentence(
    listhub: Run, words: tuple[str, ...], sentence: str
) -> None:
    """A wrong argument is named, with what is allowed; exit 64."""
    done = listhub("scenario", "explain", *words)

    assert done.returncode == 64
    assert sentence in done.stderr


def test_scenario_of_a_list_wins_until_it_is_removed(
    listhub: Run, tmp_path: Path
) -> None:
    """put, ls, show, rm: the list's file is in force, then the shipped one again."""
    file = tmp_path / "mine"
    file.write_text("title Mine\ntrue() smtp -> owner\n")
    done = listhub("scenario", "put", "send.private", str(file), "--list", LIST)
    assert done.stdout == f"scenari/send.private: in force for {LIST}.\n"
    rows = json.loads(
        listhub(
            "scenario", "ls", "--operation", "send", "--list", LIST, "--json"
        ).stdout
    )
    assert {"scenario": "send.private", "from": "list", "title": "Mine"} in rows
    shown = listhub("scenario", "show", "send.private", "--list", LIST).stdout
    assert shown == "# scenari/send.private (list)\ntitle Mine\ntrue() smtp -> owner\n"

    assert listhub("scenario", "rm", "send.private", "--list", LIST).returncode == 0
    shown = listhub("scenario", "show", "send.private", "--list", LIST).stdout
    assert shown.startswith("# scenari/send.private (shipped)\n")
    again = listhub("scenario", "rm", "send.private", "--list", LIST)
    assert (again.returncode, "There is no file" in again.stderr) == (64, True)


def test_broken_files_are_not_put_in_force(listhub: Run, tmp_path: Path) -> None:
    """A broken scenario or filter, a wrong name, no level: each has its sentence."""
    file = tmp_path / "x"
    file.write_text("nonsense here\n")
    for words, sentence in (
        (("scenario", "put", "send.x", str(file), "--site"), "there is no condition"),
        (("scenario", "put", "sned.x", str(file), "--site"), "did you mean send?"),
        (("scenario", "put", "send", str(file), "--site"), "is not OPERATION.NAME"),
        (("scenario", "put", "include.x", str(file)), "Say whose it is"),
        (("filter", "put", "x.sql", str(file), "--site"), "is none of url"),
        (("filter", "put", "x.exe", str(file), "--site"), "ends in .txt"),
    ):
        done = listhub(*words)
        assert (done.returncode, sentence in done.stderr) == (64, True), done.stderr


def test_blocklist_of_a_domain(listhub: Run, tmp_path: Path) -> None:
    """A filter put for a domain holds for its lists."""
    file = tmp_path / "blocklist.txt"
    file.write_text("m@example.net\n")
    where = ("--domain", "lists.example.org")
    assert listhub("filter", "put", "blocklist.txt", str(file), *where).returncode == 0
    assert "blocklist.txt" in listhub("filter", "ls", "--list", LIST).stdout
    done = listhub(
        "scenario", "explain", "--list", LIST, "--operation", "send",
        "--sender", "M@example.net",
    )  # fmt: skip
    assert ": reject,quiet\n" in done.stdout
    assert listhub("filter", "rm", "blocklist.txt", *where).returncode == 0
    assert listhub("filter", "show", "blocklist.txt", "--list", LIST).returncode == 64
