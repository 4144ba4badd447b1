"""Ask for things by mail and read what comes back."""

import itertools
import re
from email import message_from_bytes, policy

from tests.rooms import DOMAIN, Rooms, post_bytes

_numbers = itertools.count(1)
_KEY = re.compile(r"\[([0-9a-f]{32})\]")


def ask(
    rooms: Rooms,
    sender: str,
    body: str,
    *,
    subject: str = "",
    to: str = f"sympa@{DOMAIN}",
    extra: str = "",
    message_id: str = "",
    list_id: int | None = None,
) -> None:
    """Send commands, and work until nothing waits but what is to be sent."""
    raw = post_bytes(
        sender,
        to=to,
        subject=subject,
        body=body.replace("\n", "\r\n") + "\r\n",
        extra=extra,
        message_id=message_id or f"c{next(_numbers)}@a.example",
    )
    rooms.put("command", raw, recipient=to, reverse_path=sender, list_id=list_id)
    while rooms.drain("command"):
        pass


def mails(rooms: Rooms) -> list[tuple[list[str], str, str]]:
    """Return what was sent, oldest first: recipients, subject, and text."""
    found = rooms.rows(
        "SELECT head, array_agg(who) AS recipients FROM outgoing"
        " JOIN packet ON packet.outgoing_id = outgoing.id, unnest(packet.recipients) AS who"
        " GROUP BY outgoing.id ORDER BY outgoing.id"
    )
    read = []
    for row in found:
        message = message_from_bytes(bytes(row.head), policy=policy.default)
        part = message.get_body(("plain",))
        text = part.get_content() if part else ""
        read.append((row.recipients, str(message["Subject"]), text))
    return read


def texts(rooms: Rooms) -> str:
    """Return subjects and texts of all that was sent."""
    return "\n".join(f"{subject}\n{text}" for _, subject, text in mails(rooms))


def report(rooms: Rooms) -> str:
    """Return the newest report of commands, on one line."""
    found = [text for _, subject, text in mails(rooms) if "Your commands" in subject]
    return " ".join(found[-1].split()) if found else ""


def members(rooms: Rooms, list_id: int = 1) -> list[str]:
    """Return the addresses of a list's members."""
    return [
        row.address
        for row in rooms.rows(
            "SELECT address FROM subscription JOIN person ON person.id = person_id"
            " WHERE list_id = %s ORDER BY address_key",
            list_id,
        )
    ]


def key_for(rooms: Rooms, address: str) -> str:
    """Return the newest key that was mailed to somebody."""
    found = [
        _KEY.findall(subject)
        for recipients, subject, _ in mails(rooms)
        if address in recipients and _KEY.search(subject)
    ]
    assert found, f"no key went to {address}"
    return str(found[-1][-1])
