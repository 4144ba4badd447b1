"""A site for tests of what owners and members look at: lists, people, what they did."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from typing_extensions import override

from listhub.config import Settings
from listhub.lists import catalogue, posting, settings
from listhub.lists.posting import ListRow
from listhub.mail.address import key
from listhub.outside.answers import Answers

Driver = psycopg.Connection[Any]

DOMAIN = "lists.example"
SITE = Settings()


def ask() -> Any:
    """Return what scenarios ask the outside with; these never do."""
    return Answers(SITE).ask


def add_list(
    driver: Driver,
    name: str = "staff",
    *,
    domain: str = DOMAIN,
    members: Sequence[str] = (),
    owners: Sequence[str] = (),
    moderators: Sequence[str] = (),
    **values: object,
) -> ListRow:
    """Make a list with people and settings, and return it."""
    driver.execute(
        "INSERT INTO domain (name) VALUES (%s) ON CONFLICT DO NOTHING", [domain]
    )
    made = catalogue.create_list(driver, f"{name}@{domain}", actor="t", values=values)
    for address in members:
        subscribe(driver, made.id, address)
    for kind, people in (("owner", owners), ("moderator", moderators)):
        for address in people:
            driver.execute(
                "INSERT INTO role (list_id, person_id, kind) VALUES (%s, %s, %s)",
                [made.id, person(driver, address), kind],
            )
    row = posting.find_list(driver, made.id)
    assert row is not None
    return row


def person(driver: Driver, address: str, name: str = "") -> int:
    """Return the number of a person, made if needed."""
    row = driver.execute(
        "INSERT INTO person (address, address_key, display_name) VALUES (%s, %s, %s)"
        " ON CONFLICT (address_key) DO UPDATE SET address = person.address"
        " RETURNING id",
        [address, key(address), name],
    ).fetchone()
    assert row is not None
    return int(row[0])


def subscribe(
    driver: Driver, list_id: int, address: str, *, name: str = "", **columns: object
) -> int:
    """Make somebody a member, with columns of the subscription; return its number."""
    row = driver.execute(
        "INSERT INTO subscription (list_id, person_id) VALUES (%s, %s) RETURNING id",
        [list_id, person(driver, address, name)],
    ).fetchone()
    assert row is not None
    for column, value in columns.items():
        driver.execute(
            f"UPDATE subscription SET {column} = %s WHERE id = %s",  # noqa: S608
            [value, row[0]],
        )
    return int(row[0])


def bounce(driver: Driver, row: ListRow, subscription: int, address: str) -> None:
    """Let a copy to a member come back."""
    driver.execute(
        "INSERT INTO bounce_event (list_id, subscription_id, address, source,"
        " source_id, action, status, diagnostic, trace, trouble)"
        " VALUES (%s, %s, %s, 'dsn', (SELECT count(*) FROM bounce_event), 'failed',"
        " '5.1.1', 'no such user', gen_random_uuid(), 'no-such-user')",
        [row.id, subscription, address],
    )


def source(driver: Driver, row: ListRow, name: str, *addresses: str) -> int:
    """Give a list a source that names these people now; return its number."""
    made = driver.execute(
        "INSERT INTO data_source (list_id, name, kind) VALUES (%s, %s, 'file')"
        " RETURNING id",
        [row.id, name],
    ).fetchone()
    assert made is not None
    for address in addresses:
        driver.execute(
            "INSERT INTO inclusion (source_id, person_id) VALUES (%s, %s)",
            [made[0], person(driver, address)],
        )
    return int(made[0])


def audited(driver: Driver, action: str) -> list[dict[str, Any]]:
    """Return the details of what the audit has of an action, oldest first."""
    rows = driver.execute(
        "SELECT detail FROM audit WHERE action = %s ORDER BY id", [action]
    )
    return [row[0] for row in rows]


def set_values(driver: Driver, row: ListRow, **values: object) -> int:
    """Change settings of a list; return the version."""
    return settings.set_values(
        driver, scope="list", list_id=row.id, changes=values, changed_by="t"
    )


@contextmanager
def counted(driver: Driver) -> Iterator[list[str]]:
    """Write down the statements that are executed on a connection meanwhile."""
    asked: list[str] = []

    class Noting(psycopg.Cursor[Any]):
        @override
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            asked.append(_text(query))
            return super().execute(query, *args, **kwargs)

    before = driver.cursor_factory
    driver.cursor_factory = Noting
    try:
        yield asked
    finally:
        driver.cursor_factory = before


def all_pages(turn: Callable[[str], Any]) -> list[Any]:
    """Return the rows of all pages, in order; `turn` gives the page of a cursor."""
    rows: list[Any] = []
    cursor = ""
    for _ in range(1000):
        page = turn(cursor)
        rows += page.rows
        cursor = page.after
        if not cursor:
            return rows
    raise AssertionError("the pages have no end")


def _text(query: Any) -> str:
    text = query.decode() if isinstance(query, bytes) else str(query)
    return " ".join(text.split())[:80]
