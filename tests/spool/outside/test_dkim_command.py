"""`listhub dkim`, with a real name server on loopback."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from listhub.cli.context import Context
from listhub.cli.dkim import dkim
from listhub.errors import PermanentError, TemporaryError, UsageError
from tests.dns_server import Zone, serving

DOMAIN = "lists.example.org"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "dkim"


def run(directory: Path | str, *words: str, server: str = "127.0.0.1:1") -> Result:
    environ = {
        "LISTHUB_DKIM__DIRECTORY": str(directory),
        "LISTHUB_DNS__SERVERS": server,
        "LISTHUB_DNS__TIMEOUT": "0.5",
    }
    runner = CliRunner()
    context = Context(environ=environ)
    return runner.invoke(dkim, words, obj=context, standalone_mode=False)


def create(directory: Path, kind: str = "ed25519") -> dict[str, str]:
    done = run(directory, "create", DOMAIN, f"s-{kind}", "--type", kind, "--json")
    assert done.exception is None
    made: dict[str, str] = json.loads(done.stdout)
    return made


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_is_made(kind: str, directory: Path) -> None:
    """The file is written, and the record is printed in strings that DNS takes."""
    done = run(directory, "create", DOMAIN, "S1", "--type", kind)

    assert (directory / DOMAIN / "s1.pem").exists()
    assert f"s1._domainkey.{DOMAIN}. IN TXT (" in done.stdout
    pieces = re.findall(r'"([^"]*)"', done.stdout)
    assert all(len(piece) <= 255 for piece in pieces)
    assert "".join(pieces).startswith(f"v=DKIM1; k={kind}; p=")
    assert run(directory, "show", DOMAIN).stdout.strip() in done.stdout


def test_keys_are_listed(directory: Path) -> None:
    """Each key with its kind; a bad file with what is wrong."""
    made = create(directory)
    (directory / DOMAIN / "bad.pem").write_bytes(b"note")
    (directory / DOMAIN / "bad.pem").chmod(0o600)
    rows = json.loads(run(directory, "ls", "--json").stdout)

    assert made["name"] == f"s-ed25519._domainkey.{DOMAIN}"
    assert [(row["selector"], row["type"]) for row in rows] == [
        ("bad", None),
        ("s-ed25519", "ed25519"),
    ]
    assert "bad.pem" in rows[0]["note"]


@pytest.mark.parametrize(
    ("published", "state", "error"),
    [
        ("right", "published", None),
        ("wrong", "another key", PermanentError),
        ("nothing", "missing", PermanentError),
        ("servfail", "no answer", TemporaryError),
    ],
)
def test_dns_is_checked(
    published: str, state: str, error: type[Exception] | None, directory: Path
) -> None:
    """Published, forgotten, of another key, or nobody knows: each is told apart."""
    made = create(directory)
    zones: dict[str, Zone] = {
        "right": {made["name"]: (made["record"],)},
        "wrong": {made["name"]: ("v=DKIM1; k=ed25519; p=AAAA",)},
        "nothing": {},
        "servfail": {made["name"]: "servfail"},
    }
    with serving(zones[published]) as server:
        done = run(directory, "check", DOMAIN, "--json", server=server.address)

    printed = done.stdout[done.stdout.index("[\n") :]  # the log is not set up here
    assert json.loads(printed) == [{"name": made["name"], "state": state}]
    assert type(done.exception) is (error or type(None))


@pytest.mark.parametrize(
    ("words", "error", "sentence"),
    [
        (("show", DOMAIN), PermanentError, "dkim create"),
        (("check", DOMAIN), PermanentError, "dkim create"),
        (("show", "a/b"), UsageError, "not the name of a domain"),
        (("create", DOMAIN, "a b"), UsageError, "not a selector"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: tuple[str, ...], error: type[Exception], sentence: str, directory: Path
) -> None:
    """One sentence: what is wrong, and what to do."""
    done = run(directory, *words)

    assert type(done.exception) is error
    assert sentence in str(done.exception)


def test_without_a_place_there_are_no_keys() -> None:
    """The sentence names the setting."""
    done = run("", "ls")
    assert isinstance(done.exception, UsageError)
    assert "dkim.directory" in str(done.exception)
