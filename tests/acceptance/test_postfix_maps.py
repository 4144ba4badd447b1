"""What `listhub postfix config` prints, asked by Postfix's own programs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.intake_process import ROOT, environment, make_site

pytestmark = pytest.mark.skipif(
    shutil.which("postmap") is None, reason="Postfix is not installed"
)


@pytest.fixture
def parts(database_url: str) -> Iterator[dict[str, str]]:
    make_site(database_url)
    role = f"postfix_{os.getpid()}"
    words = ["postfix", "config", "--json"]
    printed = subprocess.run(
        [sys.executable, "-m", "listhub.cli.main", *words, "--role", role],
        env=environment(database_url, "/run/listhub/intake.sock"),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    parts: dict[str, str] = json.loads(printed.stdout)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(parts["role.sql"].encode())
        yield parts
        conn.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def ask(directory: Path, name: str, text: str, key: str) -> str:
    """Ask a map for a key as Postfix does; "" where it knows nothing."""
    (directory / name).write_text(text)
    (directory / "main.cf").write_text("compatibility_level = 3.6\n")
    asked = subprocess.run(
        ["postmap", "-c", directory, "-q", key, f"pgsql:{directory / name}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "warning" not in asked.stderr, asked.stderr
    return asked.stdout.strip()


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("post@example.org", True),
        ("POST@example.org", True),
        ("post-request@example.org", True),
        ("post-editor@example.org", True),
        ("post-owner@example.org", True),
        ("old-owner@example.org", True),
        ("bounce+abc=x@example.org", True),
        ("listmaster@example.org", True),
        ("sympa@example.org", True),
        ("LISTHUB@example.org", True),
        ("post-subscribe@example.org", True),
        ("post-unsubscribe@example.org", True),
        ("old-subscribe@example.org", False),
        ("none-subscribe@example.org", False),
        ("sympa-request@example.org", False),
        ("sympa@example.com", False),
        ("old@example.org", False),
        ("none@example.org", False),
        ("none-owner@example.org", False),
        ("post@example.com", False),
        ("o'brien\\%s@example.org", False),
    ],
)
def test_recipients(
    parts: dict[str, str], tmp_path: Path, address: str, *, known: bool
) -> None:
    """Postfix knows the addresses that intake takes, and no other."""
    name = "listhub-recipients.cf"
    assert bool(ask(tmp_path, name, parts[name], address)) is known


def test_domains_and_transport(parts: dict[str, str], tmp_path: Path) -> None:
    """Mail for our domains goes to the transport that master.cf defines."""
    name = "listhub-domains.cf"
    assert ask(tmp_path, name, parts[name], "example.org") == "example.org"
    assert ask(tmp_path, name, parts[name], "example.com") == ""
    name = "listhub-transport.cf"
    where = ask(tmp_path, name, parts[name], "example.org")
    assert where == "listhub:inet:[127.0.0.1]:0"
    assert parts["master.cf"].splitlines()[1].split()[0] == "listhub"


def test_the_role_may_read_no_table(parts: dict[str, str], database_url: str) -> None:
    """Postfix's password opens two questions and nothing else."""
    lines = dict(
        line.split(" = ", 1)
        for line in parts["listhub-domains.cf"].splitlines()
        if " = " in line
    )
    with psycopg.connect(
        database_url, user=lines["user"], password=lines["password"], autocommit=True
    ) as conn:
        asked = conn.execute("SELECT * FROM postfix_domain('example.org')").fetchone()
        assert asked == ("example.org",)
        for table in ("domain", "mailing_list", "person", "body"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(sql.SQL("TABLE {}").format(sql.Identifier(table)))
