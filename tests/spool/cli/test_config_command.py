"""`listhub config` on list settings, as an operator types it, with real commits."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from listhub.lists import settings as lists

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def listhub(database_url: str) -> Run:
    """Return what runs a command line on this test's database, with one list in it."""
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO domain (name) VALUES ('example.org')")
        connection.execute(
            "INSERT INTO mailing_list (domain_id, name, address)"
            " SELECT id, 'staff', 'staff@example.org' FROM domain"
        )

    def runner(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "listhub.cli.main", "config", *words],
            input=stdin,
            env={**os.environ, "LISTHUB_DATABASE__URL": database_url},
            capture_output=True,
            text=True,
            check=False,
        )

    return runner


def test_levels_of_a_list_from_the_command_line(listhub: Run, tmp_path: Path) -> None:
    """Set, show, export, import and history tell one story."""
    done = listhub("set", "--domain", "example.org", "send=public", "max_size=1000")
    assert (done.stdout, done.stderr) == ("example.org: version 1.\n", "")
    listhub("set", "--list", "staff@example.org", "send=closed", "verp_rate=50")

    shown = listhub("show", "--list", "staff@example.org", "--effective").stdout
    assert 'send = "closed"  # list\n' in shown
    assert "max_size = 1000  # domain\n" in shown
    assert "archive = true  # default\n" in shown

    text = listhub("export", "--list", "staff@example.org").stdout
    assert text == 'send = "closed"\nverp_rate = 50\n'
    assert listhub("show", "--list", "staff@example.org").stdout == text

    imported = listhub(
        "import", "--list", "staff@example.org", "-", stdin="archive = false"
    )
    assert imported.stdout == "staff@example.org: version 2.\n"

    history = json.loads(
        listhub("history", "--list", "staff@example.org", "--json").stdout
    )
    assert [(row["version"], row["changes"]) for row in history] == [
        (2, "send removed, verp_rate removed, archive = false"),
        (1, 'send = "closed", verp_rate = 50'),
    ]
    assert history[0]["changed_by"].startswith("cli:")


def test_list_that_is_not_there(listhub: Run) -> None:
    """A wrong address is exit 64 and names the address."""
    done = listhub("show", "--list", "stuff@example.org")

    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "listhub: There is no list stuff@example.org here.\n"


def test_database_that_was_not_set_up(listhub: Run, database_url: str) -> None:
    """Without tables the sentence says which command makes them."""
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE setting_version RENAME TO moved_away")
    done = listhub("history", "--site")

    assert done.returncode == 1
    assert done.stderr == (
        "listhub: The database has not been set up; run `listhub db upgrade` first.\n"
    )


def test_changes_at_the_same_time_are_all_kept(database_url: str) -> None:
    """Eight people change one level at once: eight versions, and no change is lost."""
    keys = {
        "subject": "x",
        "send": "public",
        "priority": "1",
        "max_size": 9,
        "archive": False,
        "reject_automates": False,
        "verp_rate": 50,
        "reply_to": "all",
    }

    def change(key: str) -> int:
        with psycopg.connect(database_url) as connection:
            return lists.set_values(
                connection, scope="site", changes={key: keys[key]}, changed_by=key
            )

    with ThreadPoolExecutor(len(keys)) as pool:
        versions = sorted(pool.map(change, keys))
    with psycopg.connect(database_url) as connection:
        newest = lists.history(connection, scope="site")[0]

    assert versions == list(range(1, len(keys) + 1))
    assert newest.values == keys
