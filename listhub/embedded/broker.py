"""Brokers of our own: Valkey for the embedded system, RabbitMQ for tests."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from typing_extensions import override

from listhub.embedded import process
from listhub.embedded.binaries import find_rabbitmq, find_valkey
from listhub.embedded.private import (
    remembered_port,
    remembered_secret,
    write_private,
)
from listhub.embedded.server import Server, listens

USER = "listhub"


class ValkeyServer(Server):
    """Valkey (or Redis) that keeps nothing on disk: wake-ups may be lost, rows not."""

    name = "valkey"
    programs = frozenset({"valkey-server", "redis-server"})
    ready_timeout = 20.0

    @property
    def url(self) -> str:
        """Return the URL for kombu, with the password; it has been started before."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @override
    def _command(self) -> process.Command:
        config = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self._password}",
            f'dir "{self.directory}"',
            'save ""',
            "appendonly no",
            "daemonize no",
            "maxmemory-policy noeviction",
        ]
        # On standard input: a password on the command line is there for all to see.
        return process.Command(
            name=self.name,
            argv=[str(find_valkey()), "-"],
            log=self.directory / "valkey.log",
            cwd=self.directory,
            stdin="\n".join(config).encode(),
        )

    @override
    def _answers(self) -> bool:
        return self.command("PING").startswith(b"+PONG")

    def command(self, *words: str) -> bytes:
        """Send one command and return the raw first answer; b"" if nobody answers."""
        lines = [f"AUTH {self._password}", " ".join(words)]
        try:
            with socket.create_connection(("127.0.0.1", self.port or 0), 5) as peer:
                peer.sendall("".join(line + "\r\n" for line in lines).encode())
                stream = peer.makefile("rb")
                with stream:
                    stream.readline()
                    return stream.readline()
        except OSError:
            return b""

    def flush(self) -> None:
        """Forget every message."""
        self.command("FLUSHALL")


class RabbitServer(Server):
    """RabbitMQ from the distribution's package, with nothing shared with the system's.

    The name server of its Erlang (epmd) is ours too: left to itself it would start
    one for the whole machine, which stays when all else is gone.
    """

    name = "rabbitmq"
    programs = frozenset({"beam.smp", "epmd"})
    ready_timeout = 120.0

    def __init__(self, directory: Path, port: int | None = None) -> None:
        super().__init__(directory, port)
        self._names: process.Child | None = None
        self._names_port = 0
        self._distribution_port = 0

    @property
    def url(self) -> str:
        """Return the URL for kombu, with the password; it has been started before."""
        return f"amqp://{USER}:{self._password}@127.0.0.1:{self.port}//"

    def control(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run rabbitmqctl against this server."""
        argv = [str(find_rabbitmq().with_name("rabbitmqctl")), *arguments]
        return subprocess.run(
            argv, env=self._environment(), capture_output=True, check=False
        )

    @override
    def _before(self) -> None:
        self._names_port = remembered_port(self.directory / "port.epmd")
        self._distribution_port = remembered_port(self.directory / "port.erlang")
        remembered_secret(self.directory / ".erlang.cookie")
        (self.directory / ".erlang.cookie").chmod(0o400)
        write_private(self.directory / "rabbitmq.conf", self._config())
        write_private(self.directory / "enabled_plugins", "[].\n")
        write_private(self.directory / "environment", "")
        # The package's own program, beside the erl that it is made for.
        epmd = _program("epmd")
        self._names = process.start(
            process.Command(
                name="epmd",
                argv=[epmd, "-port", str(self._names_port), "-address", "127.0.0.1"],
                log=self.directory / "epmd.log",
                env=self._environment(),
                cwd=self.directory,
            )
        )
        self._names.wait_ready(lambda: listens(self._names_port), timeout=20.0)

    @override
    def _after(self) -> None:
        if self._names is not None:
            self._names.kill()
            self._names = None

    @override
    def _command(self) -> process.Command:
        return process.Command(
            name=self.name,
            argv=[str(find_rabbitmq())],
            log=self.directory / "rabbitmq.log",
            cwd=self.directory,
            env=self._environment(),
        )

    @override
    def _answers(self) -> bool:
        # AMQP 0-9-1 §2.2.4: the server greets a client that names the protocol.
        return listens(self.port, send=b"AMQP\x00\x00\x09\x01")

    def _config(self) -> str:
        lines = [
            f"listeners.tcp.local = 127.0.0.1:{self.port}",
            f"default_user = {USER}",
            f"default_pass = {self._password}",
            "loopback_users = none",
            "log.console = true",
            "log.console.level = warning",
            "log.file = false",
            # A full disk is the tests' business, not the broker's.
            "disk_free_limit.absolute = 10MB",
            "vm_memory_high_watermark.absolute = 1GB",
        ]
        return "\n".join(lines) + "\n"

    def _environment(self) -> dict[str, str]:
        here = self.directory
        kernel = (
            "-kernel inet_dist_use_interface {127,0,0,1} "
            f"-kernel inet_dist_listen_min {self._distribution_port} "
            f"-kernel inet_dist_listen_max {self._distribution_port}"
        )
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": str(here),
            "RABBITMQ_NODENAME": f"listhub-{self.port}@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(here / "environment"),
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(here / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(here / "mnesia"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(here / "config"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": kernel,
            # The script becomes the server, instead of standing between it and us.
            "RUNNING_UNDER_SYSTEMD": "true",
            # RabbitMQ looks whether this one is free, whatever the kernel is told.
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }


def _program(name: str) -> str:
    """Return the full path of a program of Erlang's."""
    return shutil.which(name) or f"/usr/bin/{name}"
