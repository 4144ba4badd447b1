"""An owner's day in a real browser: a setting, its history, a footer, a case."""

import pytest
from playwright.sync_api import Page, expect

from tests import lively
from tests.acceptance.web.conftest import Open
from tests.browser import Look, Window
from tests.lively import LIST, PEOPLE
from tests.system.web_site import WebSite

LOOKS = (
    Look(),
    Look(width=360, script=False),
    Look(language="fr", script=False),
    Look(width=360, language="fr"),
)


@pytest.fixture(scope="module", autouse=True)
def filled(web_site: WebSite) -> None:
    """Fill the site that all these tests look at."""
    with web_site.rooms() as rooms:
        lively.fill(rooms)


@pytest.fixture(params=LOOKS, ids=lambda look: look.name)
def view(request: pytest.FixtureRequest, window: Open) -> Window:
    return window(PEOPLE.owner, look=request.param)


@pytest.fixture
def page(view: Window) -> Page:
    return view.page


def said(page: Page, tone: str) -> None:
    """Expect a sentence of what happened."""
    expect(page.locator(f"main p.said.{tone}").first).to_be_visible()


def test_a_setting_is_changed_refused_and_taken_back(page: Page):
    """Wrong at its field, then right, then as it was, with the difference shown."""
    days = page.locator('[name="set.moderation_days"]')
    page.goto(f"/settings/{LIST}")
    page.locator(f'main a[href="/settings/{LIST}?group=moderation"]').click()
    before = days.input_value()
    days.fill("0")
    page.locator("main form button.main").click()
    said(page, "bad")
    expect(days).to_have_attribute("aria-invalid", "true")
    expect(days).to_have_value("0")
    expect(page.locator("#d-moderation_days .wrong-text")).to_contain_text("3650")
    days.fill("21")
    page.locator("main form button.main").click()
    said(page, "well")
    expect(days).to_have_value("21")
    page.goto(f"/settings/{LIST}/history")
    page.locator('main a[href*="/history/"]').first.click()
    expect(page.locator("table.diff del").first).to_contain_text("21")
    page.locator("main form button.main").click()
    said(page, "well")
    page.goto(f"/settings/{LIST}?group=moderation")
    expect(days).to_have_value(before)


def test_a_footer_is_previewed_and_written(page: Page):
    """What it will look like, before it is in force; then saved, then taken away."""
    page.goto(f"/texts/{LIST}/message_footer")
    text = page.locator("#content")
    text.fill("-- \nWritten by <b>otto</b>")
    page.locator('button[value="preview"]').click()
    expect(page.locator("#preview pre")).to_contain_text("Written by <b>otto</b>")
    expect(text).to_have_value("-- \nWritten by <b>otto</b>")
    page.locator('button[value="save"]').click()
    said(page, "well")
    page.locator('button[value="reset"]').click()
    said(page, "well")
    expect(text).to_have_value("")


def test_the_html_of_a_text_is_shown_in_its_frame(view: Window):
    """In a sandbox: it is seen, and what would run in it does not."""
    page = view.page
    page.goto(f"/texts/{LIST}/welcome?form=html")
    html = '<p style="color:#070">Hello {{ list }}</p><script>parent.x = 1</script>'
    page.locator("#content").fill(html)
    page.locator('button[value="preview"]').click()
    expect(page.locator('#preview input[name="content"]')).to_have_value(html)
    page.locator("#preview button").click()
    frame = page.frame_locator('iframe[name="preview-frame"]')
    expect(frame.locator("p")).to_have_text("Hello dev")
    assert page.evaluate("typeof window.x") == "undefined"
    # The browser tells what it did not run.
    assert all("sandbox" in each or "script" in each for each in view.complaints)
    view.complaints.clear()


def test_a_case_is_explained(page: Page):
    """Who may post is chosen in words, and tried on somebody."""
    page.goto(f"/scenarios/{LIST}")
    page.locator(f'main a[href="/scenarios/{LIST}/send"]').click()
    page.locator(f'a[href="/scenarios/{LIST}/send?name=private"]').click()
    page.locator("#f-sender").fill("stranger@x.example")
    page.locator("main form.filters button.main").click()
    expect(page.locator("#answer p.said.bad")).to_be_visible()
    page.locator("#f-sender").fill(PEOPLE.member)
    page.locator("main form.filters button.main").click()
    expect(page.locator("#answer p.said.well")).to_be_visible()
    expect(page.locator("#answer li.held")).to_have_count(1)


def test_a_moderator_is_named_and_dismissed(page: Page):
    """Both with a sentence of what happened."""
    page.goto(f"/roles/{LIST}")
    page.locator("#a-moderator").fill("nora@n.example")
    page.locator('button[value="add"]').click()
    said(page, "well")
    one = page.locator("li.card", has_text="nora@n.example")
    one.locator("summary").click()
    one.locator('button[value="remove"]').click()
    said(page, "well")
    expect(one).to_have_count(0)
