"""The two ways in which the bytes of a mail arrive: ended by a dot, or counted.

Pure.  Both take from the connection's input buffer what is theirs and keep no more
than `max_size` octets, however many the peer sends.
"""

from dataclasses import dataclass

_END = b"\r\n.\r\n"


class TooLargeError(Exception):
    """The content is complete, was longer than allowed and was not kept."""


class Dotted:
    """Content of DATA: lines with stuffed dots, up to CRLF.CRLF (RFC 5321 §4.5.2).

    Only CRLF.CRLF ends it, and only a dot behind CRLF is un-stuffed: a bare LF is
    part of a line.  To treat it otherwise is what lets one mail smuggle in another.
    """

    def __init__(self, *, max_size: int) -> None:
        self._max_size = max_size
        self._scanned = 0
        self._dropping = False

    def take(self, buffer: bytearray) -> bytes | None:
        """Return the content once its end is there; TooLargeError instead of keeping it."""
        if not self._dropping and buffer.startswith(b".\r\n"):
            del buffer[:3]
            return b""
        end = buffer.find(_END, self._scanned)
        if end < 0:
            self._scanned = max(len(buffer) - len(_END) + 1, 0)
            self._drop_what_is_too_much(buffer)
            return None
        content = b"" if self._dropping else bytes(memoryview(buffer)[: end + 2])
        del buffer[: end + len(_END)]
        content = content.replace(b"\r\n.", b"\r\n").removeprefix(b".")
        if self._dropping or len(content) > self._max_size:
            raise TooLargeError
        return content

    def _drop_what_is_too_much(self, buffer: bytearray) -> None:
        """Keep of an over-long mail only what may be the start of its end."""
        excess = len(buffer) - len(_END) - self._max_size
        # Stuffed dots do not count, and are counted only when it matters.
        if self._dropping or (excess > 0 and excess > buffer.count(b"\r\n.")):
            self._dropping = True
            del buffer[: self._scanned]
            self._scanned = 0


@dataclass(slots=True)
class Chunked:
    """Content of BDAT: chunks of counted octets, of any kind (RFC 3030)."""

    max_size: int
    #: Octets of the chunk under way that have not arrived.
    left: int = 0
    #: Whether the chunk under way is the last.
    last: bool = False
    too_large: bool = False
    _kept: bytearray | None = None

    def start(self, octets: int, *, last: bool) -> None:
        """Expect a chunk of so many octets."""
        self.left = octets
        self.last = last
        kept = self._kept or b""
        if len(kept) + octets > self.max_size:
            self.too_large = True
            self._kept = None

    def take(self, buffer: bytearray) -> bool:
        """Take what arrived; True when the chunk is complete."""
        arrived = min(self.left, len(buffer))
        if not self.too_large:
            if self._kept is None:
                self._kept = bytearray()
            self._kept += memoryview(buffer)[:arrived]
        del buffer[:arrived]
        self.left -= arrived
        return self.left == 0

    def content(self) -> bytes:
        """Return all chunks; TooLargeError if they were not kept."""
        if self.too_large:
            raise TooLargeError
        return bytes(self._kept or b"")
