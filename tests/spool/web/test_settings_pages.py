"""Pages of settings: found, changed, refused at the field, stale, taken back."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from listhub.lists import settings as levels
from tests import lively
from tests.lively import HOSTILE, LIST, PEOPLE
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client, Form, Seen, statements

PAGE = f"/settings/{LIST}"
MODERATION = f"{PAGE}?group=moderation"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.owner)
        yield client


def stored(site: Rooms, **level: Any) -> dict[str, object]:
    """Return what the list, or another level, has of its own by now."""
    level = level or {"scope": "list", "list_id": 1}
    found = levels.history(site.conn, **level, limit=1)
    site.conn.commit()
    return dict(found[0].values) if found else {}


def change(site: Rooms, **values: object) -> None:
    """Change settings as somebody else does meanwhile."""
    levels.set_values(
        site.conn, scope="list", list_id=1, changes=values, changed_by="ann@a.example"
    )
    site.conn.commit()


def sent(page: Seen, form: Form) -> dict[str, Any]:
    """Return a form as a browser sends it: hidden fields and what is filled in."""
    hidden = re.findall(
        r'<input type="hidden" name="((?:was\.|version)[^"]*)" value="([^"]*)"',
        page.html,
    )
    boxes: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'type="checkbox" name="(set[^"]*)" value="([^"]*)" checked', page.html
    ):
        boxes.setdefault(name, []).append(value)
    lines = re.findall(r'<input id="s-[^"]*" name="([^"]*)" value="([^"]*)"', page.html)
    chosen = re.findall(
        r'<select id="[^"]*" name="([^"]*)".*?<option value="([^"]*)" selected',
        page.html,
        re.DOTALL,
    )
    whole: dict[str, Any] = {
        **{name: unescape(value) for name, value in (*hidden, *lines, *chosen)},
        **boxes,
        **form,
    }
    return {name: value for name, value in whole.items() if value is not None}


def save(client: Client, path: str, form: dict[str, Any]) -> Seen:
    return client.post(path, sent(client.get(path), form))


def test_settings_are_grouped_and_told(client: Client):
    """The first page: groups, what is otherwise than inherited, ways to the rest."""
    page = client.get(PAGE)
    assert page.status == 200
    assert "Development of the example" in page.text
    assert "All as inherited." in page.text
    assert f"{PAGE}?group=moderation" in page.links()


def test_settings_are_found(client: Client):
    """A search finds titles, names and meanings, and its result is the form."""
    page = client.get(f"{PAGE}?q=held%20post")
    assert 'name="set.moderation_days"' in page.html
    assert 'name="set.subject"' not in page.html
    assert "No setting is called so" in client.get(f"{PAGE}?q=xyzzy").text


def test_only_what_was_changed_is_saved(client: Client, site: Rooms):
    """Of six settings in the form one becomes the list's own."""
    before = stored(site)
    page = save(client, MODERATION, {"set.moderation_days": "20"})
    assert "Saved: Time to moderate." in page.text
    assert stored(site) == before | {"moderation_days": 20}
    assert "Nothing was changed." in save(client, MODERATION, {}).text


def test_switches_and_lines(client: Client, site: Rooms):
    """A box that is no longer ticked is off; lines are items; days are chosen."""
    save(client, MODERATION, {"set.tell_author_held": None})
    save(
        client, f"{PAGE}?group=topics", {"set.topics": "a | A\r\n\r\nb | B | x, y\r\n"}
    )
    save(client, f"{PAGE}?group=digests", {"set.digest_days": ["mon", "fri"]})
    found = stored(site)
    assert found["tell_author_held"] is False
    assert found["topics"] == ["a | A", "b | B | x, y"]
    assert found["digest_days"] == ["mon", "fri"]


def test_a_wrong_value_is_told_at_its_field(client: Client, site: Rooms):
    """Nothing is saved, what was typed stays, and the sentence says what is allowed."""
    before = stored(site)
    form = {"set.moderation_days": "0", "set.confirmation_days": "9"}
    page = save(client, MODERATION, form)
    assert page.status == 422
    assert "0 is not allowed here; allowed: a whole number from 1 to 3650" in page.text
    assert 'name="set.confirmation_days" value="9"' in page.html
    assert page.html.count("aria-invalid") == 1
    assert stored(site) == before


@pytest.mark.parametrize("value", [HOSTILE, "9" * 400, "-1", "ten", "\x00", "é"])
def test_hostile_values_are_text(client: Client, value: str):
    """Whatever is typed comes back as text, refused."""
    page = save(client, MODERATION, {"set.moderation_days": value})
    assert page.status == 422
    assert "<script>alert" not in page.html


def test_a_hostile_subject_is_text_everywhere(client: Client):
    """A subject may be anything on one line; pages show it and run nothing."""
    save(client, f"{PAGE}?group=about", {"set.subject": HOSTILE})
    for path in (PAGE, f"{PAGE}?group=about", f"{PAGE}/history", f"{PAGE}/history/1"):
        page = client.get(path)
        assert page.status == 200
        assert "<script>alert" not in page.html
        assert "<img src=x" not in page.html


def test_a_value_is_given_back(client: Client, site: Rooms):
    """Reset, a setting is inherited again."""
    page = client.get(f"{PAGE}?group=rights")
    assert "back to “Members, moderators and owners”" in page.text
    save(client, f"{PAGE}?group=rights", {"reset.send": "1"})
    assert "send" not in stored(site)


def test_a_stale_page_tells_and_keeps(client: Client, site: Rooms):
    """Who changed what meanwhile is shown, what was typed stays and can be saved."""
    form = sent(client.get(MODERATION), {"set.moderation_days": "20"})
    change(site, confirmation_days=3)
    page = client.post(MODERATION, form)
    assert page.status == 409
    assert "ann@a.example has changed settings" in page.text
    assert "Time to confirm not set 3 days" in page.text
    assert 'name="set.moderation_days" value="20"' in page.html
    client.post(MODERATION, sent(page, {}))
    assert stored(site)["moderation_days"] == 20
    assert stored(site)["confirmation_days"] == 3


def test_what_is_not_an_owners_is_shown_and_refused(client: Client, site: Rooms):
    """No control for it, the reason beside it, and a made-up form changes nothing."""
    page = client.get(f"{PAGE}?group=delivery")
    assert "Only listmasters change this." in page.text
    assert 'name="set.priority"' not in page.html
    form = {"was.priority": '"5"', "set.priority": "0", "reset.priority": "1"}
    client.post(f"{PAGE}?group=delivery", {"version": "1", **form})
    assert "priority" not in stored(site)


def test_history_shows_and_reverts(client: Client, site: Rooms):
    """Each version by whom and what; back to one after its difference was shown."""
    change(site, subject="Other words", moderation_days=30)
    page = client.get(f"{PAGE}/history")
    assert "by ann@a.example" in page.text
    assert "Development of the example Other words" in page.text
    page = client.get(f"{PAGE}/history/1")
    assert "Time to moderate 30 days not set" in page.text
    page = client.post(f"{PAGE}/history/1", {"version": "2"})
    assert "as in version 1 again" in page.text
    assert stored(site)["subject"] == "Development of the example"
    again = client.post(f"{PAGE}/history/1", {"version": "2"})
    assert again.status == 409
    assert "has changed this since you opened it" in again.text


def test_an_owner_cannot_go_back_over_a_listmasters_change(client: Client, site: Rooms):
    """What is reserved is not reverted by who may not change it."""
    change(site, priority="9")
    assert "Only listmasters" in client.get(f"{PAGE}/history/1").text
    assert client.post(f"{PAGE}/history/1", {"version": "2"}).status == 409
    assert stored(site)["priority"] == "9"


@pytest.mark.parametrize("version", ["0", "9", "x", "99999999999999999999"])
def test_versions_that_are_not_there(client: Client, version: str):
    """No page, and nothing breaks."""
    assert client.get(f"{PAGE}/history/{version}").status == 404


def test_domains_and_the_site(client: Client, site: Rooms):
    """Their listmasters set what lists inherit; nobody of another domain sees it."""
    assert client.get("/site/settings").status == 403
    client.sign_in(PEOPLE.domain)
    domain = f"/site/settings/{DOMAIN}"
    assert client.get("/site/settings").status == 403
    assert "Saved" in save(client, f"{domain}?group=about", {"set.language": "fr"}).text
    assert client.get("/site/settings/other.example").status == 404
    client.sign_in(PEOPLE.site)
    assert DOMAIN in client.get("/site/settings").text
    save(client, "/site/settings?group=posts", {"set.custom_subject": "[x]"})
    assert stored(site, scope="site") == {"custom_subject": "[x]"}
    client.sign_in(PEOPLE.owner)
    assert "From the domain" in client.get(f"{PAGE}?group=about").text
    assert "From the site" in client.get(f"{PAGE}?group=posts").text


def test_pages_cost_a_few_statements(client: Client):
    """However many settings and scenarios are shown."""
    for path in (PAGE, f"{PAGE}?group=rights", f"{PAGE}?q=a", f"{PAGE}/history"):
        with statements() as seen:
            client.get(path)
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= 8, (path, asked)
