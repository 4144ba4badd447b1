"""`listhub source`, as an operator types it."""

import json
from pathlib import Path

import psycopg
import pytest

from listhub.config import Database, Settings, Site
from listhub.jobs import sync_sources
from listhub.stages.drain import drain
from listhub.stages.stage import Host
from tests.spool.cli.conftest import Run

LIST = "staff@lists.example"


def test_life_of_a_source(listhub_command: Run, database_url: str, tmp_path: Path):
    """Added, rehearsed, synchronised, stopped, approved, changed, removed."""
    listhub = listhub_command
    for words in (("domain", "add", "lists.example"), ("list", "create", LIST)):
        assert listhub(*words).returncode == 0
    people = tmp_path / "people"
    people.write_text("".join(f"u{n}@x.example\n" for n in range(12)))
    assert listhub("source", "upload", LIST, "people", str(people)).returncode == 0
    added = listhub("source", "add", LIST, "file", "hr", "file=people")
    assert added.stdout == f"{LIST}: the source hr gives members from now on.\n"

    rehearsed = listhub("source", "sync", LIST, "--dry-run")
    assert rehearsed.stdout == (
        f"{LIST}: 12 members from sources; 12 would be added, 0 removed.\n"
    )
    assert count(database_url) == 0
    go_round(database_url)
    assert count(database_url) == 12
    [shown] = json.loads(listhub("source", "ls", LIST, "--json").stdout)
    assert (shown["source"], shown["people"], shown["state"]) == ("hr", 12, "ok")

    people.write_text("u1@x.example\n")
    listhub("source", "upload", LIST, "people", str(people))
    go_round(database_url)
    assert count(database_url) == 12
    approved = listhub("source", "approve", LIST)
    assert approved.stdout == f"{LIST}: up to 11 members may go in the next round.\n"
    go_round(database_url)
    assert count(database_url) == 1

    assert "are not stopped" in listhub("source", "approve", LIST).stderr
    assert listhub("source", "set", LIST, "hr", "--disable").returncode == 0
    assert "asked          no" in listhub("source", "show", LIST, "hr").stdout
    removed = listhub("source", "del", LIST, "hr", "--keep")
    assert removed.stdout == (
        f"{LIST}: the source hr is removed; 0 people go with it.\n"
    )


def go_round(url: str) -> None:
    """Do what the clock and a worker do."""
    settings = Settings(database=Database(url=url), site=Site(secret="5e" * 16))
    host = Host(settings=settings, name="test")
    sync_sources.run(host.connection(), settings)
    host.connection().commit()
    drain("sync", host)
    host.close()


def count(url: str) -> int:
    with psycopg.connect(url) as conn:
        [(number,)] = conn.execute("SELECT count(*) FROM subscription").fetchall()
    return int(number)


def test_passwords_are_kept_and_never_shown(
    listhub_command: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    """Set, changed beside others, sealed afterwards: the database has no plain one."""
    listhub = listhub_command
    for words in (("domain", "add", "lists.example"), ("list", "create", LIST)):
        assert listhub(*words).returncode == 0
    url = "https://people.example/all"
    fields = ("url=" + url, "user=reader", "password=hunter2")

    plain = listhub("source", "add", LIST, "https", "hr", *fields)
    assert plain.returncode == 64
    assert "site.secret is empty" in plain.stderr
    monkeypatch.setenv("LISTHUB_SITE__SECRET", "5e" * 16)
    assert listhub("source", "add", LIST, "https", "hr", *fields).returncode == 0
    assert listhub("source", "set", LIST, "hr", "seconds=60").returncode == 0
    shown = listhub("source", "show", LIST, "hr", "--json")

    assert json.loads(shown.stdout)["fields"]["password"] == "***"
    assert "hunter2" not in shown.stdout
    with psycopg.connect(database_url) as conn:
        [row] = conn.execute("SELECT config FROM data_source").fetchall()
        assert row[0]["password"].startswith("sealed:")
        assert (row[0]["url"], row[0]["seconds"]) == (url, "60")
        [noted] = conn.execute(
            "SELECT count(*) FROM audit WHERE detail::text ~ 'hunter2'"
        )
        assert noted == (0,)
        conn.execute(
            """UPDATE data_source SET config = config || '{"password": "old"}'"""
        )
    assert json.loads(listhub("source", "seal", "--json").stdout) == {"sources": 1}
    assert json.loads(listhub("source", "seal", "--json").stdout) == {"sources": 0}
    with psycopg.connect(database_url) as conn:
        [row] = conn.execute("SELECT config->>'password' FROM data_source").fetchall()
        assert row[0].startswith("sealed:")
