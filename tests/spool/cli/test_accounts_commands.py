"""`listhub token` and `listhub session`, as an operator types them."""

import json
import subprocess
from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner

from listhub.cli.context import Context
from listhub.cli.web import web
from listhub.config import Database, Settings
from listhub.lists import persons
from listhub.lists.accounts import grant, links, passwords, sessions

Run = Callable[..., subprocess.CompletedProcess[str]]

LIST = "staff@lists.example.org"
ANN = "ann@example.net"


@pytest.fixture
def listhub(listhub_command: Run) -> Run:
    """Return the command line on a database with one list, which ann owns."""
    for words in (
        ("domain", "add", "lists.example.org"),
        ("list", "create", LIST, "--owner", ANN),
    ):
        done = listhub_command(*words)
        assert done.returncode == 0, done.stderr
    return listhub_command


def test_tokens(listhub: Run, database_url: str) -> None:
    """Made and shown once, listed without itself, revoked."""
    done = listhub("token", "make", ANN, "backup", "--rights", "manage", "--list", LIST)
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    settings = Settings(database=Database(url=database_url))
    with psycopg.connect(database_url) as conn:
        found = grant.of_token(conn, token, settings=settings)
    assert found is not None
    assert len(found.who.owned) == 1

    (row,) = json.loads(listhub("token", "ls", ANN, "--json").stdout)
    assert (row["name"], row["rights"], row["scope"]) == ("backup", "manage", LIST)
    assert token not in listhub("token", "ls").stdout
    assert listhub("token", "ls", "nobody@example.net", "--json").stdout == "[]\n"

    assert listhub("token", "revoke", str(row["id"])).returncode == 0
    again = listhub("token", "revoke", str(row["id"]))
    assert again.returncode == 64
    assert again.stderr.startswith(f"listhub: There is no token {row['id']} that could")


@pytest.mark.parametrize(
    "wrong",
    [
        (ANN, "x", "--domain", "lists.example.org", "--list", LIST),
        (ANN, "x", "--domain", "none.example.org"),
        (ANN, "x", "--list", "none@lists.example.org"),
        (ANN, " "),
        ("ann", "x"),
        (ANN, "x", "--days", "0"),
    ],
)
def test_tokens_that_are_none(listhub: Run, wrong: tuple[str, ...]) -> None:
    """What is wrong is said in one sentence, and nothing is made."""
    done = listhub("token", "make", *wrong)
    assert done.returncode == 64
    assert done.stderr.startswith("listhub: ")
    assert listhub("token", "ls", "--json").stdout == "[]\n"


def test_sessions(listhub: Run, database_url: str) -> None:
    """Listed with browser and address, ended, and all ways in taken away on demand."""
    settings = Settings(database=Database(url=database_url))
    with psycopg.connect(database_url) as conn:
        ann = persons.find_or_make(conn, ANN)
        passwords.change(conn, ann, "correct horse battery", settings=settings)
        for _ in range(2):
            sessions.make(
                conn, ann, method="link", settings=settings, user_agent="Browser"
            )
    rows = json.loads(listhub("session", "ls", ANN, "--json").stdout)
    assert [(row["by"], row["browser"]) for row in rows] == [("link", "Browser")] * 2
    done = listhub("session", "end", ANN, "--reset")
    assert done.stdout == f"{ANN}: 2 sessions ended; taken away: password.\n"
    assert listhub("session", "ls", ANN, "--json").stdout == "[]\n"
    assert listhub("session", "end", "nobody@example.net").returncode == 64


def test_link_on_the_terminal(database_url: str) -> None:
    """It is good once, leads where it was told to, and needs no mail."""
    environ = {
        "LISTHUB_DATABASE__URL": database_url,
        "LISTHUB_WEB__URL": "https://lists.example.org/hub",
    }
    words = ["sign-in", ANN, "--to", "/modindex", "--minutes", "60"]
    done = CliRunner().invoke(web, words, obj=Context(environ=environ))
    assert done.exit_code == 0, done.output
    start, _, token = done.output.strip().rpartition("/")
    assert start == "https://lists.example.org/hub/sign-in"
    with psycopg.connect(database_url) as conn:
        used = links.use(conn, token)
        assert used is not None
        assert (used.address, used.next_path) == (ANN, "/modindex")
        assert links.use(conn, token) is None
        row = conn.execute("SELECT action, object FROM audit").fetchone()
    assert row == ("sign_in_link.make", ANN)
