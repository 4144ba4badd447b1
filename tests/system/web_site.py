"""A site with web processes: two of them, as on two hosts behind a balancer."""

from collections.abc import Mapping
from typing import Self

from typing_extensions import override

from listhub.embedded.private import remembered_port
from listhub.embedded.server import listens
from tests.system.daemons import Daemon
from tests.system.site import Site, SitePlan

#: How many web processes there are.
WEBS = ("web-a", "web-b")


class WebSite(Site):
    """A site whose pages are served by two processes; `webs` are their addresses."""

    def __init__(self, plan: SitePlan) -> None:
        super().__init__(plan)
        self.web_daemons: dict[str, Daemon] = {}
        self.webs: list[str] = []

    @property
    def web(self) -> str:
        """The address of the first one, which is also in mails."""
        return self.webs[0]

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        try:
            for name in WEBS:
                self.web_daemons[name].start()
        except BaseException:
            self.end()
            raise
        return self

    @override
    def end(self) -> None:
        for daemon in self.web_daemons.values():
            daemon.kill()
        super().end()

    @override
    def _environment(self) -> dict[str, str]:
        """Add the site's address; each web process gets a port of its own."""
        ports = [
            remembered_port(self.directory / "run" / f"port.{name}") for name in WEBS
        ]
        self.webs = [f"http://127.0.0.1:{port}" for port in ports]
        common = {**super()._environment(), "LISTHUB_WEB__URL": self.web}
        for name, port in zip(WEBS, ports, strict=True):
            self.web_daemons[name] = self._web(name, port, common)
        return common

    def _web(self, name: str, port: int, environment: Mapping[str, str]) -> Daemon:
        return Daemon(
            name,
            ["web"],
            directory=self.directory,
            environment={**environment, "LISTHUB_WEB__PORT": str(port)},
            ready=lambda _pid: listens(port),
        )
