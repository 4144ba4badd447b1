"""An operator and a failure: found, read, retried as a group, seen to go.

With script and without, on a wide screen and a narrow one.
"""

import re

import pytest
from playwright.sync_api import expect

from tests import lively
from tests.acceptance.web.conftest import Open
from tests.browser import Look, Window
from tests.lively import HOSTILE, PEOPLE
from tests.operations import bury, states
from tests.system.web_site import WebSite

LOOKS = [
    Look(width=width, script=script)
    for width in (1280, 360)
    for script in (True, False)
]


@pytest.fixture(scope="module")
def filled(web_site: WebSite) -> WebSite:
    with web_site.rooms() as rooms:
        lively.fill(rooms)
    return web_site


def legible(one: Window) -> None:
    assert one.overflow() <= 0
    # axe-core waits for promises, which do not come where scripts are off.
    if one.look.script:
        assert one.faults() == []


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_failure_is_found_read_and_retried(filled: WebSite, window: Open, look: Look):
    """From the verdict to the traceback, and the group goes its way."""
    with filled.rooms() as rooms:
        items = bury(rooms, 3, why=f"KeyError in {look.width} {look.script}:")
    one = window(PEOPLE.site, look=look)
    page = one.open("/operations")
    expect(page.get_by_role("heading", name="Needs a look")).to_be_visible()
    page.get_by_role("link", name=re.compile("In distribute .* buried")).click()
    page.get_by_role("link", name=str(items[-1]), exact=True).click()
    expect(page.get_by_text("KeyError in", exact=False).first).to_be_visible()
    expect(page.locator("pre")).to_contain_text(f"line 1, in {HOSTILE}")
    legible(one)
    page.get_by_role("link", name="Failures").click()
    row = page.get_by_role("row").filter(
        has_text=f"KeyError in {look.width} {look.script}"
    )
    legible(one)
    row.get_by_role("button", name="Retry all").click()
    expect(page.get_by_role("status")).to_contain_text("Tried again: 3.")
    expect(page.get_by_text(f"KeyError in {look.width} {look.script}")).to_have_count(0)
    with filled.rooms() as rooms:
        assert "buried" not in {states(rooms).get(item) for item in items}


@pytest.mark.parametrize("look", LOOKS[:1], ids=lambda look: look.name)
def test_what_is_open_stays_open_while_the_page_renews_itself(
    filled: WebSite, window: Open, look: Look
):
    """The figures beside the plots are read in peace; the time moves on."""
    one = window(PEOPLE.site, look=look)
    page = one.open("/operations")
    page.get_by_text("The same as figures").click()
    expect(page.get_by_role("table").last).to_be_visible()
    with page.expect_response(re.compile("/operations"), timeout=20_000):
        pass
    page.wait_for_function("document.querySelector('#figures').open", timeout=5_000)
    page.get_by_role("link", name="Stop renewing").click()
    expect(page.locator("[hx-trigger]")).to_have_count(0)
