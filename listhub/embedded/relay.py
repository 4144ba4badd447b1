"""The catching server as a child of ours: the embedded system's way out for mail."""

import sys
from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

from listhub.embedded import process
from listhub.embedded.caught import Transaction, caught
from listhub.embedded.server import Server, listens


class CatchingRelay(Server):
    """A relay that keeps what it gets below its directory, in `caught/`."""

    name = "catcher"
    ready_timeout = 30.0

    @property
    def url(self) -> str:
        """Return the relay's URL for delivery.relays; it has been started before."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mail(self) -> Path:
        """Return the directory that caught.py reads."""
        return self.directory / "caught"

    def transactions(self) -> Iterator[Transaction]:
        """Iterate over what was accepted so far, oldest first."""
        return caught(self.mail)

    @override
    def _command(self) -> process.Command:
        argv = [sys.executable, "-m", "listhub.embedded.catcher"]
        argv += ["--port", str(self.port), "--dir", str(self.mail)]
        return process.Command(
            name=self.name,
            argv=argv,
            log=self.directory / "catcher.log",
            env=process.python_environment(),
        )

    @override
    def _answers(self) -> bool:
        return listens(self.port)
