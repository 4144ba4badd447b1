"""My lists: options of one list and of all, pauses, stale forms, own messages."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from listhub.lists.moderation.outcomes import Action
from tests.held import decide, hold_post
from tests.rooms import DOMAIN, Rooms, post_bytes
from tests.web_client import Client, Seen, statements

MIA = "mia@a.example"
ASKS = ["room | Room | string | required", "site | Site | enum: north, south"]


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with Client(rooms.host.settings) as client:
        client.sign_in(MIA)
        yield client


def fields(page: Seen, list_id: int) -> dict[str, str]:
    """Return a list's fields as the page has them, ready to be sent."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page.html):
        name = re.search(r'name="([^"]*)"', tag)
        if name is None or not name[1].startswith(f"{list_id}."):
            continue
        if 'type="checkbox"' in tag and " checked" not in tag:
            continue
        value = re.search(r'value="([^"]*)"', tag)
        found[name[1]] = unescape(value[1]) if value else ""
    select = re.search(
        rf'name="{list_id}\.reception">(.*?)</select>', page.html, re.DOTALL
    )
    assert select is not None
    chosen = re.search(r'value="([^"]*)" selected', select[1])
    assert chosen is not None
    return {**found, f"{list_id}.reception": chosen[1]}


def options(rooms: Rooms, list_id: int) -> Any:
    ((row),) = rooms.rows(
        "SELECT subscription.* FROM subscription JOIN person ON person_id = person.id"
        " WHERE list_id = %s AND address = %s",
        list_id,
        MIA,
    )
    return row


def test_one_list_is_saved_alone(rooms: Rooms, client: Client):
    """Its button saves what was changed there, not what was changed at others."""
    one, two = (rooms.add_list(name, members=[MIA]) for name in ("one", "two"))
    page = client.get("/my")
    form = {**fields(page, one), **fields(page, two)}
    form |= {f"{one}.reception": "none", f"{two}.reception": "none"}
    page = client.post("/my", {**form, "do": str(one)})
    assert f"one@{DOMAIN}: saved." in page.text
    assert [options(rooms, each).reception for each in (one, two)] == ["none", "each"]


def test_all_lists_are_saved_at_once(rooms: Rooms, client: Client):
    """Reception with its own posts, visibility, a pause until a day, topics."""
    one = rooms.add_list(
        "one", members=[MIA], topics=["exams | Exams | exam", "rooms | Rooms | room"]
    )
    two = rooms.add_list("two", members=[MIA])
    page = client.get("/my")
    form: dict[str, Any] = {**fields(page, one), **fields(page, two)}
    form |= {
        f"{one}.reception": "not_me",
        f"{one}.topic": ["exams", "other"],
        f"{two}.concealed": "1",
        f"{two}.until": "2126-12-01",
        "do": "save",
    }
    page = client.post("/my", form)
    assert "Saved; lists changed: 2." in page.text
    found = options(rooms, one)
    assert (found.reception, found.own_posts) == ("each", False)
    assert found.topics == ["exams", "other"]
    found = options(rooms, two)
    assert found.concealed
    assert found.suspended_until.isoformat() == "2126-12-01T00:00:00+00:00"
    assert "paused" in page.text
    who = rooms.rows(
        "SELECT DISTINCT actor, detail->>'how' AS how FROM audit"
        " WHERE action = 'member.set'"
    )
    assert [(row.actor, row.how) for row in who] == [(MIA, "web")]


def test_twice_is_once_and_an_old_form_undoes_nothing(rooms: Rooms, client: Client):
    """The same form again changes nothing; after a change elsewhere it is refused."""
    one = rooms.add_list("one", members=[MIA])
    form = fields(client.get("/my"), one) | {"do": "save"}
    client.post("/my", form | {f"{one}.reception": "text"})
    assert (
        "nothing was changed"
        in client.post("/my", form | {f"{one}.reception": "text"}).text
    )
    page = client.post("/my", form | {f"{one}.reception": "none"})
    assert page.status == 400
    assert "were changed meanwhile; nothing was changed" in page.text
    assert options(rooms, one).reception == "text"
    assert len(rooms.rows("SELECT FROM audit WHERE action = 'member.set'")) == 1


def test_what_is_wrong_at_one_list_spoils_no_other(rooms: Rooms, client: Client):
    """Each list has a result; the wrong one says what is wrong."""
    one = rooms.add_list("one", members=[MIA], attributes=ASKS)
    two = rooms.add_list("two", members=[MIA])
    page = client.get("/my")
    form: dict[str, Any] = {**fields(page, one), **fields(page, two)}
    form |= {f"{one}.a.site": "west", f"{two}.reception": "text", "do": "save"}
    page = client.post("/my", form)
    assert page.status == 400
    assert "is not among its values" in page.text
    assert f"two@{DOMAIN}: saved." in page.text
    assert options(rooms, two).reception == "text"


def test_answers_are_kept_and_need_not_be_complete(rooms: Rooms, client: Client):
    """A missing answer does not keep anybody from saving the rest; hostile ones are text."""
    one = rooms.add_list("one", members=[MIA], attributes=ASKS)
    form = fields(client.get("/my"), one) | {"do": "save"}
    client.post("/my", form | {f"{one}.a.site": "north", f"{one}.a.room": ""})
    assert options(rooms, one).attributes == {"site": "north"}
    form = fields(client.get("/my"), one) | {"do": "save", f"{one}.a.site": "north"}
    page = client.post("/my", form | {f"{one}.a.room": '"><script>alert(1)</script>'})
    assert options(rooms, one).attributes["room"] == '"><script>alert(1)</script>'
    assert "<script>alert" not in page.html


@pytest.mark.parametrize("value", ["2026-13-40", "x", "0001-01-01", "2020-01-01"])
def test_a_day_that_cannot_be_is_refused(rooms: Rooms, client: Client, value: str):
    """In a sentence, for one list and for all."""
    one = rooms.add_list("one", members=[MIA])
    form = fields(client.get("/my"), one) | {f"{one}.until": value, "do": "save"}
    assert client.post("/my", form).status == 400
    client.get("/my")
    assert client.post("/my", {"do": "pause", "until": value}).status == 400
    assert options(rooms, one).suspended_at is None


def test_everything_pauses_and_goes_on(rooms: Rooms, client: Client):
    """One button for all lists each way; again it concerns none."""
    ids = [rooms.add_list(name, members=[MIA]) for name in ("one", "two")]
    client.get("/my")
    page = client.post("/my", {"do": "pause", "until": "2126-01-01"})
    assert "lists concerned: 2" in page.text
    assert all(options(rooms, each).suspended_at for each in ids)
    assert "lists concerned: 2" in client.post("/my", {"do": "resume"}).text
    assert not any(options(rooms, each).suspended_at for each in ids)
    assert "lists concerned: 0" in client.post("/my", {"do": "resume"}).text


def test_a_language_is_chosen_and_forgotten(rooms: Rooms, client: Client):
    """For pages and mail alike; anything else is the lists' own."""
    rooms.add_list(members=[MIA])
    client.get("/my")
    page = client.post("/my", {"do": "language", "language": "fr"})
    assert 'lang="fr"' in page.html
    page = client.post("/my", {"do": "language", "language": "xx"})
    assert 'lang="en"' in page.html


def test_one_list_has_a_page_of_its_own(rooms: Rooms, client: Client):
    """The address in mails; saved alike; who is no member is asked to join."""
    one = rooms.add_list("one", members=[MIA])
    rooms.add_list("two")
    path = f"/suboptions/one@{DOMAIN}"
    form = fields(client.get(path), one) | {f"{one}.reception": "none"}
    page = client.post(path, form)
    assert (page.path, options(rooms, one).reception) == (path, "none")
    page = client.post(path, form | {f"{one}.reception": "text"})
    assert (page.status, options(rooms, one).reception) == (400, "none")
    page = client.get(f"/suboptions/two@{DOMAIN}")
    assert page.path == f"/subscribe/two@{DOMAIN}"
    assert "You are not a member" in page.text


def test_nothing_is_saved_for_others(rooms: Rooms, client: Client):
    """Numbers of lists that one is not on, or that are none, are passed over."""
    one = rooms.add_list("one", members=[MIA])
    other = rooms.add_list("other", members=["bob@b.example"])
    form = fields(client.get("/my"), one)
    form |= {f"{other}.mark": "x", f"{other}.reception": "none", "do": str(other)}
    assert "Nothing was changed." in client.post("/my", form).text
    ((row),) = rooms.rows(
        "SELECT reception FROM subscription WHERE list_id = %s", other
    )
    assert row.reception == "each"


def test_owners_see_what_waits_at_their_lists(rooms: Rooms, client: Client):
    """With the number of held posts, and the way there."""
    list_id = rooms.add_list("run", owners=[MIA])
    hold_post(rooms, list_id, post_bytes())
    rooms.conn.commit()
    page = client.get("/my")
    assert "Lists that I run" in page.text
    assert f"/modindex/run@{DOMAIN}" in page.links()


def test_many_lists_are_few_statements_and_pages(rooms: Rooms, client: Client):
    """The number of statements does not grow with the lists; further ones have a page."""
    for number in range(60):
        rooms.add_list(f"l{number:02}", members=[MIA])
    with statements() as seen:
        page = client.get("/my")
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 9, asked
    assert f"l49@{DOMAIN}" in page.text
    assert f"l50@{DOMAIN}" not in page.text
    further = next(link for link in page.links() if "after=" in link)
    assert f"l59@{DOMAIN}" in client.get(further).text


def test_my_messages_say_what_became_of_them(rooms: Rooms, client: Client):
    """Sent, held, rejected with its reason; of others nothing."""
    list_id = rooms.add_list(members=[MIA])
    posts = {
        name: post_bytes(MIA, subject=name, message_id=f"{name}@a.example")
        for name in ("Sent", "Held", "Rejected")
    }
    rooms.put("distribute", posts["Sent"], reverse_path=MIA, list_id=list_id)
    rooms.drain("distribute")
    hold_post(rooms, list_id, posts["Held"])
    number = hold_post(rooms, list_id, posts["Rejected"]).request_id
    hold_post(
        rooms, list_id, post_bytes(subject="Of another", message_id="o@o.example")
    )
    rooms.conn.commit()
    decide(rooms, number, Action.REJECT, by="mod@m.example")
    with statements() as seen:
        page = client.get("/my/posts")
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 10, asked
    for words in ("Sent", "being sent", "A moderator has to agree", "not sent"):
        assert words in page.text
    assert "Of another" not in page.text
