"""A site for operators' pages: items in every state, some of them with hostile words."""

from collections.abc import Iterator
from contextlib import contextmanager

from listhub.spool.errors import alike
from tests.lively import HOSTILE, PEOPLE
from tests.rooms import Rooms, post_bytes
from tests.web_client import Client

TRACEBACK = f'Traceback (most recent call last):\n  File "x.py", line 1, in {HOSTILE}'


@contextmanager
def operator(rooms: Rooms) -> Iterator[Client]:
    """Return a window of a listmaster of the site."""
    with Client(rooms.host.settings) as client:
        client.sign_in(PEOPLE.site)
        yield client


def bury(
    rooms: Rooms, number: int = 3, *, why: str = "ValueError: no thing"
) -> list[int]:
    """Put mails into a room and bury them, each with an error of one kind."""
    items = []
    for n in range(number):
        raw = post_bytes(
            subject=f"Lost {HOSTILE}", message_id=f"lost{n}@a.example", body=HOSTILE
        )
        item = rooms.put("distribute", raw)
        reason = f"{why} {n}\n{TRACEBACK}"
        rooms.conn.execute(
            "UPDATE spool_item SET state = 'buried', attempts = 10, reason = %s,"
            " error = %s WHERE id = %s",
            [reason, alike(reason), item],
        )
        items.append(item)
    rooms.conn.commit()
    return items


def states(rooms: Rooms) -> dict[int, str]:
    """Return the state of each item that is in the spool."""
    return {row.id: row.state for row in rooms.rows("SELECT id, state FROM spool_item")}


def deeds(rooms: Rooms, action: str) -> list[tuple[str, str, str]]:
    """Return who did something of a kind to what, and how."""
    found = rooms.rows(
        "SELECT actor, object, detail ->> 'how' AS how FROM audit WHERE action = %s"
        " ORDER BY id",
        action,
    )
    return [(row.actor, row.object, row.how) for row in found]
