"""Where the servers of an embedded system listen: a file in its directory.

Whoever starts the system writes it; every other command finds the system by it.
"""

import dataclasses
import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from listhub.embedded.private import write_private
from listhub.errors import UsageError

FILE = "endpoints.json"
SECRET = "site.key"  # noqa: S105  a file's name
CONFIG = "listhub.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The addresses of one running system; an empty one means it has no such server.

    `lmtp` is host:port, `socket` a path, the others are URLs; `pid` is the process that
    holds all of it together.
    """

    database: str
    broker: str
    lmtp: str = ""
    socket: str = ""
    relay: str = ""
    web: str = ""
    directory: Path
    pid: int

    @classmethod
    def load(cls, directory: Path) -> "Endpoints":
        """Read the file of a directory; UsageError where it is missing or broken."""
        path = directory / FILE
        try:
            return cls(**_checked(json.loads(path.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            raise UsageError(
                f"No ListHub runs in {directory}; start it with `listhub up`, "
                "or name the directory of one that runs.",
            ) from None
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}.") from None
        except ValueError as error:
            raise UsageError(
                f"{path} is broken; stop ListHub there and start it again.",
                reason=str(error),
            ) from None

    def save(self) -> None:
        """Write the file, whole or not at all, for its owner's eyes only."""
        fields = {**dataclasses.asdict(self), "directory": str(self.directory)}
        write_private(self.directory / FILE, json.dumps(fields, indent=2) + "\n")

    def remove(self) -> None:
        """Remove the file, as the system stops; it may be gone already."""
        (self.directory / FILE).unlink(missing_ok=True)

    @property
    def alive(self) -> bool:
        """Tell whether the process that wrote this still exists."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:  # it is another user's
            return True
        return True


def environment(endpoints: Endpoints) -> dict[str, str]:
    """Return the LISTHUB_* variables with which any command works on that system."""
    values = {
        "LISTHUB_DATABASE__URL": endpoints.database,
        "LISTHUB_BROKER__URL": endpoints.broker,
    }
    directory = endpoints.directory
    if (directory / CONFIG).exists():
        values["LISTHUB_CONFIG"] = str(directory / CONFIG)
    if (directory / SECRET).exists():
        values["LISTHUB_SITE__SECRET_FILE"] = str(directory / SECRET)
    if endpoints.lmtp:
        host, _, port = endpoints.lmtp.rpartition(":")
        values["LISTHUB_INTAKE__HOST"] = host.strip("[]")
        values["LISTHUB_INTAKE__PORT"] = port
    if endpoints.socket:
        values["LISTHUB_INTAKE__SOCKET"] = endpoints.socket
    if endpoints.relay:
        values["LISTHUB_DELIVERY__RELAYS"] = json.dumps([endpoints.relay])
        # What is caught reaches nobody whose policy would have to be asked for.
        values["LISTHUB_DNS__ENABLED"] = "false"
    if endpoints.web:
        parts = urlsplit(endpoints.web)
        values["LISTHUB_WEB__HOST"] = parts.hostname or ""
        values["LISTHUB_WEB__PORT"] = str(parts.port or 80)
        values["LISTHUB_WEB__URL"] = endpoints.web
    return values


def make_secret(directory: Path) -> Path:
    """Make the key that signs VERP addresses (32 bytes, in hex) once; return its file."""
    path = directory / SECRET
    if not path.exists():
        write_private(path, secrets.token_hex(32) + "\n")
    return path


def _checked(read: Any) -> dict[str, Any]:
    """Return the fields as Endpoints takes them; ValueError where they are not."""
    if not isinstance(read, dict):
        raise ValueError("not an object")  # noqa: TRY004  broken data, not broken code
    fields = {field.name: field for field in dataclasses.fields(Endpoints)}
    for name, value in read.items():
        if name not in fields:
            raise ValueError(f"unknown field {name}")
        if not isinstance(value, int if name == "pid" else str):
            raise ValueError(f"{name} is of the wrong type")  # noqa: TRY004
    needed = {"database", "broker", "directory", "pid"}
    if missing := needed - read.keys():
        raise ValueError(f"missing: {', '.join(sorted(missing))}")
    if read["pid"] <= 0:
        raise ValueError("pid is not a process id")
    if not re.fullmatch(r"(.+:\d{1,5})?", read.get("lmtp", "")):
        raise ValueError("lmtp is not host:port")
    return {**read, "directory": Path(read["directory"])}
