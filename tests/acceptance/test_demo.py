import os
import re
import subprocess
from pathlib import Path

from tests.systems import ROOT, leftovers

DEMO = ROOT / "scripts" / "demo"


def demo(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the demo in the virtual environment of these tests."""
    return subprocess.run(
        [DEMO, *options],
        env={**os.environ, "LISTHUB_SETUP": "no"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_every_copy_is_caught_once_twice_over(server_directory: Path) -> None:
    """The demo ends with 0 and leaves nothing running; a second one begins anew."""
    directory = server_directory / "demo"
    for _ in range(2):
        run = demo("--exit", "--dir", str(directory), "--members", "60")

        assert run.returncode == 0, run.stdout + run.stderr
        # 2 posts to 3, 3 posts to 50, 1 post to 60, and 1 report.
        assert "All 217 copies were caught, each exactly once." in run.stdout
        assert "50 delivered through smtp://127.0.0.1:" in run.stdout
        assert "exit 67" in run.stdout
        assert "3 posts wait for a moderator." in run.stdout
        assert re.search(r"http://127\.0\.0\.1:\d+/sign-in/[\w-]{43}\n", run.stdout)
        assert max(map(len, run.stdout.splitlines())) <= 80
        assert leftovers(directory) == []


def test_does_not_touch_what_is_not_its_own(tmp_path: Path) -> None:
    """A directory with anything else in it is refused, and stays as it is."""
    mine = tmp_path / "mine.txt"
    mine.write_text("keep this")
    run = demo("--exit", "--dir", str(tmp_path))

    assert run.returncode == 1
    assert " ".join(run.stdout.split()) == (
        f"scripts/demo: {tmp_path} holds something else than a demo;"
        " choose another --dir."
    )
    assert mine.read_text() == "keep this"
    assert list(tmp_path.iterdir()) == [mine]
