"""A list with sources: rows in a table of the test's own, asked for by SQL."""

from collections.abc import Iterable, Mapping
from typing import Any

from listhub.jobs import sync_sources
from listhub.lists import catalogue
from listhub.lists.sources import register, rounds
from listhub.lists.sources.sealing import Sealing
from listhub.lists.sources.source import Role, Sync
from tests.rooms import DOMAIN, Rooms

STATEMENT = "SELECT address, name FROM staff"


def fill(rooms: Rooms, addresses: Iterable[str], *, table: str = "staff") -> None:
    """Make a table of people elsewhere say what a source is to find."""
    rooms.conn.execute(f"CREATE TABLE IF NOT EXISTS {table} (address text, name text)")
    rooms.conn.execute(f"TRUNCATE {table}")
    with rooms.conn.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for address in addresses:
            copy.write_row((address, f"Name of {address}"))
    rooms.conn.commit()


def add(
    rooms: Rooms,
    kind: str = "sql",
    fields: Mapping[str, str] | None = None,
    *,
    name: str = "staff",
    role: Role = "member",
    list_name: str = "dev",
    statement: str = STATEMENT,
) -> None:
    """Give a list a source; of kind sql it is the table `staff`."""
    if fields is None:
        fields = {"url": rooms.url, "statement": statement}
    register.add(
        rooms.conn,
        catalogue.find_list(rooms.conn, f"{list_name}@{DOMAIN}"),
        role=role,
        kind=kind,
        name=name,
        fields=fields,
        actor="test",
        sealing=Sealing(settings=rooms.host.settings),
    )
    rooms.conn.commit()


def sync(rooms: Rooms) -> str:
    """Go one round of everything that has sources; return what the last one said."""
    rooms.conn.execute("UPDATE source_sync SET due_at = now()")
    sync_sources.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()
    rooms.drain("sync")
    done = rooms.settled("sync")
    return str(done[-1].note) if done else ""


def state(rooms: Rooms, list_id: int) -> Sync:
    """Return how the rounds of a list with one role go."""
    [found] = rounds.of_list(rooms.conn, list_id)
    rooms.conn.commit()
    return found


def members(rooms: Rooms, list_id: int) -> list[str]:
    """Return the addresses of a list's members."""
    found: list[Any] = rooms.rows(
        "SELECT address FROM subscription JOIN person ON person.id = person_id"
        " WHERE list_id = %s ORDER BY address",
        list_id,
    )
    return [row.address for row in found]


def people(*numbers: int) -> list[str]:
    """Return addresses, those of so many people or of people from one to another."""
    return [f"u{number:06}@x.example" for number in range(*numbers)]
