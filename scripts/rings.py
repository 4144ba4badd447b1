"""Run the rings of tests one after the other and add up what they say.

A ring is a directory of tests/; see RINGS.  Each is a pytest of its own, so that a
crash or a hang of one neither hides nor stops the next.  The last line printed is
the sum, alone on its line.
"""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
#: pytest's word for "nothing was collected", which a selection may well mean.
NO_TESTS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Ring:
    """A directory of tests, how many processes share it, and its limit in seconds."""

    name: str
    processes: int = 0
    limit: float = 300.0


#: The fastest to fail come first.  Acceptance tests start many processes and
#: measure: they get the machine to themselves.
RINGS = (
    Ring(name="unit", processes=2, limit=600.0),
    Ring(name="docs", processes=2),
    Ring(name="db", processes=2, limit=600.0),
    Ring(name="spool", processes=2, limit=1200.0),
    Ring(name="acceptance", limit=2400.0),
)


@dataclass(kw_only=True, slots=True)
class Tally:
    """What a run of tests came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    troubles: tuple[str, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
            troubles=self.troubles + other.troubles,
        )

    def line(self) -> str:
        """Write the closing line."""
        line = f"{self.passed} passed, {self.failed} failed"
        return f"{line}, {self.skipped} skipped" if self.skipped else line


def count(report: Path) -> Tally:
    """Read pytest's JUnit report; a failure that was expected and came has passed."""
    tally = Tally()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # we had it written
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failed += 1
        elif skip is not None and skip.get("type") != "pytest.xfail":
            tally.skipped += 1
        else:
            tally.passed += 1
    return tally


def pytest(name: str, *arguments: str, limit: float) -> Tally:
    """Run pytest once, for no longer than limit seconds, and count."""
    with tempfile.TemporaryDirectory(prefix="listhub-rings-") as directory:
        report = Path(directory) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
        print(f"==== {name}: pytest {' '.join(arguments)}", flush=True)
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True
        ) as process:
            try:
                status = process.wait(limit)
            except BaseException as reason:
                end(process)
                if not isinstance(reason, subprocess.TimeoutExpired):
                    raise
                trouble = f"{name}: not finished after {limit:.0f} s; it was ended."
                return Tally(failed=1, troubles=(trouble,))
        tally = count(report) if report.exists() else Tally()
    if status not in {0, NO_TESTS} and not tally.failed:
        trouble = f"{name}: pytest ended with {status}; its output says why."
        tally += Tally(failed=1, troubles=(trouble,))
    return tally


def end(process: subprocess.Popen[bytes]) -> None:
    """End a pytest and all that it started, first by asking."""
    for number, seconds in ((signal.SIGINT, 30), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, number)
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            break


def has_tests(ring: Ring) -> bool:
    return any((ROOT / "tests" / ring.name).rglob("test_*.py"))


def names_tests(argument: str) -> bool:
    """Tell a file, directory or test from an option of pytest and its value."""
    path, _, _ = argument.partition("::")
    return path.startswith("tests") and Path(path).exists()


def run(arguments: list[str]) -> Tally:
    """Run what was named in one pytest, or else every ring with the same options."""
    if any(map(names_tests, arguments)):
        return pytest("selection", *arguments, limit=3000.0)
    tally = Tally()
    for ring in filter(has_tests, RINGS):
        share = ["-n", str(ring.processes)] if ring.processes else []
        where = f"tests/{ring.name}"
        tally += pytest(ring.name, where, *share, *arguments, limit=ring.limit)
    return tally


def main() -> int:
    """Return 0 when something ran, nothing failed and, in CI, nothing was skipped."""
    os.chdir(ROOT)
    tally = run(sys.argv[1:])
    troubles = list(tally.troubles)
    if os.environ.get("CI") == "true" and tally.skipped:
        troubles.append("CI skips nothing: see the reasons above (SKIPPED).")
    if not tally.passed and not tally.failed:
        troubles.append("No test ran.")
    for trouble in troubles:
        print(trouble)
    print(tally.line(), flush=True)
    return 1 if troubles or tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
