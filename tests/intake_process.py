"""The intake daemon as a real process, and an LMTP client that says what it is told."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg

ROOT = Path(__file__).parent.parent
ENQUEUE = ROOT / "scripts" / "bin" / "listhub-enqueue"


def make_site(database_url: str) -> None:
    """Make a domain with a list that is open and one that is closed."""
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO domain (name) VALUES ('example.org')")
        conn.execute(
            """
            INSERT INTO mailing_list (domain_id, name, address, status)
            SELECT id, list, list || '@' || domain.name, status
              FROM domain, (VALUES ('post', 'open'), ('old', 'closed'))
                           AS new (list, status)
            """
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A running daemon: where it listens, and its process."""

    port: int
    socket: str
    process: "subprocess.Popen[str]"

    def stop(self) -> int:
        """Tell it to stop and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=20)

    def log(self) -> list[dict[str, object]]:
        """Return what it logged since it was started; it must have ended."""
        assert self.process.stderr is not None
        return [json.loads(line) for line in self.process.stderr]


def environment(database_url: str, socket_path: str, **more: str) -> dict[str, str]:
    """Return the environment of a daemon or of listhub-enqueue in a test."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("LISTHUB_")}
    return {
        **own,
        "LISTHUB_DATABASE__URL": database_url,
        "LISTHUB_BROKER__URL": "memory://",
        "LISTHUB_INTAKE__PORT": "0",
        "LISTHUB_INTAKE__SOCKET": socket_path,
        **more,
    }


@contextlib.contextmanager
def daemon(database_url: str, socket_path: str, **more: str) -> Iterator[Daemon]:
    """Run the daemon; `more` is added to its environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "listhub.cli.main", "intake"],
        env=environment(database_url, socket_path, **more),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        seen = []
        for line in process.stderr:
            seen.append(line)
            if '"intake listening"' in line:
                port = json.loads(line)["port"]
                yield Daemon(port=port, socket=socket_path, process=process)
                break
        else:
            raise AssertionError(f"the daemon did not start: {seen}")
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=20)
        process.stderr.close()


class Client:
    """One LMTP connection."""

    def __init__(self, address: tuple[str, int] | str) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.settimeout(20)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def end(self) -> None:
        """Say that nothing more will come; replies can still be read."""
        self._socket.shutdown(socket.SHUT_WR)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(self) -> str:
        """Return the last line of the next reply, "" when the connection is closed."""
        while True:
            line = self._lines.readline().decode().rstrip("\r\n")
            if line[3:4] != "-":
                return line

    def say(self, line: str) -> str:
        """Send a command and return the reply."""
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def mail(
        self, *recipients: str, content: bytes, sender: str = "a@x.org"
    ) -> list[str]:
        """Send a mail; return the replies to RCPT that refuse, then the final ones."""
        assert self.say("LHLO client.example").startswith("250")
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250")
        replies = [self.say(f"RCPT TO:<{recipient}>") for recipient in recipients]
        refused = [reply for reply in replies if not reply.startswith("250")]
        if len(refused) == len(replies):
            return refused
        assert self.say("DATA").startswith("354")
        self.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return [*refused, *(self.reply() for _ in replies[len(refused) :])]


def new_mail(text: bytes = b"text") -> bytes:
    """Return a post that differs from every other."""
    number = os.urandom(8).hex().encode()
    return b"From: a@x.org\r\nMessage-ID: <%b@x.org>\r\n\r\n%b\r\n" % (number, text)
