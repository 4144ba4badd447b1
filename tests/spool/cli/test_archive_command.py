"""`listhub archive`, as an operator types it, with real commits."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archive_trees import sympa_tree

Run = Callable[..., subprocess.CompletedProcess[str]]

LIST = "staff@lists.example.org"
REPEATED = Path(__file__).parents[2] / "corpus" / "archives" / "repeated.mbox"


@pytest.fixture
def listhub(listhub_command: Run) -> Run:
    """Return the command line on a database with one list in it."""
    for words in (("domain", "add", "lists.example.org"), ("list", "create", LIST)):
        done = listhub_command(*words)
        assert done.returncode == 0, done.stderr
    return listhub_command


def test_in_and_out(listhub: Run, tmp_path: Path) -> None:
    """Imported, exported, imported again without effect, indexed anew, erased."""
    tree = sympa_tree(tmp_path)
    done = listhub("archive", "import", LIST, str(tree), str(REPEATED))
    assert done.stdout == (f"{LIST}: 5 messages added, 3 repeated, 1 not readable.\n")
    assert done.stderr.endswith("/2015-11/arctxt/2: left out: it is empty.\n")

    exported = tmp_path / "out.mbox"
    exported.write_text(listhub("archive", "export", LIST).stdout)
    again = listhub("archive", "import", LIST, str(exported), "--json")
    counts = json.loads(again.stdout)
    assert (counts["added"], counts["present"], counts["unread"]) == (0, 5, [])
    done = listhub("archive", "export", LIST, "--to", "2015-11")
    assert done.stdout.count("\nMessage-ID:") == 3

    done = listhub("archive", "reindex", LIST)
    assert done.stdout == f"{LIST}: 5 messages indexed anew.\n"

    erase = ("archive", "erase", "--person", "ann@a.example", "--list", LIST)
    assert "archive_message" in listhub(*erase, "--dry-run").stdout
    assert listhub(*erase, stdin="n\n").returncode == 130
    erased = json.loads(listhub(*erase, "--yes", "--json").stdout)["erased"]
    assert {line["table"]: line["rows"] for line in erased} == {
        "archive_message": 5,
        "body": 5,
    }
    done = listhub("archive", "import", LIST, str(exported))
    assert done.stdout == f"{LIST}: 0 messages added, 5 erased before and left out.\n"


def test_what_is_refused(listhub: Run, tmp_path: Path) -> None:
    """A wrong path, and a question that says nothing, are told in one sentence."""
    done = listhub("archive", "import", LIST, str(tmp_path / "nothing"))
    assert done.returncode == 64
    assert done.stderr.endswith("nothing: cannot be read: No such file or directory.\n")
    done = listhub("archive", "erase")
    assert (done.returncode, done.stderr) == (
        64,
        "listhub: Say what to erase: either --message ID or --person ADDRESS.\n",
    )
