"""The command line: run workloads, print the table, write the JSON."""

import argparse
import json
import os
import platform
import signal
import sys
import time
from pathlib import Path

from listhub import log
from scripts.benches.figures import Figure, table
from scripts.benches.processes import load_average
from scripts.benches.site import Lab, lab
from scripts.benches.table import WORKLOADS, Workload


def main() -> int:
    """Run what the command line names; 1 if a workload could not be measured."""
    options = _options()
    if options.list:
        for name, about, _ in WORKLOADS:
            print(f"{name:16}{about}")
        return 0
    # So that servers are stopped and files removed, whoever ends us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    log.set_up(level="WARNING")
    chosen = [one for one in WORKLOADS if one.name in (options.workloads or NAMES)]
    figures: list[Figure] = []
    with lab() as servers:
        for workload in chosen:
            found = _run(workload, servers, options)
            figures += found
            print(table(found), flush=True)
            print(flush=True)
    if len(figures) > 1:
        print(table(figures))
    if options.json:
        document = {"machine": _machine(), "figures": [f.document() for f in figures]}
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return int(any(figure.note.startswith("failed") for figure in figures))


NAMES = tuple(workload.name for workload in WORKLOADS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="all if none")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the full load")
    parser.add_argument("--runs", type=int, default=3, help="of each workload")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures there")
    parser.add_argument("--list", action="store_true", help="name the workloads")
    options = parser.parse_args()
    for name in options.workloads:
        if name not in NAMES:
            parser.error(f"there is no workload {name!r}; there are {', '.join(NAMES)}")
    if not 0 < options.scale <= 1:
        parser.error("--scale is more than 0 and at most 1")
    if options.runs < 1:
        parser.error("--runs is at least 1")
    return options


def _run(workload: Workload, servers: Lab, options: argparse.Namespace) -> list[Figure]:
    began = time.monotonic()
    try:
        found = workload.measure(servers, scale=options.scale, runs=options.runs)
    except Exception as error:  # noqa: BLE001 - the other workloads still count
        note = f"failed after {time.monotonic() - began:.0f} s: {error}"
        return [Figure(workload=workload.name, note=note, met=False)]
    return found


def _machine() -> dict[str, object]:
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "load_average": load_average(),
    }


if __name__ == "__main__":
    sys.exit(main())
