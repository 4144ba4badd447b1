"""A moderator's desk: a list of their own in a running site, and a browser before it.

Each desk has a list and moderators of its own, so that its queue is nobody else's.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.held import add_moderators, hold_post
from tests.rooms import DOMAIN, post_bytes
from tests.system.web_site import WebSite

_COUNT = itertools.count(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """A list with moderators, and posts that wait there, oldest first."""

    site: WebSite
    first: str
    second: str
    ids: tuple[int, ...]

    def states(self) -> dict[int, str]:
        query = "SELECT id, state FROM request WHERE id = ANY(%s) ORDER BY id"
        return {row[0]: row[1] for row in self.site.rows(query, list(self.ids))}

    def state(self, place: int) -> str:
        return self.states()[self.ids[place]]

    def hurry(self) -> None:
        """Let the time for undoing be over."""
        with self.site.rooms() as rooms:
            rooms.conn.execute("UPDATE decision SET due_at = now()")
            rooms.conn.execute(
                "UPDATE spool_item SET due_at = now() WHERE stage = 'decide'"
                " AND due_at IS NOT NULL"
            )
            rooms.conn.commit()

    def deeds(self, action: str = "request.%") -> list[tuple[int, str]]:
        """Return which requests were decided, and how often."""
        return [
            (row[0], row[1])
            for row in self.site.rows(
                "SELECT (detail->>'request')::int, action FROM audit WHERE action LIKE %s"
                " AND (detail->>'request')::bigint = ANY(%s) ORDER BY 1",
                action,
                list(self.ids),
            )
        ]


def desk(site: WebSite, posts: int) -> Desk:
    """Make a list where so many posts wait."""
    name = f"list{next(_COUNT)}"
    people = (f"mona@{name}.example", f"nora@{name}.example")
    with site.rooms() as rooms:
        list_id = rooms.add_list(name, members=[f"m@{name}.example"], send="editorkey")
        add_moderators(rooms, list_id, *people)
        ids = []
        for number in range(posts):
            raw = post_bytes(
                f"s{number}@{name}.example",
                to=f"{name}@{DOMAIN}",
                subject=f"Post number {number}",
                message_id=f"{number}@{name}.example",
            )
            ids.append(hold_post(rooms, list_id, raw, commit=False).request_id)
        rooms.conn.commit()
    return Desk(site=site, first=people[0], second=people[1], ids=tuple(ids))


def archived(mine: Desk) -> list[str]:
    """Return the Message-IDs of posts that went out."""
    name = mine.first.partition("@")[2]
    return [
        row[0]
        for row in mine.site.rows(
            "SELECT message_id FROM archive_message WHERE message_id LIKE %s",
            f"%@{name}",
        )
    ]


def entry(request_id: int) -> str:
    return f'.entry[data-id="{request_id}"]'


def press(page: Page, do: str) -> None:
    page.locator(f'button[name="do"][value="{do}"]').click()


def at(page: Page, path: str) -> None:
    """Wait until the page is there, wherever it came from."""
    page.wait_for_url(lambda url: path in url, wait_until="load")


def until(page: Page, condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait for something that no page shows, while the browser goes on."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it has not come true in time"
        page.wait_for_timeout(50)
