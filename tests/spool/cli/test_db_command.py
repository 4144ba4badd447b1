"""`listhub db`: from nothing, by many hosts at once, and what is said about drift."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.servers import SharedPostgres
from tests.spool.cli.conftest import Run, command


@pytest.fixture
def empty_database(postgres_server: SharedPostgres) -> Iterator[str]:
    """Return the URL of a database without anything in it."""
    name = "empty_for_upgrades"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


def test_empty_database_is_set_up_by_many_at_once(empty_database: str) -> None:
    """Four hosts begin at the same moment; all succeed, and the schema is right."""
    listhub = command(empty_database)
    assert listhub("db", "current").stdout.startswith("empty (this release needs ")
    check = listhub("db", "check")
    assert check.returncode == 1
    assert "run `listhub db upgrade`." in check.stderr

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: listhub("db", "upgrade"), range(4)))

    assert [(each.returncode, each.stderr) for each in done] == [(0, "")] * 4
    assert listhub("db", "check").returncode == 0
    assert listhub("db", "current").stdout.endswith("(up to date)\n")
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("SHOW lock_timeout").fetchone() == ("5s",)


def test_drift_is_named(listhub_command: Run, database_url: str) -> None:
    """What somebody altered by hand is said in one sentence."""
    with psycopg.connect(database_url) as conn:
        conn.execute("ALTER TABLE domain ADD COLUMN by_hand text")
    done = listhub_command("db", "check")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "listhub: The schema is not as 0014 made it (1 different, first remove_column"
        " domain.by_hand); somebody altered it by hand, and should take that back.\n"
    )


def test_schema_of_a_newer_release(listhub_command: Run, database_url: str) -> None:
    """An old release does not touch what a newer one made."""
    with psycopg.connect(database_url) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    done = listhub_command("db", "upgrade")

    assert done.returncode == 1
    assert "of another release" in done.stderr
    found = json.loads(listhub_command("db", "current", "--json").stdout)
    assert found["revision"] == "9999"
