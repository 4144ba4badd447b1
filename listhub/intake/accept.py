"""Accept: the one function that makes mail ours.

LMTP, the pipe and tests all end here.  The caller commits; until then the MTA owns
the mail, after that one row per recipient does.  Only header fields are looked at:
broken MIME is no reason to refuse, and no reason to fail.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from listhub.intake.syntax import Reply, reply
from listhub.lists.directory import Destination
from listhub.mail import message_id, screening
from listhub.mail.address import mailboxes
from listhub.mail.headers import Headers
from listhub.mail.recipient import AddressKind
from listhub.spool import bodies, store
from listhub.spool.items import NewItem

# Returns what is new, or older than the window and thus new again.  A row that
# another host is inserting at this moment is waited for: if it commits, ours is the
# retry; if it rolls back, ours is the first.  Sorted, so that two hosts never wait
# for each other in a ring.  The digests come as one string of octets: an array costs
# psycopg three times as much.
_REMEMBER = """
INSERT INTO intake_retry AS known (digest)
SELECT substring(%(digests)b FROM n * 32 + 1 FOR 32) AS digest
  FROM generate_series(0, length(%(digests)b) / 32 - 1) AS n
 ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET at = now()
       WHERE known.at < now() - make_interval(secs => %(window)s)
RETURNING digest
"""


#: Characters of an author and a subject that are kept with the item.
_LONGEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A mail and its envelope as an MTA handed it over, its recipients looked up."""

    content: bytes
    reverse_path: str
    recipients: tuple[tuple[str, Destination], ...]
    #: Which door: lmtp, socket or direct.
    via: str
    #: Our host.
    host: str
    #: What the peer called itself, and where it came from.
    helo: str = ""
    client: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What became of a mail once committed: a reply per recipient, rooms to wake."""

    replies: tuple[Reply, ...]
    stages: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """One recipient's share of a mail; the key is the same when an MTA tries again."""

    recipient: str
    destination: Destination
    key: bytes

    @property
    def trace(self) -> uuid.UUID:
        """The trace's number, made from the key: a retry is answered with the same."""
        number = int.from_bytes(self.key[:16], "big")
        number = number & ~(0xF << 76) | 8 << 76  # RFC 9562 §5.8: version 8
        return uuid.UUID(int=number & ~(0b11 << 62) | 0b10 << 62)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Opened:
    """A mail with what its header says."""

    mail: Incoming
    digest: bytes
    message_id: str | None
    #: Who wrote it and about what, for whoever looks for it.
    author: str
    subject: str
    #: Why a list cannot take it as a post, if so.
    defect: Reply | None
    parts: tuple[_Part, ...]

    def taken(self) -> tuple[_Part, ...]:
        if self.defect is None:
            return self.parts
        return tuple(
            part for part in self.parts if part.destination.kind is not AddressKind.POST
        )


def accept(
    conn: "psycopg.Connection[Any]", mails: Sequence[Incoming], *, window: timedelta
) -> list[Answer]:
    """Store mails, each once within `window`, and return what to answer after commit.

    Never commits.  A database error leaves nothing behind and is the caller's.
    """
    opened = [_open(mail) for mail in mails]
    fresh, numbers = _remember(conn, opened, window=window)
    # A batch may hold the same mail twice: the first one counts.
    chosen: dict[bytes, NewItem] = {}
    for each in opened:
        for part in each.taken():
            if part.key in fresh and part.key not in chosen:
                chosen[part.key] = _item(each, part, numbers[each.digest])
    store.put(conn, list(chosen.values()))
    return [
        Answer(
            replies=tuple(_refused_or_accepted(each, part) for part in each.parts),
            stages=frozenset(
                chosen[part.key].stage for part in each.parts if part.key in chosen
            ),
        )
        for each in opened
    ]


def _open(mail: Incoming) -> _Opened:
    digest = bodies.digest(mail.content)
    headers = Headers.parse(mail.content)
    return _Opened(
        mail=mail,
        digest=digest,
        message_id=message_id.message_id(headers) or None,
        author=_author(headers)[:_LONGEST],
        subject=headers.text("Subject")[:_LONGEST],
        defect=_defect(headers),
        parts=tuple(
            _Part(
                recipient=recipient,
                destination=destination,
                key=_key(recipient, mail.reverse_path, digest),
            )
            for recipient, destination in mail.recipients
        ),
    )


def _key(recipient: str, reverse_path: str, digest: bytes) -> bytes:
    # No address holds a NUL, so the parts cannot run into each other.
    envelope = f"{recipient}\0{reverse_path}\0".encode()
    return hashlib.sha256(envelope + digest).digest()


def _author(headers: Headers) -> str:
    return next((address for _, address in mailboxes(headers.get("From") or b"")), "")


def _defect(headers: Headers) -> Reply | None:
    fault = screening.screen_post(headers)
    return None if fault is None else reply(554, fault.enhanced, fault.reason)


def _remember(
    conn: "psycopg.Connection[Any]", opened: Sequence[_Opened], *, window: timedelta
) -> tuple[set[bytes], dict[bytes, int]]:
    """Note the keys, store the bodies; return the keys that are new, and the bodies.

    In a pipeline the two share a round trip.  The price is that a retry touches a
    body that is there already.
    """
    taken = [each for each in opened if each.taken()]
    if not taken:
        return set(), {}
    keys = {part.key for each in taken for part in each.taken()}
    parameters = {"digests": b"".join(keys), "window": window.total_seconds()}
    rows = conn.execute(_REMEMBER, parameters, binary=True)
    numbers = bodies.store(conn, [(each.digest, each.mail.content) for each in taken])
    return {bytes(row[0]) for row in rows}, numbers


def _item(each: _Opened, part: _Part, body_id: int) -> NewItem:
    mail, destination = each.mail, part.destination
    return NewItem(
        stage=destination.stage,
        trace=part.trace,
        list_id=destination.list_id,
        body_id=body_id,
        message_id=each.message_id,
        reverse_path=mail.reverse_path,
        recipient=part.recipient,
        priority=destination.priority,
        held=destination.held,
        meta={
            "via": mail.via,
            "host": mail.host,
            "helo": mail.helo,
            "client": mail.client,
            "author": each.author,
            "subject": each.subject,
        },
    )


def _refused_or_accepted(each: _Opened, part: _Part) -> Reply:
    if each.defect is not None and part.destination.kind is AddressKind.POST:
        return each.defect
    return reply(250, "2.0.0", f"accepted as {part.trace}")
