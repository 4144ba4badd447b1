"""Posts and commands that wait for somebody: held, and answered from several sides."""

import re
import uuid
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import Any

import psycopg

from listhub.lists.moderation import decide as decisions, hold
from listhub.lists.moderation.hold import Asking, Held
from listhub.lists.moderation.outcomes import (
    Action,
    AlreadyDecided,
    Decided,
    Decision,
    Gone,
)
from listhub.lists.moderation.request import How
from listhub.lists.posting import Post, find_list
from listhub.lists.settings import load_list_settings
from listhub.mail import message_id, screening
from listhub.mail.headers import Headers
from listhub.spool import bodies, store
from tests.rooms import DOMAIN, Rooms, post_bytes

_KEY = re.compile(r"\[([0-9a-f]{32})\]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """One of our own mails, as it would be sent."""

    to: str
    mode: str
    raw: bytes

    @property
    def subject(self) -> str:
        return str(message_from_bytes(self.raw, policy=default)["Subject"])

    @property
    def key(self) -> str:
        found = _KEY.search(self.subject)
        assert found, self.subject
        return found[1]


def add_moderators(rooms: Rooms, list_id: int, *addresses: str, **columns: str) -> None:
    """Give a list moderators, with columns of their roles."""
    for address in addresses:
        person = rooms.person(address)
        rooms.conn.execute(
            "INSERT INTO role (list_id, person_id, kind, reception)"
            " VALUES (%s, %s, 'moderator', %s)",
            [list_id, person, columns.get("reception", "mail")],
        )
    rooms.conn.commit()


def post_of(rooms: Rooms, raw: bytes, *, reverse_path: str | None = None) -> Post:
    """Store a message and return it as a post."""
    headers = Headers.parse(raw)
    digest = bodies.digest(raw)
    author = screening.author(headers) or ""
    return Post(
        headers=headers,
        body_id=bodies.store(rooms.conn, [(digest, raw)])[digest],
        body_offset=headers.body_offset,
        size=len(raw),
        message_id=message_id.message_id(headers) or f"{uuid.uuid4()}@{DOMAIN}",
        author=author,
        reverse_path=author if reverse_path is None else reverse_path,
    )


def hold_post(
    rooms: Rooms,
    list_id: int,
    raw: bytes | None = None,
    *,
    reverse_path: str | None = None,
    commit: bool = True,
    **given: Any,
) -> Held:
    """Hold a post as `distribute` does, in a transaction of its own."""
    row = find_list(rooms.conn, list_id)
    assert row is not None
    held = hold.hold_post(
        rooms.conn,
        row,
        post_of(rooms, raw or post_bytes(), reverse_path=reverse_path),
        **{"waits_for": "moderators", "trace": uuid.uuid4(), "why": "A rule.", **given},
        list_settings=load_list_settings(rooms.conn, list_id),
        settings=rooms.host.settings,
    )
    store.put(rooms.conn, held.items)
    if commit:
        rooms.conn.commit()
    return held


def hold_request(
    rooms: Rooms, list_id: int, *, kind: str = "subscribe", **given: Any
) -> Held:
    """Hold a command, in a transaction of its own."""
    row = find_list(rooms.conn, list_id)
    assert row is not None
    person = given.pop("person", "eve@e.example")
    fields = {"waits_for": "owners", "person": person, "author": person, **given}
    held = hold.hold_request(
        rooms.conn,
        Asking(kind=kind, **fields),
        list_id=list_id,
        domain_id=row.domain_id,
        list_settings=load_list_settings(rooms.conn, list_id),
        settings=rooms.host.settings,
    )
    store.put(rooms.conn, held.items)
    rooms.conn.commit()
    return held


def decide(
    rooms: Rooms,
    request_id: int,
    action: Action | Decision,
    *,
    by: str = "mod@a.example",
    how: How = "web",
    conn: "psycopg.Connection[Any] | None" = None,
) -> Decided | AlreadyDecided | Gone:
    """Decide in a transaction of its own, as the web does."""
    own = conn or rooms.conn
    decision = action if isinstance(action, Decision) else Decision(action=action)
    with own.transaction():
        outcome = decisions.decide(
            own, request_id, decision, by=by, how=how, settings=rooms.host.settings
        )
        if isinstance(outcome, Decided):
            store.put(own, outcome.items)
    own.commit()
    return outcome


def mails(rooms: Rooms) -> list[Mail]:
    """Return all that was made ready to be sent, oldest first."""
    rows = rooms.rows(
        "SELECT unnest(packet.recipients) AS who, outgoing.mode, outgoing.head,"
        " outgoing.body_id, body.content, outgoing.body_offset"
        " FROM packet JOIN outgoing ON outgoing.id = packet.outgoing_id"
        " LEFT JOIN body ON body.id = outgoing.body_id ORDER BY packet.id"
    )
    return [
        Mail(
            to=row.who,
            mode=row.mode,
            raw=bytes(row.head) + bytes(row.content or b"")[row.body_offset :],
        )
        for row in rows
    ]


def state(rooms: Rooms, request_id: int) -> str:
    """Return the state of a request."""
    [row] = rooms.rows("SELECT state FROM request WHERE id = %s", request_id)
    found: str = row.state
    return found
