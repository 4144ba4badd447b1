"""Podman for tests: a store of its own, a base image, this machine's settings.

The base image comes from Debian's packages by debootstrap, from wherever this
machine's apt gets them; libraries from wherever its pip does.  No host is named here.
"""

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: What building takes at most, in bytes, with a margin.
ROOM = 6 * 1024**3

#: What the base image holds beside a minimal Debian.
PACKAGES = "python3,python3-venv,ca-certificates"

#: Of pip's settings, those that say how packages are reached.
PLACES = {"index-url", "extra-index-url", "find-links"}
REACH = PLACES | {"cert", "client-cert", "proxy", "trusted-host", "timeout"}

#: crun refuses a host that mounts both versions of cgroups, as sandboxes do: in a
#: mount namespace of our own the second is taken away, for this command only.
ALONE = "umount /sys/fs/cgroup/unified 2>/dev/null; exec podman --root"


def need(*programs: str) -> None:
    """Skip where a program is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: scripts/packages installs it as root")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Podman:
    """Podman with a store of its own, nothing of which outlives the tests."""

    store: Path
    #: How layers are kept: overlay; vfs, which copies them, where it must be.
    driver: str

    def __call__(self, *arguments: str) -> str:
        """Run podman and return what it printed; fail with its words if it does."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def command(self, *arguments: str) -> list[str]:
        command = ["unshare", "--mount", "sh", "-c", f'{ALONE} "$@"', "podman"]
        place = [f"{self.store}/root", "--runroot", f"{self.store}/run"]
        drivers = ["--storage-driver", self.driver, "--cgroup-manager", "cgroupfs"]
        return [*command, *place, *drivers, "--events-backend", "file", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            timeout=400,
            check=False,
        )

    def image(self, *arguments: str, options: Sequence[str] = ()) -> list[str]:
        """Return the command that runs the image as compose.yaml does."""
        shut = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"]
        # Limits below the host's: raising them is what a sandbox forbids.
        limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"]
        place = ["--init", "--network=host", "--cgroups=disabled"]
        return [
            *("run", "--rm", *shut, *limits, *place, *options),
            *("localhost/listhub", *arguments),
        ]

    def listhub(
        self, *arguments: str, options: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run the image until it ends."""
        return self.run(*self.image(*arguments, options=options))

    @contextlib.contextmanager
    def role(self, *arguments: str, options: Sequence[str] = ()) -> Iterator[None]:
        """Run the image meanwhile; it must end well when it is told to stop."""
        process = subprocess.Popen(
            self.command(*self.image(*arguments, options=options)),
            stdin=subprocess.DEVNULL,
        )
        try:
            yield
            assert process.poll() is None, f"{arguments} ended by itself"
            process.terminate()
            # uvicorn tidies up and then ends by the signal that it was sent.
            assert process.wait(60) in {0, 128 + signal.SIGTERM}, arguments
        finally:
            process.kill()


def fast_place() -> Path | None:
    """Return memory to build in, if it may hold a system: dpkg syncs every file."""
    memory = Path("/dev/shm")  # noqa: S108  mkdtemp makes a private directory there
    if not memory.is_dir():
        return None
    facts = os.statvfs(memory)
    unfit = facts.f_flag & (os.ST_NODEV | os.ST_NOEXEC | os.ST_RDONLY)
    return None if unfit or facts.f_bavail * facts.f_frsize < ROOM else memory


def apt_source() -> tuple[str, str]:
    """Return the URL and the release that this machine's apt installs Debian from."""
    words = "$(ORIGIN) $(COMPONENT) $(CODENAME) $(SITE)"
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", words],
        capture_output=True,
        text=True,
        check=True,
    )
    source = re.search(r"(?m)^Debian main ([a-z]+) (\S+)$", found.stdout)
    if source is None:
        pytest.skip("needs an apt that installs Debian's own packages")
    return source[2], source[1]


def pip_settings(directory: Path) -> list[str]:
    """Return what shows this machine's pip settings to a build, as podman's options.

    Certificates are shown at the same place; packages kept on this machine are not:
    the build takes them from the index.
    """
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=True,
    )
    values: dict[str, str] = {}
    for key, value in re.findall(r"(?m)^\S+\.([a-z-]+)='(.*)'$", listing.stdout):
        local = key in PLACES and re.match(r"file:|/", value)
        if key in REACH and not local:
            values.setdefault(key, value)
    config = directory / "pip.conf"
    lines = [f"{key} = {value}" for key, value in values.items()]
    config.write_text("\n".join(["[global]", *lines, ""]))
    certificates = [values[key] for key in ("cert", "client-cert") if key in values]
    return [
        f"--volume={config}:/etc/pip.conf:ro",
        *(f"--volume={path}:{path}:ro" for path in certificates),
    ]
