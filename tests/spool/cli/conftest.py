"""A database of the test's own, and the command line on it."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def command(database_url: str) -> Run:
    """Return what runs `listhub` on this database, as an operator types it."""

    def runner(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "listhub.cli.main", *words],
            input=stdin,
            env={**os.environ, "LISTHUB_DATABASE__URL": database_url},
            capture_output=True,
            text=True,
            check=False,
        )

    return runner


@pytest.fixture
def listhub_command(database_url: str) -> Run:
    """Return what runs `listhub` on this test's database."""
    return command(database_url)
