"""Make a message ready to leave: one row, its packets, and an item for each packet.

Recipients come as a stream and go into the database by COPY, a few packets at a time:
a list of 100,000 is never 100,000 objects at once.
"""

import itertools
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from listhub.config import Packets
from listhub.delivery.packets import packets, verp_packets
from listhub.delivery.treatment import NONE, Treatment
from listhub.spool.items import NewItem
from listhub.spool.ranking import PACKET_LAG

#: The stage that takes packets.
SEND = "send"

#: How many connections one post may keep busy: small posts go out in small packets.
SPREAD = 50

#: No VERP packet is smaller, whatever the spread: a claim costs more than a mail.
SMALLEST = 10

#: So many packets are written with their message; the others follow by COPY.
_CHUNK = 256

_INSERT = """
WITH message AS (
    INSERT INTO outgoing (list_id, trace, message_id, sequence, head, body_id,
                          body_offset, bounce_address, author, mode, recipients,
                          treatment)
    VALUES (%(list_id)s, %(trace)s, %(message_id)s, %(sequence)s, %(head)s, %(body_id)s,
            %(body_offset)s, %(bounce_address)s, %(author)s, %(mode)s, %(recipients)s,
            %(treatment)s)
    RETURNING id
), part AS (
    INSERT INTO packet (outgoing_id, n, verp, recipients, subscriptions, first_key,
                        last_key)
    SELECT message.id, new.*
      FROM message, json_to_recordset(%(packets)s::json) AS new (
           n int, verp bool, recipients text[], subscriptions bigint[],
           first_key text, last_key text)
     ORDER BY n
    RETURNING id, n
)
SELECT id, ARRAY(SELECT id FROM part ORDER BY n) FROM message
"""

_IDS = """
SELECT nextval(pg_get_serial_sequence('packet', 'id')) FROM generate_series(1, %s)
"""

_COPY = """
COPY packet (id, outgoing_id, n, verp, recipients, subscriptions, first_key, last_key)
FROM STDIN
"""


class Recipient(NamedTuple):
    """Whom a copy goes to; `subscription` is 0 for people who are not members."""

    address: str
    subscription: int
    #: domain, space, local part: the order of packets (see `sort_key`).
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOutgoing:
    """A message about to leave: `head`, then the body from `body_offset` on."""

    trace: uuid.UUID
    message_id: str
    head: bytes
    #: The reverse-path without VERP; empty for reports, which nobody may answer.
    bounce_address: str
    list_id: int | None = None
    sequence: int | None = None
    body_id: int | None = None
    body_offset: int = 0
    author: str = ""
    mode: str = "each"
    priority: int = 5
    #: What is done to each copy while it is sent.
    treatment: Treatment = NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What `send_out` made: the row and the items to emit."""

    outgoing_id: int
    recipients: int
    items: tuple[NewItem, ...]


def sort_key(address: str) -> str:
    """Return what packets are sorted by: domain before local part, in code order."""
    local, _, domain = address.rpartition("@")
    return f"{domain.lower()} {local}"


def to_people(addresses: Sequence[str]) -> list[Recipient]:
    """Return recipients who are not members, in the order of packets."""
    return sorted(
        (
            Recipient(address, 0, sort_key(address))
            for address in dict.fromkeys(addresses)
        ),
        key=lambda recipient: recipient.key,
    )


def verp_size(count: int, rules: Packets) -> int:
    """Return how many recipients a VERP packet of a post to `count` people has."""
    return min(rules.verp_recipients, max(SMALLEST, -(-count // SPREAD)))


def send_out(
    conn: "psycopg.Connection[Any]",
    message: NewOutgoing,
    *,
    plain: Iterable[Recipient] = (),
    verp: Iterable[Recipient] = (),
    verp_count: int = 0,
    rules: Packets,
    first_lag: timedelta = timedelta(0),
) -> Sent:
    """Store the message with its packets; emit the items in the same transaction.

    `plain` and `verp` are sorted by `key`.  `verp_count` says about how many copies
    go out one by one, to size their packets: a small post is spread over many
    connections, a large one is claimed in few pieces.
    """
    size = verp_size(verp_count, rules)
    parts = itertools.chain(
        ((False, part) for part in _plain_packets(plain, rules)),
        ((True, part) for part in verp_packets(verp, limit=size)),
    )
    # Most posts make few packets: those are counted before anything is written.
    first = list(itertools.islice(parts, _CHUNK))
    recipients = sum(len(part) for _, part in first)
    row = conn.execute(
        _INSERT,
        {
            **{field: getattr(message, field) for field in message.__slots__},
            "treatment": Jsonb(message.treatment.to_json()),
            "recipients": recipients,
            "packets": json.dumps(
                list(itertools.starmap(_packet, enumerate(first, start=1)))
            ),
        },
        binary=True,
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT … RETURNING one row
    outgoing_id, ids = int(row[0]), list(row[1])
    if len(first) == _CHUNK:
        more, others = _copy_rest(conn, outgoing_id, parts)
        ids, recipients = ids + more, recipients + others
        conn.execute(
            "UPDATE outgoing SET recipients = %s WHERE id = %s",
            [recipients, outgoing_id],
        )
    items = tuple(
        NewItem(
            stage=SEND,
            trace=message.trace,
            list_id=message.list_id,
            ref=packet_id,
            priority=message.priority,
            lag=first_lag + n * PACKET_LAG,
        )
        for n, packet_id in enumerate(ids)
    )
    return Sent(outgoing_id=outgoing_id, recipients=recipients, items=items)


def _packet(n: int, part: tuple[bool, list[Recipient]]) -> dict[str, object]:
    verp, recipients = part
    return {
        "n": n,
        "verp": verp,
        "recipients": [recipient.address for recipient in recipients],
        "subscriptions": [recipient.subscription for recipient in recipients],
        "first_key": recipients[0].key,
        "last_key": recipients[-1].key,
    }


def _plain_packets(
    recipients: Iterable[Recipient], rules: Packets
) -> Iterator[list[Recipient]]:
    caps: Mapping[str, int] = rules.domain_caps
    return packets(recipients, limit=rules.recipients, domains=rules.domains, caps=caps)


def _copy_rest(
    conn: "psycopg.Connection[Any]",
    outgoing_id: int,
    parts: Iterator[tuple[bool, list[Recipient]]],
) -> tuple[list[int], int]:
    """Write what follows the first chunk; return its ids and number of recipients."""
    ids: list[int] = []
    recipients = 0
    while chunk := list(itertools.islice(parts, _CHUNK)):
        fresh = [row[0] for row in conn.execute(_IDS, [len(chunk)])]
        _copy(conn, outgoing_id, zip(fresh, chunk, strict=True), n=_CHUNK + len(ids))
        ids += fresh
        recipients += sum(len(part) for _, part in chunk)
    return ids, recipients


def _copy(
    conn: "psycopg.Connection[Any]",
    outgoing_id: int,
    numbered: Iterable[tuple[int, tuple[bool, list[Recipient]]]],
    *,
    n: int,
) -> None:
    """Write packets with these ids; `n` of the message have been written before."""
    with conn.cursor() as cursor, cursor.copy(_COPY) as copy:
        for place, (packet_id, (verp, part)) in enumerate(numbered, start=n + 1):
            copy.write_row(
                (
                    packet_id,
                    outgoing_id,
                    place,
                    verp,
                    text_array([recipient.address for recipient in part]),
                    f"{{{','.join([str(recipient.subscription) for recipient in part])}}}",
                    part[0].key,
                    part[-1].key,
                )
            )


def text_array(texts: Sequence[str]) -> str:
    """Return an array as PostgreSQL reads it, in a tenth of the driver's time."""
    joined = "\0".join(texts)
    if "\\" in joined or '"' in joined:
        joined = joined.replace("\\", "\\\\").replace('"', '\\"')
    joined = joined.replace("\0", '","')
    return f'{{"{joined}"}}' if texts else "{}"
