"""Moderation in a real browser: by keys alone, by pointer, with scripts and without."""

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.web.conftest import Open
from tests.browser import Look
from tests.desks import at, desk, entry, press, until
from tests.system.web_site import WebSite

KEYED = [Look(), Look(language="fr", width=360)]
LOOKS = [
    Look(width=width, language=language, script=script)
    for width, language, script in itertools.product(
        (1280, 360), ("en", "fr"), (True, False)
    )
]


@pytest.mark.parametrize("look", KEYED, ids=lambda look: look.name)
def test_a_queue_by_keys_alone(window: Open, web_site: WebSite, look: Look):
    """Move, tick, approve, reject, undo: what is ticked, or the one that one is at."""
    mine = desk(web_site, 4)
    page = window(mine.first, look=look).open("/modindex")
    for key in "jjxjx":
        page.keyboard.press(key)
    expect(page.locator('input[name="id"]:checked')).to_have_count(2)
    page.keyboard.press("a")
    page.wait_for_load_state()
    until(page, lambda: (mine.state(1), mine.state(2)) == ("approved", "approved"))

    page.goto("/modindex")
    page.keyboard.press("j")
    expect(page.locator(f"{entry(mine.ids[0])} .what")).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator(".undo button")).to_be_visible()
    expect(page.locator(f"{entry(mine.ids[3])} .what")).to_be_focused()
    page.keyboard.press("u")
    at(page, f"/held/{mine.ids[0]}")
    expect(page.locator(".said.well")).to_be_visible()
    assert mine.state(0) == "waiting"


@pytest.mark.parametrize("look", KEYED, ids=lambda look: look.name)
def test_items_by_keys_alone(window: Open, web_site: WebSite, look: Look):
    """Open, help, claim, approve, discard, next, back; fields keep their letters."""
    mine = desk(web_site, 4)
    page = window(mine.first, look=look).open("/modindex")
    page.keyboard.press("j")
    page.keyboard.press("o")
    at(page, f"/held/{mine.ids[0]}")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    page.keyboard.press("j")
    at(page, f"/held/{mine.ids[1]}")
    # Keys are letters where somebody writes, and browsers keep their own.
    note = page.locator("textarea[name=note]")
    note.focus()
    page.keyboard.type("ard")
    expect(note).to_have_value("ard")
    note.blur()
    page.keyboard.press("Control+a")
    page.keyboard.press("c")
    expect(page.locator('button[value="give"]')).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("a")
    at(page, f"/held/{mine.ids[2]}")
    page.keyboard.press("d")
    at(page, f"/held/{mine.ids[3]}")
    page.keyboard.press("q")
    at(page, "/modindex")
    assert (mine.state(0), mine.state(1)) == ("waiting", "approved")
    # Ten seconds, as people have them.
    assert mine.state(2) == "waiting"
    until(page, lambda: mine.state(2) == "discarded", seconds=30)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_every_decision_by_pointer(window: Open, web_site: WebSite, look: Look):
    """Ticked, single, undone, with words: with scripts and without, wide and narrow."""
    mine = desk(web_site, 4)
    one = window(mine.first, look=look)
    page = one.open("/modindex")
    assert one.overflow() <= 0
    for number in mine.ids[:2]:
        page.locator(f'{entry(number)} input[name="id"]').check()
    press(page, "discard")
    expect(page.locator(".undo")).to_have_count(1)
    assert set(mine.states().values()) == {"waiting"}
    page.locator(".undo button").click()
    expect(page.locator(".said.well")).to_be_visible()

    page.locator(f"{entry(mine.ids[0])} .what").click()
    at(page, f"/held/{mine.ids[0]}")
    assert one.overflow() <= 0
    in_reach(page, look)
    press(page, "approve")
    at(page, f"/held/{mine.ids[1]}")
    press(page, "claim")
    expect(page.locator('button[value="give"]')).to_be_visible()
    page.locator("textarea[name=note]").fill("What do you think?")
    page.locator('form[action*="/note"] button').click()
    expect(page.locator("section .pre").first).to_contain_text("What do you think?")
    reject_with_words(page, look)
    at(page, f"/held/{mine.ids[2]}")
    press(page, "spam")
    at(page, f"/held/{mine.ids[3]}")
    page.locator(".undo button").first.click()
    at(page, f"/held/{mine.ids[2]}")
    mine.hurry()
    until(page, lambda: mine.state(1) == "rejected")
    assert (mine.state(0), mine.state(2)) == ("approved", "waiting")
    query = "SELECT reason FROM request WHERE id = %s"
    assert web_site.rows(query, mine.ids[1]) == [("Not so, please.",)]


def in_reach(page: Page, look: Look) -> None:
    """Where a thumb is on a narrow screen: at the bottom, and large enough to be hit."""
    box = page.locator('button[value="approve"]').bounding_box()
    assert box is not None
    if look.width < 400:
        assert box["y"] > look.height * 0.75
        assert box["height"] >= 40


def reject_with_words(page: Page, look: Look) -> None:
    """Choose a text, which a script fills in at once, and send another one."""
    page.locator('a[href*="/reject"]').click()
    page.locator("select[name=template]").select_option("reject_html")
    if not look.script:
        page.locator('form[method="get"] button').click()
    at(page, "template=reject_html")
    page.locator("textarea[name=text]").fill("Not so, please.")
    page.locator("form[method=post] button.main").click()
