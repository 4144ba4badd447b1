"""Every page in a real browser: readable by all, no wider than the window, no complaint.

One address for each row of the table of pages is found by following links, as the role
that is shown most; each is opened at both widths, in light and dark, and at 200 %.
"""

import re
from collections.abc import Iterator
from html import unescape

import httpx2
import pytest
from playwright.sync_api import Browser

from listhub import db
from listhub.config import Database, Settings
from listhub.lists import persons
from listhub.lists.accounts import sessions
from listhub.web.door.page import Page
from listhub.web.table import PAGES
from tests import lively
from tests.browser import SCHEMES, Look, Window
from tests.lively import LIST, PEOPLE
from tests.system.web_site import WebSite

MOST_PAGES = 400

#: What cannot be found by a link, or is no page to look at.
NOT_LOOKED_AT = re.compile(r"/(live|feed\.atom|frame|source|export|raw|file)\b")

LOOKS = [
    *(Look(width=w, scheme=s) for w in (1280, 360) for s in SCHEMES),
    Look(language="fr", width=360),
    Look(zoom=2.0),
]


@pytest.fixture(scope="module")
def addresses(web_site: WebSite) -> dict[str, str]:
    """Return an address for each page that a link leads to, by the page's path."""
    with web_site.rooms() as rooms:
        lively.fill(rooms)
    patterns = {page.path: pattern(page) for page in PAGES if page.get}
    found: dict[str, str] = {}
    seen: set[str] = set()
    waiting = ["/", f"/info/{LIST}", f"/archive/{LIST}", "/operations", "/sign-in"]
    with httpx2.Client(base_url=web_site.web, follow_redirects=True) as client:
        client.cookies.set("listhub", identifier(web_site), domain="127.0.0.1")
        while waiting and len(seen) < MOST_PAGES:
            path = waiting.pop(0).partition("#")[0]
            if path in seen or not path.startswith("/"):
                continue
            seen.add(path)
            response = client.get(path)
            kind = response.headers.get("content-type", "")
            if response.status_code != 200 or not kind.startswith("text/html"):
                continue
            for name, each in patterns.items():
                if each.fullmatch(path.partition("?")[0]):
                    found.setdefault(name, path)
                    break
            waiting += map(unescape, re.findall(r'href="([^"]*)"', response.text))
    return {k: v for k, v in found.items() if not NOT_LOOKED_AT.search(v)}


def pattern(page: Page) -> re.Pattern[str]:
    """Return what addresses of a page look like."""
    return re.compile(
        re.sub(r"\\\{[a-z_]+(?:\\?:[a-z]+)?\\\}", "[^/]+", re.escape(page.path))
    )


def identifier(site: WebSite) -> str:
    settings = Settings(database=Database(url=site.url))
    with db.transaction(settings.database) as conn:
        person_id = persons.find_or_make(conn, PEOPLE.site)
        return sessions.make(conn, person_id, method="link", settings=settings)


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look.name}-{look.zoom}")
def looking(
    request: pytest.FixtureRequest, browser: Browser, web_site: WebSite
) -> Iterator[Window]:
    with Window(browser, web_site.web, look=request.param) as window:
        window.sign_in(web_site.url, PEOPLE.site)
        yield window


def test_every_page_is_read_by_all(looking: Window, addresses: dict[str, str]):
    """Each page without serious faults (axe-core, WCAG 2.2 AA) or sideways scrolling."""
    assert len(addresses) >= min(len(PAGES) // 2, 30)
    faults: dict[str, object] = {}
    for path in addresses.values():
        looking.open(path)
        if found := looking.faults():
            faults[path] = found
        if (wider := looking.overflow()) > 0:
            faults[f"{path} (width)"] = wider
    assert faults == {}
