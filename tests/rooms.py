"""Put, drain, look in the rooms: a small site for tests of stages."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from listhub import db
from listhub.config import Database, Delivery, Dkim, Dns, Settings, Site
from listhub.mail.address import key
from listhub.mail.headers import Headers
from listhub.mail.message_id import message_id
from listhub.spool import bodies, store
from listhub.spool.items import NewItem
from listhub.stages.drain import drain
from listhub.stages.stage import Host

DOMAIN = "lists.example"


def post_bytes(
    author: str = "ann@a.example",
    *,
    to: str = f"dev@{DOMAIN}",
    subject: str = "A question",
    message_id: str = "one@a.example",
    body: str = "Hello,\r\nhow are you?\r\n",
    extra: str = "",
) -> bytes:
    """Return a plain message with CRLF line ends."""
    return (
        f"From: {author}\r\nTo: {to}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{message_id}>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n"
        f"{extra}\r\n{body}"
    ).encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rooms:
    """A site in a database of its own, with the means to fill and empty its rooms."""

    url: str
    host: Host
    conn: "psycopg.Connection[Any]"

    def add_list(
        self,
        name: str = "dev",
        *,
        members: Sequence[str] = (),
        owners: Sequence[str] = (),
        **settings: object,
    ) -> int:
        """Make a list with members, owners and settings; return its number."""
        conn = self.conn
        conn.execute(
            "INSERT INTO domain (name) VALUES (%s) ON CONFLICT DO NOTHING", [DOMAIN]
        )
        row = conn.execute(
            "INSERT INTO mailing_list (domain_id, name, address)"
            " SELECT id, %s, %s FROM domain WHERE name = %s RETURNING id",
            [name, f"{name}@{DOMAIN}", DOMAIN],
        ).fetchone()
        assert row is not None
        list_id: int = row[0]
        for address in members:
            self.subscribe(list_id, address)
        for address in owners:
            conn.execute(
                "INSERT INTO role (list_id, person_id, kind) VALUES (%s, %s, 'owner')",
                [list_id, self.person(address)],
            )
        if settings:
            conn.execute(
                "INSERT INTO setting_version (scope, list_id, version, values,"
                " changed_by) VALUES ('list', %s, 1, %s, 'test')",
                [list_id, Jsonb(settings)],
            )
        conn.commit()
        return list_id

    def person(self, address: str) -> int:
        """Return the number of the person with that address, made if needed."""
        row = self.conn.execute(
            "INSERT INTO person (address, address_key) VALUES (%s, %s)"
            " ON CONFLICT (address_key) DO UPDATE SET address = person.address"
            " RETURNING id",
            [address, key(address)],
        ).fetchone()
        assert row is not None
        return int(row[0])

    def subscribe(self, list_id: int, address: str, **columns: object) -> int:
        """Subscribe a person; return the subscription's number."""
        row = self.conn.execute(
            "INSERT INTO subscription (list_id, person_id) VALUES (%s, %s) RETURNING id",
            [list_id, self.person(address)],
        ).fetchone()
        assert row is not None
        for column, value in columns.items():
            self.conn.execute(
                f"UPDATE subscription SET {column} = %s WHERE id = %s",  # noqa: S608
                [value, row[0]],
            )
        self.conn.commit()
        return int(row[0])

    def put(
        self,
        stage: str,
        raw: bytes,
        *,
        recipient: str = f"dev@{DOMAIN}",
        reverse_path: str = "ann@a.example",
        list_id: int | None = 1,
        priority: int = 5,
    ) -> int:
        """Put a mail into a room as intake does; return the item's number."""
        digest = bodies.digest(raw)
        stored = bodies.store(self.conn, [(digest, raw)])
        item = NewItem(
            stage=stage,
            trace=uuid.uuid4(),
            list_id=list_id,
            body_id=stored[digest],
            message_id=message_id(Headers.parse(raw)),
            reverse_path=reverse_path,
            recipient=recipient,
            priority=priority,
        )
        numbers = store.put(self.conn, [item])
        self.conn.commit()
        return numbers[0]

    def drain(self, stage: str) -> int:
        """Empty a room as a worker does; return how many items were settled."""
        return drain(stage, self.host)

    def rows(self, query: str, *values: object) -> list[Any]:
        """Return rows with named columns."""
        with self.conn.cursor(row_factory=namedtuple_row) as cursor:
            found = cursor.execute(query.encode(), values).fetchall()
        self.conn.commit()
        return found

    def waiting(self, stage: str, state: str = "ready") -> list[Any]:
        """Return the items of a room."""
        return self.rows(
            "SELECT * FROM spool_item WHERE stage = %s AND state = %s ORDER BY rank",
            stage,
            state,
        )

    def settled(self, stage: str) -> list[Any]:
        """Return the history of a room, oldest first."""
        return self.rows(
            "SELECT * FROM spool_history WHERE stage = %s ORDER BY settled_at", stage
        )

    def sent_to(self) -> list[str]:
        """Return the recipients of all packets, in their order."""
        found = self.rows("SELECT unnest(recipients) AS who FROM packet ORDER BY id")
        return [row.who for row in found]

    def head(self, number: int = -1) -> Headers:
        """Return the headers of an outgoing message, the newest by default."""
        found = self.rows("SELECT head FROM outgoing ORDER BY id")
        return Headers.parse(bytes(found[number].head))


@contextmanager
def open_rooms(url: str, **delivery: Any) -> Iterator[Rooms]:
    """Open a site on a migrated database; `delivery` overrides its settings."""
    settings = Settings(
        database=Database(url=url),
        site=Site(secret="5e" * 16),
        dns=Dns(enabled=False),
        dkim=Dkim(directory=""),
        delivery=replace(Delivery(), **{"connections": 4, **delivery}),
    )
    host = Host(settings=settings, name="test")
    with db.connect(settings.database) as conn:
        try:
            yield Rooms(url=url, host=host, conn=conn)
        finally:
            host.close()
