"""What long-running processes load: memory that is never used is taken all the same."""

import subprocess
import sys

import pytest

_LOADED = "import sys, {modules}; print(*sys.modules)"


@pytest.mark.parametrize(
    ("modules", "spared"),
    [
        pytest.param(
            "listhub.cli.intake, listhub.intake.lmtp, listhub.worker.nudge",
            {"cryptography", "dns", "jinja2", "listhub.stages.table", "sqlalchemy"},
            id="intake",
        ),
        pytest.param(
            "listhub.worker.supervisor",
            {"alembic", "sqlalchemy", "starlette"},
            id="worker",
        ),
        pytest.param("listhub.web.app", {"alembic", "celery", "sqlalchemy"}, id="web"),
    ],
)
def test_a_process_loads_no_more_than_its_work_needs(
    modules: str, spared: set[str]
) -> None:
    """Mail comes in without the rooms' code; nothing that runs maps tables to classes."""
    command = [sys.executable, "-c", _LOADED.format(modules=modules)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert not spared.intersection(done.stdout.split())
