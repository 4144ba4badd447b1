"""Traits: what makes requests alike, read off once and kept beside the request.

A flood of spam has one sender, one subject with other numbers in it, or one host that
hands it over; whoever has seen one of them can decide about all of them.
"""

import ipaddress
import re
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from listhub.archive import texts
from listhub.archive.stems import stem_of
from listhub.mail import encoded_words, mime
from listhub.mail.address import domain_of, key
from listhub.mail.headers import Headers
from listhub.mail.mime import Part
from listhub.spool import bodies

_NUMBER = re.compile(r"\d+")
#: Received fields that are looked at; what stands deeper anybody may have written.
_MOST_HOPS = 4
_FROM = re.compile(rb"\bby\s", re.IGNORECASE)
_ADDRESS = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]")
#: Networks of our own side, whose hosts hand over everything.
_INSIDE = tuple(
    map(
        ipaddress.ip_network,
        (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
            *("169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"),
        ),
    )
)
#: One customer of a network has so much of IPv6, and a new address for each mail.
_OF_ONE = 64

_UNDESCRIBED = """
SELECT id, body_id, author, reverse_path, subject FROM request
 WHERE author_key IS NULL ORDER BY id DESC LIMIT %s FOR UPDATE
"""
_DESCRIBE = """
UPDATE request SET author_key = %(author_key)s, stem = %(stem)s, relay = %(relay)s,
       has_attachment = %(has_attachment)s
 WHERE id = %(id)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What requests may have in common; "" is common to none."""

    author_key: str
    stem: str = ""
    relay: str = ""
    has_attachment: bool = False

    def columns(self) -> dict[str, object]:
        """Return them by the names of the columns."""
        return asdict(self)


def of_command(author: str) -> Traits:
    """Return the traits of a request that is no mail."""
    return Traits(author_key=_safe_key(author))


def of_post(tree: Part, *, author: str, reverse_path: str, subject: str) -> Traits:
    """Return the traits of a post."""
    stem, _ = stem_of(subject)
    return Traits(
        author_key=_safe_key(author),
        stem=encoded_words.safe(_NUMBER.sub("#", stem)),
        relay=encoded_words.safe(_relay(tree.headers) or domain_of(reverse_path)),
        has_attachment=any(True for _ in texts.attached(tree)),
    )


def describe(conn: "psycopg.Connection[Any]", *, limit: int = 200) -> int:
    """Read the traits of requests that an older release wrote; return how many."""
    rows = conn.execute(_UNDESCRIBED, [limit]).fetchall()
    for request_id, body_id, author, reverse_path, subject in rows:
        found = of_command(author)
        if body_id is not None:
            found = of_post(
                mime.parse(bodies.load(conn, body_id)),
                author=author,
                reverse_path=reverse_path or "",
                subject=subject,
            )
        conn.execute(_DESCRIBE, {"id": request_id, **found.columns()})
    return len(rows)


def _safe_key(address: str) -> str:
    return encoded_words.safe(key(address))


def _relay(headers: Headers) -> str:
    """Return the first host outside of ours that handed the mail over, "" without one.

    RFC 5321 §4.4: the newest Received stands on top; the address in brackets is what
    the receiving host saw, whatever the other one called itself.
    """
    received = [f.value for f in headers.fields if f.name == b"received"]
    for value in received[:_MOST_HOPS]:
        sent_from = encoded_words.plain(_FROM.split(value, maxsplit=1)[0][:1000])
        for match in _ADDRESS.finditer(sent_from):
            if found := _outside(match[1]):
                return found
    return ""


def _outside(written: str) -> str:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return ""
    if any(address in network for network in _INSIDE):
        return ""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/{_OF_ONE}", strict=False))
