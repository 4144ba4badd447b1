"""What processes cost: CPU by component, memory by kind of process, read from /proc."""

import contextlib
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil

_SAMPLE = 2.0  # seconds: reading PSS takes milliseconds of the machine that is measured


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that it started, as far as they live."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pid: int) -> float:
    """Return what a process and its descendants have used, the ended ones included."""
    seconds = 0.0
    for process in family(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
            seconds += times.children_user + times.children_system
    return seconds


def pss(pid: int) -> float:
    """Return a process's share of memory in MB, 0 if it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0.0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def kinds(roots: dict[str, int]) -> dict[int, str]:
    """Return process ids with what they are: `roots` by name, the worker's by place."""
    found: dict[int, str] = {}
    for name, pid in roots.items():
        found[pid] = name
        if name != "worker":
            found |= {process.pid: name for process in family(pid)[1:]}
            continue
        found[pid] = "supervisor"
        with contextlib.suppress(psutil.NoSuchProcess):
            for parent in psutil.Process(pid).children():
                children = parent.children()
                found[parent.pid] = "worker parent" if children else "pump"
                found |= {child.pid: "worker child" for child in children}
    return found


class Memory:
    """Peaks of PSS, sampled now and then in a thread while a block runs."""

    def __init__(self, roots: dict[str, int]) -> None:
        self._roots = roots
        self._over = threading.Event()
        #: MB: the largest process of each kind, and all together.
        self.peaks: dict[str, float] = defaultdict(float)
        self.processes = 0

    def look(self) -> None:
        """Take one sample."""
        total = 0.0
        found = kinds(self._roots)
        self.processes = max(self.processes, len(found))
        for pid, kind in found.items():
            share = pss(pid)
            total += share
            self.peaks[kind] = max(self.peaks[kind], share)
        self.peaks["in all"] = max(self.peaks["in all"], total)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Sample until the block ends, and once more then."""
        self._over.clear()
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            self.look()

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE):
            self.look()


def load_average() -> str:
    """Return the machine's load of the last minutes, as a figure's context."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())
