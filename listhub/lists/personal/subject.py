"""The person who is looked for: every form in which the database may name them."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.mail.address import key, parse_addr_spec

_PERSON = "SELECT id, address, display_name FROM person WHERE address_key = %s"

# An address inside a text ends where no other address goes on: ann@a.example stands
# neither in joann@a.example nor in ann@a.example.org.
_BEFORE = r"(?<![[:alnum:]._+-])"
_AFTER = r"(?![[:alnum:]-]|\.[[:alnum:]])"
#: Between local part and domain: as written, and as reverse-paths with VERP have it.
_BETWEEN = ("@", "=", "==")
_PLAIN = re.compile(r"[\w ]")
#: A name as short as this is also a word.
_SHORTEST_NAME = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """One person by address; `number` is None for somebody who is only named."""

    address: str
    number: int | None
    name: str
    forms: tuple[str, ...]

    def values(self, pseudonym: str = "") -> Mapping[str, object]:
        """Return what the statements of `places` are given."""
        parts = [form.rpartition("@") for form in self.forms]
        pieces = [f"{a}{sign}{b}" for a, _, b in parts for sign in _BETWEEN]
        return {
            "number": self.number,
            "forms": list(self.forms),
            "keys": [f"{domain} {local}" for local, _, domain in parts],
            "likes": [_like(form) for p in pieces for form in (p, _json(p))],
            "octet_likes": [_like(_escaped(piece)) for piece in pieces],
            "pattern": _pattern(pieces),
            "name": _pattern([self.name]) if len(self.name) >= _SHORTEST_NAME else None,
            "pseudonym": pseudonym,
        }


def find(conn: "psycopg.Connection[Any]", address: str) -> Subject:
    """Return who an address is; UsageError if it is none."""
    written = address.strip()
    parsed = parse_addr_spec(written)
    if parsed is None:
        raise UsageError(f"{shown(written)} is not an e-mail address.")
    row = conn.execute(_PERSON, [key(written)]).fetchone()
    number, kept, name = row or (None, written, "")
    forms = {key(written), written.lower(), kept.lower(), (parsed.ascii or "").lower()}
    return Subject(
        address=kept, number=number, name=name, forms=tuple(sorted(forms - {""}))
    )


def make_pseudonym() -> str:
    """Return what stands for an erased person: one for all rows, made of nothing.

    At random and not a hash of the address, which anybody could compute; in a domain
    that never exists (RFC 6761 §6.4), so that it is an address to whatever reads it.
    """
    return f"erased-{secrets.token_hex(4)}@erased.invalid"


def _pattern(texts: list[str]) -> str:
    """Return a regular expression of PostgreSQL that finds these texts."""
    distinct = {form for text in texts for form in (text, _json(text))}
    found = "|".join(sorted(map(_literal, distinct), key=len, reverse=True))
    return f"{_BEFORE}(?:{found}){_AFTER}"


def _literal(text: str) -> str:
    return "".join(c if _PLAIN.match(c) else f"\\{c}" for c in text)


def _like(text: str) -> str:
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"


def _json(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _escaped(text: str) -> str:
    """Return octets as `encode(…, 'escape')` writes them."""
    return "".join(
        "\\\\" if octet == 0x5C else chr(octet) if octet < 0x80 else f"\\{octet:03o}"
        for octet in text.encode()
    )
