"""Several moderators on several web processes: news, one effect, both told, none lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.acceptance.web.conftest import Open
from tests.desks import Desk, archived, at, desk, entry, press, until
from tests.system.web_site import WebSite


@pytest.mark.parametrize("streams", [True, False], ids=["streams", "polling"])
def test_the_queue_shows_what_others_do(
    window: Open, web_site: WebSite, *, streams: bool
):
    """Without reload, from another process: looked at, claimed, decided, unticked."""
    mine = desk(web_site, 3)
    watcher = window(mine.first)
    if not streams:
        watcher.page.route("**/live/queue/events*", lambda route: route.abort())
    page = watcher.open("/modindex")
    first, second = (f"{entry(number)}" for number in mine.ids[:2])
    page.locator(f"{first} input").check()

    other = window(mine.second, web=1).open(f"/held/{mine.ids[0]}")
    expect(page.locator(f"{first} [data-state]")).to_contain_text(mine.second)
    press(other, "claim")
    expect(page.locator(f"{first} .badge")).to_contain_text(
        [f"claimed by {mine.second}", "is looking"]
    )
    press(other, "approve")
    at(other, f"/held/{mine.ids[1]}")
    expect(page.locator(f"{first} [data-state]")).to_contain_text(
        f"approved by {mine.second}"
    )
    expect(page.locator(f"{first} input")).not_to_be_checked()
    expect(page.locator(f"{first} input")).to_be_disabled()
    expect(page.locator("#told")).to_contain_text("Post number 0: approved by")
    press(other, "reject")
    expect(page.locator(f"{second} [data-state]")).to_contain_text("being rejected by")
    if not streams:
        watcher.complaints.clear()


def test_a_process_stops_and_the_news_go_on(window: Open, web_site: WebSite):
    """A release at noon: streams keep no process from its end, and begin anew after."""
    mine = desk(web_site, 1)
    watcher = window(mine.first, web=1)
    page = watcher.open("/modindex")
    other = window(mine.second).open(f"/held/{mine.ids[0]}")
    state = page.locator(f"{entry(mine.ids[0])} [data-state]")
    expect(state).to_contain_text("is looking")
    daemon = web_site.web_daemons["web-b"]
    assert daemon.stop(timeout=20.0)
    daemon.start()
    press(other, "claim")
    expect(state).to_contain_text(f"claimed by {mine.second}")
    watcher.complaints.clear()


def click_together(pages: list[Page], selectors: list[str]) -> None:
    """Have several browsers click in the same instant."""
    instant = pages[0].evaluate("Date.now() + 600")
    for page, selector in zip(pages, selectors, strict=True):
        page.evaluate(
            "([at, what]) => { setTimeout(() => document.querySelector(what).click(),"
            " at - Date.now()); }",
            [instant, selector],
        )
    for page in pages:
        # The answer is a page that says something: to both.
        expect(page.locator("p.said, .undo").first).to_be_visible()


def test_two_decide_the_same_hundred_at_once(window: Open, web_site: WebSite):
    """On two processes: each post has one effect, and both are told what became of it."""
    mine = desk(web_site, 100)
    pages = [
        window(who, web=web).open("/modindex")
        for web, who in enumerate((mine.first, mine.second))
    ]
    for page in pages:
        page.locator('input[name="whole"]').check()
    click_together(pages, ['button[value="approve"]', 'button[value="spam"]'])
    until(pages[0], lambda: "waiting" not in mine.states().values(), seconds=60)
    decided = mine.deeds()
    assert [number for number, _ in decided] == list(mine.ids)
    approved = [
        number for number, state in mine.states().items() if state == "approved"
    ]
    # What was approved goes out once, what was not never does.
    posts = web_site.rows(
        "SELECT (meta->>'request')::int FROM spool_item WHERE stage = 'distribute'"
        " AND (meta->>'request')::bigint = ANY(%s)",
        list(mine.ids),
    )
    assert len(posts) <= len(approved)
    until(pages[0], lambda: len(archived(mine)) == len(approved), seconds=60)
    assert len(set(archived(mine))) == len(approved)
    for page in pages:
        page.goto("/modindex")
        expect(page.locator(".entry")).to_have_count(0)


def test_two_decide_one_at_once(window: Open, web_site: WebSite):
    """Approved and rejected in one instant: one effect, and the other one is told."""
    mine = desk(web_site, 1)
    path = f"/held/{mine.ids[0]}"
    pages = [
        window(who, web=web).open(path)
        for web, who in enumerate((mine.first, mine.second))
    ]
    click_together(pages, ['button[value="approve"]'] * 2)
    assert mine.deeds() == [(mine.ids[0], "request.approve")]
    said = [page.locator("p.said").first.inner_text() for page in pages]
    assert sum("Already approved by" in each for each in said) == 1
    assert sum("Approved: Post number 0" in each for each in said) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_between_click_and_answer(
    window: Open, web_site: WebSite, when: str
):
    """Killed before or after its commit: the click on the other one has one effect."""
    mine = desk(web_site, 2)
    path = f"/held/{mine.ids[0]}"
    one = window(mine.first)
    page = one.open(path)
    kill = web_site.web_daemons["web-a"].kill
    (click_and_lose if when == "before" else answer_and_lose)(mine, page, kill)
    assert mine.state(0) == ("waiting" if when == "before" else "approved")

    again = window(mine.first, web=1).open(path)
    if when == "after":
        # Their own deed: the page says so, and there is nothing more to click.
        expect(again.locator("p.said")).to_contain_text("Already approved")
    else:
        press(again, "approve")
        at(again, f"/held/{mine.ids[1]}")
    assert mine.state(0) == "approved"
    assert mine.deeds() == [(mine.ids[0], "request.approve")]
    until(again, lambda: len(archived(mine)) == 1)
    one.complaints.clear()
    web_site.web_daemons["web-a"].start()


def click_and_lose(mine: Desk, page: Page, kill: Callable[[], None]) -> None:
    """Click; while the row is locked the process waits, and is killed."""
    with mine.site.rooms() as rooms:
        rooms.conn.execute(
            "SELECT FROM request WHERE id = %s FOR UPDATE", [mine.ids[0]]
        )
        page.evaluate(
            "setTimeout(() => document.querySelector('button[value=approve]').click())"
        )
        until(page, lambda: bool(waiting(mine.site)))
        kill()
        rooms.conn.rollback()
    # The killed one's transaction ends without a commit.
    until(page, lambda: not waiting(mine.site))


def waiting(site: WebSite) -> list[object]:
    return list(
        site.rows(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND query LIKE '%%FOR UPDATE OF request%%'"
        )
    )


def answer_and_lose(mine: Desk, page: Page, kill: Callable[[], None]) -> None:
    """Click; the process commits, and is killed before its answer arrives."""
    answers: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        answers.append(route.fetch(max_redirects=0).status)
        kill()
        route.abort()

    page.route(f"**/held/{mine.ids[0]}", lose)
    page.evaluate(
        "setTimeout(() => document.querySelector('button[value=approve]').click())"
    )
    until(page, lambda: answers == [303])
