"""The bench, run on tiny loads: it measures, checks and says so in one form."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(300)


def bench(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "scripts.benches", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_workloads_at_a_tiny_scale(tmp_path: Path) -> None:
    """Each workload leaves its figures in JSON, with the limit of the same run."""
    path = tmp_path / "bench.json"
    words = ("--scale", "0.01", "--runs", "1", "--json", str(path))

    run = bench("fanout-verp", "claim", *words)

    assert run.returncode == 0, run.stdout + run.stderr
    document: dict[str, Any] = json.loads(path.read_text())
    figures = document["figures"]
    assert document["machine"]["cpus"] > 0
    assert {figure["workload"] for figure in figures} == {"fanout-verp", "claim"}
    for figure in figures:
        assert 0 < figure["rate"]["min"] <= figure["rate"]["max"]
        assert figure["rate"]["min"] <= figure["rate"]["median"]
        assert math.isclose(
            figure["ratio"], figure["rate"]["median"] / figure["limit"]["median"]
        )
        assert figure["workload"] in run.stdout
    fan_out = next(one for one in figures if one["workload"] == "fanout-verp")
    assert {"ListHub", "PostgreSQL", "broker", "sink"} <= set(
        fan_out["cpu_seconds_per_1000"]
    )
    assert fan_out["memory_mb"]["worker child"] > 0
    assert fan_out["memory_mb"]["in all"] > fan_out["memory_mb"]["worker child"]


def test_what_is_not_there_is_said() -> None:
    """A wrong workload is an error that names it."""
    wrong = bench("fanout-fax")

    assert wrong.returncode == 2
    assert "there is no workload 'fanout-fax'" in wrong.stderr
