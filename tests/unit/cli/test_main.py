"""The frame of the command line: exit codes, sentences, output in three forms."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import structlog

from listhub import __version__
from listhub.cli import main as frame
from listhub.cli.context import Context, json_option, pass_context
from listhub.cli.main import COMMANDS, Entry, main
from listhub.errors import PermanentError, StaleClaim, TemporaryError, UsageError

Run = Callable[..., tuple[int, str, str]]

ERRORS: dict[str, BaseException] = {
    "usage": UsageError("x is y; z is allowed."),
    "temporary": TemporaryError("The database does not answer."),
    "stale": StaleClaim("Somebody else has it."),
    "permanent": PermanentError("There is no such list."),
    "unknown": ValueError("told to\nredis://me:hunter2@h"),
    "interrupted": KeyboardInterrupt(),
    "aborted": click.Abort(),
    "other_pipe": BrokenPipeError(32, "Broken pipe"),
}


@click.command()
@click.argument("kind")
def fail(kind: str) -> None:
    """Fail as told."""
    raise ERRORS[kind]


@click.command()
@json_option
@pass_context
def rows(context: Context) -> None:
    """Print a table."""
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    context.table([("a\x1b[2J", None), ("[b]", when)], ("name", "since"))


@click.command()
@json_option
@pass_context
def done(context: Context) -> None:
    """Say what was done."""
    context.result("2 items are released.", released=2)


@pytest.fixture
def listhub(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Return what runs a command line in this process, with commands that fail."""
    own = [Entry(name, f"{__name__}:{name}", name) for name in ("fail", "rows", "done")]
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.setattr(frame, "COMMANDS", (*COMMANDS, *own))
    for name in [name for name in os.environ if name.startswith("LISTHUB_")]:
        monkeypatch.delenv(name)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def runner(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out, err = capfd.readouterr()
        return code, out, err

    yield runner
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("kind", "code", "says"),
    [
        ("usage", 64, "listhub: x is y; z is allowed.\n"),
        ("temporary", 75, "listhub: The database does not answer.\n"),
        ("stale", 75, "listhub: Somebody else has it.\n"),
        ("permanent", 1, "listhub: There is no such list.\n"),
        (
            "unknown",
            70,
            (
                "listhub: an internal error, ValueError: told to redis://me:***@h; run it"
                " with --log-level debug, and the log on standard error says where.\n"
            ),
        ),
        (
            "other_pipe",
            70,
            (
                "listhub: an internal error, BrokenPipeError: [Errno 32] Broken pipe; run it"
                " with --log-level debug, and the log on standard error says where.\n"
            ),
        ),
        ("interrupted", 130, ""),
        ("aborted", 130, ""),
    ],
)
def test_error_is_one_sentence_and_an_exit_code(
    listhub: Run, kind: str, code: int, says: str
) -> None:
    """Every kind of error has its code of sysexits.h, and no traceback."""
    assert listhub("fail", kind) == (code, "", says)


def test_traceback_is_for_debugging(listhub: Run) -> None:
    """With --log-level debug the log says where an internal error came from."""
    code, _, err = listhub("--log-level", "debug", "fail", "unknown")

    assert code == 70
    assert "in fail" in err
    assert err.splitlines()[-1].endswith("; the log above says where.")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["confg"], "there is no command 'confg'; `listhub --help` lists them."),
        (["--colour"], "No such option '--colour'."),
        (["config", "shwo"], "No such command 'shwo'."),
        (["--log-level", "loud", "done"], "Invalid value for '--log-level'"),
        (["fail"], "Missing argument 'KIND'."),
    ],
)
def test_wrong_command_line_is_one_sentence(
    listhub: Run, words: list[str], says: str
) -> None:
    """What click refuses ends like everything else: a sentence and 64."""
    code, out, err = listhub(*words)

    assert (code, out) == (64, "")
    assert err.startswith(f"listhub: {says}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["config"]])
def test_without_a_command_the_help_is_shown(listhub: Run, words: list[str]) -> None:
    """Who types too little is told what there is."""
    code, out, err = listhub(*words)

    assert (code, out) == (64, "")
    assert "Commands:" in err


def test_help_lists_every_command_without_importing_one() -> None:
    """`listhub --help` is made from the table; the commands' modules stay unloaded."""
    program = (
        "import sys; from listhub.cli.main import main; main(['--help']);"
        "sys.exit(len([m for m in sys.modules if m in"
        " ('psycopg', 'celery', 'structlog', 'rich', 'listhub.cli.config')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert [e.name for e in COMMANDS if f"\n  {e.name} " not in done.stdout] == []


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_command_of_the_table_exists(entry: Entry) -> None:
    """Each line of the table leads to a command with a help text."""
    command = frame.listhub.get_command(click.Context(frame.listhub), entry.name)

    assert isinstance(command, click.Command)
    assert command.help


def test_names_are_unique() -> None:
    """No command hides another."""
    names = [entry.name for entry in COMMANDS]

    assert sorted(set(names)) == sorted(names)


def test_version(listhub: Run) -> None:
    """The version is one line."""
    assert listhub("--version") == (0, f"listhub {__version__}\n", "")


def test_table_in_a_pipe_is_aligned_text(listhub: Run) -> None:
    """No control character of what others wrote reaches the terminal."""
    assert listhub("rows") == (
        0,
        ("name   since\na�[2J  -\n[b]    2026-01-02 03:04:05Z\n"),
        "",
    )


@pytest.mark.parametrize("words", [["--json", "rows"], ["rows", "--json"]])
def test_table_as_json(listhub: Run, words: list[str]) -> None:
    """--json may stand before or behind the command; nothing is lost in it."""
    code, out, _ = listhub(*words)

    assert code == 0
    assert json.loads(out) == [
        {"name": "a\x1b[2J", "since": None},
        {"name": "[b]", "since": "2026-01-02T03:04:05+00:00"},
    ]


def test_result_is_a_sentence_or_json(listhub: Run) -> None:
    """What was done is told once, in the form that was asked for."""
    assert listhub("done")[1] == "2 items are released.\n"
    assert json.loads(listhub("done", "--json")[1]) == {"released": 2}


def test_reader_that_went_away_is_no_error() -> None:
    """`listhub … | head -0` ends quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "listhub.cli.main", "config", "show", "--effective"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")


def test_check_says_how_many_settings_are_right(listhub: Run, tmp_path: Path) -> None:
    """A right file is confirmed, with the number of settings in it."""
    path = tmp_path / "listhub.toml"
    path.write_text("[spool]\nlease = 30\nbatch = 7\n")

    assert listhub("config", "check", str(path)) == (
        0,
        f"{path}: all 2 settings are right.\n",
        "",
    )
    assert json.loads(listhub("config", "check", str(path), "--json")[1]) == {
        "file": str(path),
        "right": 2,
    }


def test_check_reads_the_file_alone(
    listhub: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong variable is not the file's fault."""
    monkeypatch.setenv("LISTHUB_SPOOL__LEASE", "abc")
    path = tmp_path / "listhub.toml"
    path.write_text("[spool]\nlease = 30\n")

    assert listhub("config", "check", str(path))[0] == 0
    assert listhub("config", "check")[0] == 64


def test_check_says_what_is_wrong(listhub: Run, tmp_path: Path) -> None:
    """A wrong file is exit 64 and the sentence."""
    path = tmp_path / "listhub.toml"
    path.write_text('[site]\nsecret_file = "/nonexistent/key"\n')
    code, out, err = listhub("config", "check", str(path))

    assert (code, out) == (64, "")
    assert "/nonexistent/key, named in site.secret_file, cannot be used" in err


def test_show_masks_secrets(
    listhub: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No form of `config show` shows a password or the site's key."""
    path = tmp_path / "listhub.toml"
    path.write_text(
        '[database]\nurl = "postgresql://u:hunter2@h/d"\n'
        '[broker]\nurl = "amqp://u:hunter2@h"\n'
        f'[site]\nsecret = "{"c0ffee99" * 4}"\n'
        '[delivery]\nrelays = ["smtp://u:hunter2@h", "smtp://i"]\n'
    )
    for form in ([], ["--effective"], ["--json"], ["--json", "--effective"]):
        code, out, _ = listhub("--config", str(path), "config", "show", *form)

        assert code == 0
        assert "***" in out
        assert "hunter2" not in out
        assert "c0ffee" not in out


def test_show_names_the_origin(
    listhub: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--effective shows every setting and where its value came from."""
    monkeypatch.setenv("LISTHUB_SPOOL__BATCH", "7")
    path = tmp_path / "listhub.toml"
    path.write_text("[spool]\nlease = 30\n")
    _, out, _ = listhub("--config", str(path), "config", "show", "--effective")
    _, short, _ = listhub("--config", str(path), "config", "show")
    _, document, _ = listhub(
        "--config", str(path), "config", "show", "--effective", "--json"
    )

    assert f"\nlease = 30.0  # {path}\n" in out
    assert "\nbatch = 7  # LISTHUB_SPOOL__BATCH\n" in out
    assert "\nmax_attempts = 5  # default\n" in out
    assert short == "[spool]\nlease = 30.0\nbatch = 7\n"
    assert json.loads(document)["spool"]["batch"] == {
        "value": 7,
        "origin": "LISTHUB_SPOOL__BATCH",
    }


def test_shown_settings_are_a_right_file(listhub: Run, tmp_path: Path) -> None:
    """What `config show --effective` prints can be used as listhub.toml."""
    path = tmp_path / "shown.toml"
    path.write_text(listhub("config", "show", "--effective")[1])

    assert listhub("config", "check", str(path))[0] == 0


@pytest.mark.parametrize("command", ["export", "history", "set", "import"])
@pytest.mark.parametrize("levels", [[], ["--site", "--list", "a@example.org"]])
def test_level_must_be_named_once(
    listhub: Run, command: str, levels: list[str]
) -> None:
    """No level is guessed."""
    words = {"set": ["send=public"], "import": ["x.toml"]}.get(command, [])
    code, _, err = listhub("config", command, *levels, *words)

    assert code == 64
    assert err.startswith("listhub: Which level is meant?")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Nothing to set; write KEY=VALUE or --unset KEY."),
        (["send"], "'send' is not KEY=VALUE."),
        (
            ["reply_to=friends"],
            (
                'command line: reply_to is "friends"; "keep", "sender", "list", "all"'
                ' or "other" is allowed.'
            ),
        ),
        (
            ["snd=public"],
            "command line: snd is not a setting of lists; did you mean send?",
        ),
    ],
)
def test_wrong_change_is_one_sentence(
    listhub: Run, words: list[str], says: str
) -> None:
    """What is wrong is said before any database is asked."""
    assert listhub("config", "set", "--site", *words) == (64, "", f"listhub: {says}\n")
