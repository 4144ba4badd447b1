"""The posts that are measured with, and one connection that hands them over by LMTP."""

import os
import socket
from typing import BinaryIO

_LINE = b"All work and no play makes a list a dull one, says the bench today.\r\n"


def message_id() -> str:
    return f"{os.urandom(8).hex()}@bench.example"


def post(to: str, author: str, *, size: int = 10_240, number: str = "") -> bytes:
    """Return a post of about `size` octets; its Message-ID is new unless given."""
    head = (
        f"From: {author}\r\nTo: {to}\r\nSubject: bench\r\n"
        f"Message-ID: <{number or message_id()}>\r\n"
        "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    ).encode()
    return head + (_LINE * (size // len(_LINE) + 1))[: max(size - len(head), 0)]


class Lmtp:
    """An MTA's connection to intake, kept open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream: BinaryIO = self._socket.makefile("rb")
        self._reply()
        self._say(b"LHLO bench.example\r\n")
        self._expect("250")

    def send(self, to: str, sender: str, mail: bytes) -> None:
        """Hand over one mail and wait until it is durable."""
        self._say(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode())
        for code in ("250", "250", "354"):
            self._expect(code)
        self._say(mail.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        self._expect("250")

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _say(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _expect(self, code: str) -> None:
        reply = self._reply()
        if not reply.startswith(code):
            raise RuntimeError(f"intake answered {reply!r} where {code} was expected")

    def _reply(self) -> str:
        while True:
            line = self._stream.readline().decode("utf-8", "replace")
            if line[3:4] != "-":
                return line
