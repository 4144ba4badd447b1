"""`listhub person`, as an operator types it, with real commits."""

import json
import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

LIST = "staff@lists.example.org"
ANN = "ann@example.net"


@pytest.fixture
def listhub(listhub_command: Run) -> Run:
    """Return the command line on a database with one list, which ann owns and gets."""
    for words in (
        ("domain", "add", "lists.example.org"),
        ("list", "create", LIST, "--owner", ANN),
        ("member", "add", LIST, ANN, "--name", "Ann Example"),
    ):
        done = listhub_command(*words)
        assert done.returncode == 0, done.stderr
    return listhub_command


def test_export_and_erase(listhub: Run) -> None:
    """Told by kinds or in full, tried, asked for, erased, and then not known."""
    told = json.loads(listhub("person", "export", ANN, "--json").stdout)
    assert (told["address"], told["name"]) == (ANN, "Ann Example")
    rows = {group["table"]: group["rows"] for group in told["groups"]}
    assert rows["subscription"][0]["list"] == LIST
    assert {row["kind"] for row in rows["role"]} == {"owner"}
    assert "their subscriptions" in listhub("person", "export", ANN).stdout
    assert listhub("person", "export", ANN, "--mbox").stdout == ""

    tried = listhub("person", "erase", ANN, "--dry-run").stdout
    assert tried.startswith(f"{ANN}: would be erased; erased-")
    assert f"{LIST} has no owner now" in tried
    assert listhub("person", "erase", ANN, stdin="n\n").returncode == 130

    done = json.loads(listhub("person", "erase", ANN, "--yes", "--json").stdout)
    assert {"subscription", "role", "person", "audit"} <= {
        line["table"] for line in done["erased"]
    }
    assert done["without_owner"] == [LIST]
    unknown = f"Nothing is stored about {ANN}.\n"
    assert listhub("person", "export", ANN).stdout == unknown
    assert listhub("person", "erase", ANN, "--yes").stdout == unknown


def test_what_is_no_address(listhub: Run) -> None:
    """Refused in one sentence."""
    done = listhub("person", "erase", "nonsense", "--yes")
    assert (done.returncode, done.stderr) == (
        64,
        'listhub: "nonsense" is not an e-mail address.\n',
    )
