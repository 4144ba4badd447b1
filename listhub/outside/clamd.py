r"""A virus scanner, asked by clamd's own protocol (INSTREAM) over a socket.

zINSTREAM\0  <length><piece> … <0>   ──▶
◀──  stream: OK\0   or   stream: NAME FOUND\0   or   … ERROR\0
"""

import hashlib
import socket
import time
from dataclasses import dataclass, field
from typing import Literal, Self

from listhub import log as logs
from listhub.config import Settings
from listhub.mail import encoded_words
from listhub.outside.answers import Answer

Status = Literal["clean", "infected", "failed", "not asked"]

#: Seconds that a verdict is kept; signatures of viruses change.
VERDICT, FAILURE = 600.0, 10.0

_PIECE = 64 * 1024
_LONGEST_REPLY = 4096

log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the scanner says; `words` is the name of the virus, or what went wrong."""

    status: Status
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClamdVerdict:
    """Whether a message holds a virus; known by its digest, so that answers are small."""

    digest: bytes
    #: The message, until it has been sent: who keeps the answer does not keep it.
    held: list[bytes] = field(compare=False, repr=False)

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """Ask about a whole message."""
        return cls(digest=hashlib.sha256(raw).digest(), held=[raw])

    def answer(self, settings: Settings) -> Answer[Scan]:
        """Let clamd scan it, within `screening.clamd_timeout` seconds in all."""
        where = settings.screening.clamd
        if not where:
            return Answer(value=Scan(status="not asked"), keep=VERDICT)
        if not self.held:
            gone = Scan(status="failed", words="the message has been let go")
            return Answer(value=gone, keep=0)
        raw = self.held.pop()
        until = time.monotonic() + settings.screening.clamd_timeout
        try:
            scan = _verdict(_ask(where, raw, until=until))
        except (OSError, ValueError) as error:
            scan = Scan(status="failed", words=f"{where}: {error}")
        if scan.status == "failed":
            log.warning("the virus scanner failed", reason=scan.words)
        keep = FAILURE if scan.status == "failed" else VERDICT
        return Answer(value=scan, keep=keep)


def _ask(where: str, raw: bytes, *, until: float) -> bytes:
    """Return clamd's reply; raise OSError, TimeoutError among them."""
    with _connect(where, until=until) as conn:
        conn.settimeout(_left(until))
        try:
            conn.sendall(b"zINSTREAM\0")
            for start in range(0, len(raw), _PIECE):
                piece = raw[start : start + _PIECE]
                conn.settimeout(_left(until))
                conn.sendall(len(piece).to_bytes(4, "big") + piece)
            conn.sendall(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            # What is larger than clamd takes ends so; its reply says which.
            pass
        return _reply(conn, until=until)


def _connect(where: str, *, until: float) -> socket.socket:
    kind, _, place = where.partition(":")
    if kind == "tcp":
        host, _, port = place.removeprefix("//").rpartition(":")
        return socket.create_connection((host, int(port)), timeout=_left(until))
    conn = socket.socket(socket.AF_UNIX)
    try:
        conn.settimeout(_left(until))
        conn.connect(place)
    except OSError:
        conn.close()
        raise
    return conn


def _reply(conn: socket.socket, *, until: float) -> bytes:
    reply = b""
    while b"\0" not in reply and len(reply) < _LONGEST_REPLY:
        conn.settimeout(_left(until))
        piece = conn.recv(_LONGEST_REPLY)
        if not piece:
            break
        reply += piece
    return reply.partition(b"\0")[0]


def _verdict(reply: bytes) -> Scan:
    text = encoded_words.plain(reply).strip()
    said = text.removeprefix("stream:").strip()
    if said == "OK":
        return Scan(status="clean")
    if said.endswith(" FOUND"):
        return Scan(status="infected", words=said.removesuffix(" FOUND"))
    return Scan(status="failed", words=f"it said {text[:200]!r}")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    return left
