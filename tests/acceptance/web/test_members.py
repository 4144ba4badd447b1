"""A member's way in a real browser: join by a form, choose, pause, leave.

Nobody is signed in when it begins; workers carry out what the mail's link confirms.
"""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.acceptance.web.conftest import Open
from tests.browser import Look, Window
from tests.desks import until
from tests.held import mails
from tests.rooms import DOMAIN
from tests.system.web_site import WebSite

LOOKS = (
    Look(),
    Look(width=360, language="fr"),
    Look(width=360, language="fr", script=False),
)


def name_of(look: Look) -> str:
    return f"l{look.name}"


def link(site: WebSite, address: str) -> str:
    """Return the path in the newest mail to that address."""
    with site.rooms() as rooms:
        sent = [mail.raw for mail in mails(rooms) if mail.to == address]
    found = re.findall(rb"/confirm/[0-9a-f]{32}", sent[-1])
    return str(found[0].decode())


def options(site: WebSite, list_id: int, address: str) -> tuple[object, ...] | None:
    found = site.rows(
        "SELECT reception, concealed, suspended_until IS NOT NULL FROM subscription"
        " JOIN person ON person.id = person_id WHERE list_id = %s AND address = %s",
        list_id,
        address,
    )
    return found[0] if found else None


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_member_joins_chooses_pauses_and_leaves(
    window: Open, web_site: WebSite, look: Look
):
    """With and without scripts, on a phone, in French: the same."""
    address = f"{name_of(look)}@m.example"
    list_address = f"{name_of(look)}@{DOMAIN}"
    with web_site.rooms() as rooms:
        list_id = rooms.add_list(name_of(look), visibility="noconceal")

    one = window(look=look)
    page = one.open("/lists")
    page.locator(f"a[href='/info/{list_address}']").click()
    page.locator(f"main a[href='/subscribe/{list_address}']").click()
    page.locator("main input[type=email]").fill(address)
    page.locator("main form button.main").click()
    expect(page.locator("p.said.well")).to_contain_text(address)
    sound(one)

    page = one.open(link(web_site, address))
    assert options(web_site, list_id, address) is None
    page.locator("button[value=yes]").click()
    expect(page.locator("p.said.well")).to_be_visible()
    joined = ("each", False, False)
    until(page, lambda: options(web_site, list_id, address) == joined)

    one.sign_in(web_site.url, address)
    page = one.open("/my")
    card = page.locator(f"#list-{list_id}")
    card.locator("select").select_option("text")
    card.locator("summary").click()
    card.locator(f"input[name='{list_id}.concealed']").check()
    sound(one)
    card.locator(f"button[value='{list_id}']").click()
    expect(page.locator("p.said.well")).to_contain_text(list_address)
    assert options(web_site, list_id, address) == ("text", True, False)

    day = (date.today() + timedelta(days=9)).isoformat()  # noqa: DTZ011 - any day
    page.locator("input[name=until]").last.fill(day)
    page.locator("button[value=pause]").click()
    expect(page.locator(f"#list-{list_id} .badge.warn")).to_be_visible()
    assert options(web_site, list_id, address) == ("text", True, True)

    page.locator(f"#list-{list_id} a[href='/signoff/{list_address}']").click()
    sound(one)
    page.locator("main button.bad").click()
    expect(page.locator("p.said.well")).to_contain_text(list_address)
    assert options(web_site, list_id, address) is None


def sound(one: Window) -> None:
    """Nothing serious for axe-core where it can run, and nothing sideways."""
    if one.look.script:
        assert one.faults() == []
        assert one.overflow() <= 0
