"""Files of many messages (mbox): read in bounded memory, and written.

There is no one format (RFC 4155 describes the family).  A message begins with a line
`From somebody Thu Jan  1 00:00:00 2026` and ends before an empty line; lines of its
text that begin so have a ">" before them.  What we write is mboxrd, whose quoting can
be taken back; reading takes one ">" away, which is right for mboxo too, but for lines
that had one before.

A line of a text that nobody quoted is not taken for a beginning: it has to look like
one, dates and all, and stand behind an empty line or before a header field.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from listhub.archive.reading.piece import LIMIT, Found, Piece, Unread

_CHUNK = 1 << 20
# A beginning and the name of the first field behind it are shorter than this.
_MARGIN = 4096

_START = b"\nFrom "
_LINE = re.compile(
    rb"From [^\n]{0,900}?[0-9]{1,2}:[0-9]{2}[^\n]{0,90}[0-9]{4}[^\n]{0,30}\n"
)
_FIELD = re.compile(rb"[!-9;-~]{1,76}[ \t]{0,76}:")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_UNQUOTED = re.compile(rb"^(>*From )", re.MULTILINE)
_DATE = re.compile(
    rb"(?P<month>[A-Z][a-z]{2}) +(?P<day>[0-9]{1,2}) +"
    rb"(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?: [^\n]*?)? (?P<year>[0-9]{4})"
)


def read(stream: BinaryIO, *, name: str, limit: int = LIMIT) -> Iterator[Piece]:
    """Yield the messages of a file, in order; the file may be larger than the memory."""
    for number, text in enumerate(_cut(stream, limit=limit)):
        where = f"{name}, message {number}"
        if number == 0:
            # What stands before the first beginning: nothing, in a sound file.
            if text is None or text.strip():
                reason = "the file does not begin with a line `From ... date`"
                yield Unread(where=name, reason=reason)
        elif text is None:
            yield Unread(where=where, reason=f"it is longer than {limit:,} octets")
        else:
            yield _message(text, where=where)


def _message(text: bytes, *, where: str) -> Piece:
    first, _, rest = text.partition(b"\n")
    raw = _without_blank_line(rest)
    if b">From " in raw:
        raw = _QUOTED.sub(rb"\1", raw)
    if not raw.strip():
        return Unread(where=where, reason="it is empty")
    return Found(where=where, raw=raw, came=_came(first))


def _without_blank_line(text: bytes) -> bytes:
    """Take away the empty line that ends a message, not those of its own."""
    for end in (b"\n\r\n", b"\n\n"):
        if text.endswith(end):
            return text[: 1 - len(end)]
    return text


def _cut(stream: BinaryIO, *, limit: int) -> Iterator[bytes | None]:
    """Yield what stands before the first beginning, then each message from its own on.

    None stands for what is longer than `limit`: it is read over, and not kept.
    """
    # As if an empty line stood before the file: the first beginning is like the others.
    buffer = bytearray(b"\n\n")
    searched = 0
    too_long = at_end = False
    while not at_end:
        chunk = stream.read(_CHUNK)
        at_end = not chunk
        buffer += chunk
        # A beginning is seen whole, with what follows it, or left for the next round.
        safe = len(buffer) if at_end else max(len(buffer) - _MARGIN, 0)
        kept = 0
        while (start := _beginning(buffer, searched, safe)) is not None:
            yield None if too_long else bytes(buffer[kept:start])
            kept, searched, too_long = start, start + 1, False
        del buffer[:kept]
        searched = max(searched, safe) - kept
        if searched > limit:
            too_long = True
            # With the two octets before it, which say whether a line was empty.
            del buffer[: searched - 2]
            searched = 2
    yield None if too_long else bytes(buffer)


def _beginning(buffer: bytearray, position: int, end: int) -> int | None:
    """Return where the first message begins that does so before `end`."""
    at = max(position - 1, 0)
    while (at := buffer.find(_START, at, end + len(_START) - 1)) >= 0:
        start = at + 1
        line = _LINE.match(buffer, start)
        if line and (
            buffer[max(at - 2, 0) : at + 1].endswith((b"\n\n", b"\n\r\n"))
            or _FIELD.match(buffer, line.end())
        ):
            return start
        at = start
    return None


def _came(line: bytes) -> datetime | None:
    """Return the moment in a line `From ...`; asctime has no zone, so it is UTC."""
    match = _DATE.search(line)
    if match is None:
        return None
    text = b" ".join(match.group("month", "day", "year", "time")).decode("ascii")
    form = "%b %d %Y %H:%M:%S" if text.count(":") == 2 else "%b %d %Y %H:%M"
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None


def write(raw: bytes, *, sender: str, came: datetime) -> bytes:
    """Return one message as it stands in an mboxrd file; its bytes are kept.

    `sender` stands in the first line, "" for a message without one.
    """
    address = sender.encode("ascii", "replace").translate(None, b" \t\r\n\0")
    date = came.astimezone(UTC).ctime().encode("ascii")
    text = _UNQUOTED.sub(rb">\1", raw) if b"From " in raw else raw
    end = b"\n" if text.endswith(b"\n") else b"\n\n"
    return b"From " + (address or b"MAILER-DAEMON") + b" " + date + b"\n" + text + end
