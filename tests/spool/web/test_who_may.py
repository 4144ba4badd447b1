"""Who may open what: every page of the table, for every role; and GET changes nothing.

The table of pages says what each takes; here the rule is written down once more, by
hand, and every page is asked.  A new page is in both tests as soon as it is there.
"""

import re
from collections.abc import Iterator

import psycopg
import pytest

from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.table import PAGES
from tests import lively
from tests.lively import LIST, PEOPLE
from tests.rooms import Rooms
from tests.web_client import Client

ROLES = {"visitor": "", **PEOPLE.all()}

#: For each need the roles that it admits, here by hand; the list is one of theirs.
MAY: dict[Need, set[str]] = {
    Need.ANYBODY: set(ROLES),
    Need.SCENARIO: set(ROLES),
    Need.PERSON: set(ROLES) - {"visitor"},
    Need.DECIDER: {"site", "domain", "privileged", "owner", "moderator"},
    Need.MODERATOR: {"site", "domain", "privileged", "owner", "moderator"},
    Need.OWNER: {"site", "domain", "privileged", "owner"},
    Need.PRIVILEGED: {"site", "domain", "privileged"},
    Need.LISTMASTER: {"site", "domain"},
    Need.SITE: {"site"},
}

#: Written by a look alone: that a session was seen, and how often somebody tried.
BOOKKEEPING = {"web_session", "rate_limit"}

MOST_PAGES = 400


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        yield client


def enter(client: Client, role: str) -> None:
    if role != "visitor":
        client.sign_in(ROLES[role])


def address(page: Page) -> str:
    """Fill a path's names in: the list, and for all else something that is not there."""
    path = page.path.replace("{list}", LIST)
    return re.sub(r"\{[a-z_]+(:[a-z]+)?\}", "0", path)


def turned_away(client: Client, page: Page, method: str) -> bool:
    """Tell whether the door, and not the page's function, answered."""
    response = client.raw(
        method,
        address(page),
        **({"data": {"csrf": client.get("/").csrf}} if method == "POST" else {}),
    )
    assert response.status_code < 500, (page.path, method, response.text[:500])
    moved = response.headers.get("location", "")
    return (
        moved.startswith("/sign-in?next=")
        or (response.status_code == 403 and "takes another role" in response.text)
        or (response.status_code == 401 and "not signed in" in response.text)
    )


@pytest.mark.parametrize("role", ROLES)
def test_each_page_is_for_whom_it_says(client: Client, role: str):
    """Nobody gets further than their role, by GET or by POST, and nothing fails."""
    wrong = []
    for page in PAGES:
        for method in page.methods:
            # Signing out would end the test's own session.
            client.cookies.clear()
            enter(client, role)
            may = role in MAY[page.need]
            if turned_away(client, page, method) is may:
                wrong.append((method, page.path, page.need))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_looking_changes_nothing(client: Client, site: Rooms, role: str):
    """Every link that a role is shown is followed, and the database stays as it was."""
    enter(client, role)
    client.get("/")
    before = state(site)
    seen: set[str] = set()
    waiting = ["/", f"/info/{LIST}", f"/archive/{LIST}"]
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0).partition("#")[0]
        if path in seen or not path.startswith("/") or path.startswith("//"):
            continue
        seen.add(path)
        page = client.get(path)
        assert page.status < 500, path
        if "text/html" in page.response.headers.get("content-type", ""):
            assert "alert(1)</script>" not in page.html, path
            assert "<img src=x" not in page.html, path
            waiting += page.links()
    assert state(site) == before


def state(site: Rooms) -> dict[str, int]:
    """Return a sum over every row of every table."""
    conn: psycopg.Connection[tuple[str]] = site.conn
    names = conn.execute(
        "SELECT relname FROM pg_class JOIN pg_namespace ns ON ns.oid = relnamespace"
        " WHERE nspname = 'public' AND relkind IN ('r', 'p') ORDER BY relname"
    ).fetchall()
    found = {
        name: site.rows(
            f'SELECT coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum FROM "{name}" t'  # noqa: S608
        )[0].sum
        for (name,) in names
        if name not in BOOKKEEPING
    }
    conn.commit()
    return found
