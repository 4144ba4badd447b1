"""Rejecting with words: chosen, read as it would be sent, edited, and sent to the letter."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from html import unescape

import pytest

from tests import lively
from tests.held import Mail, hold_post, hold_request, mails
from tests.lively import PEOPLE
from tests.rooms import Rooms, post_bytes
from tests.web_client import Client, Seen

AUTHOR = "zoe@z.example"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.moderator)
        yield client


@pytest.fixture
def held(site: Rooms) -> int:
    raw = post_bytes(AUTHOR, message_id="z@z.example", subject="Buy this")
    return hold_post(site, 1, raw).request_id


def text_of(page: Seen) -> str:
    """Return what stands in the field of the text."""
    found = re.search(
        r'<textarea id="f-text"[^>]*>\n(.*?)</textarea>', page.html, re.DOTALL
    )
    assert found
    return unescape(found[1])


def read(mail: Mail) -> str:
    """Return the text of a mail as its reader sees it."""
    part = message_from_bytes(mail.raw, policy=default).get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def sent(site: Rooms) -> list[Mail]:
    """Let the time for undoing be over; return what the author was told."""
    site.conn.execute("UPDATE decision SET due_at = now() - interval '1 second'")
    site.conn.execute("UPDATE spool_item SET due_at = NULL, state = 'ready'")
    site.conn.commit()
    before = len(mails(site))
    site.drain("decide")
    return [mail for mail in mails(site)[before:] if mail.to == AUTHOR]


def test_what_is_shown_and_left_alone_is_sent(client: Client, held: int, site: Rooms):
    """The text of the chosen name in the chosen language, with the own words."""
    query = "?template=reject_offtopic&language=fr&words=Salut+Zoé"
    page = client.get(f"/held/{held}/reject{query}")
    text = text_of(page)
    assert "Salut Zoé" in text
    form = {"template": "reject_offtopic", "heading": "Non", "text": text}
    page = client.post(f"/held/{held}/reject", form)
    assert "Buy this : is being rejected Undo" in page.text
    [mail] = sent(site)
    assert mail.subject == "Non"
    assert text.strip() in read(mail)


def test_what_was_edited_is_what_goes_out(client: Client, held: int, site: Rooms):
    """To the letter, placeholders and markup included; nothing of the usual text."""
    client.get(f"/held/{held}/reject")
    text = "No.\r\n\r\n%(list)s [% x %] <b>{{ y }}</b> $z -- so é"
    client.post(f"/held/{held}/reject", {"heading": "Sorry", "text": text})
    [mail] = sent(site)
    assert mail.subject == "Sorry"
    assert "%(list)s [% x %] <b>{{ y }}</b> $z -- so é" in read(mail)
    assert "has not sent your message" not in read(mail)


def test_an_empty_text_is_no_text(client: Client, held: int, site: Rooms):
    """The usual one must not go out in its place; there is a choice to say nothing."""
    client.get(f"/held/{held}/reject")
    page = client.post(f"/held/{held}/reject", {"heading": "x", "text": " \n "})
    assert page.status == 400
    assert "There is no text" in page.text
    assert site.rows("SELECT id FROM decision") == []
    page = client.get(f"/held/{held}/reject?template=reject_quiet")
    assert "Nobody is told anything." in page.text
    client.post(f"/held/{held}/reject", {"template": "reject_quiet"})
    assert sent(site) == []
    [row] = site.rows("SELECT state FROM request WHERE id = %s", held)
    assert row.state == "rejected"


def test_the_subject_holds_no_second_line(client: Client, held: int, site: Rooms):
    """Line ends in the field make no header of the mail."""
    client.get(f"/held/{held}/reject")
    heading = "No\r\nBcc: victim@v.example"
    client.post(f"/held/{held}/reject", {"heading": heading, "text": "No."})
    [mail] = sent(site)
    assert b"\nBcc:" not in mail.raw
    assert {each.to for each in mails(site)} & {"victim@v.example"} == set()


def test_odd_choices_mean_the_usual_text(client: Client, held: int):
    """Names of no text and of no language."""
    usual = text_of(client.get(f"/held/{held}/reject"))
    odd = client.get(f"/held/{held}/reject?template=../x&language=xx&words=")
    assert text_of(odd) == usual


def test_requests_have_one_text(client: Client, site: Rooms):
    """Who asked to join is told so, in words that can be edited as well."""
    client.sign_in(PEOPLE.owner)
    number = hold_request(site, 1, person=AUTHOR).request_id
    page = client.get(f"/held/{number}/reject")
    assert "Not the list" not in page.text
    client.post(f"/held/{number}/reject", {"heading": "No", "text": "Not now."})
    [mail] = sent(site)
    assert "Not now." in read(mail)


def test_who_comes_late_is_told(client: Client, held: int):
    """Decided meanwhile: there is nothing to be written any more."""
    client.get(f"/held/{held}/reject")
    client.post(f"/held/{held}", {"do": "approve"})
    assert "does not wait any more" in client.get(f"/held/{held}/reject").text
    page = client.post(f"/held/{held}/reject", {"heading": "x", "text": "y"})
    assert "Already approved by mona@m.example" in page.text
