"""Every notice in every language, as a mail that any reader takes."""

import dataclasses
import email
import re
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from typing_extensions import override

from listhub.i18n.languages import LANGUAGES
from listhub.lists.notices import sample
from listhub.lists.notices.catalogue import NOTICES
from listhub.lists.notices.notice import Audience, Notice, Place
from listhub.lists.notices.words import write
from listhub.mail import screening
from listhub.mail.dsn import read_dsn
from listhub.mail.headers import Headers

MAILS = [notice for notice in NOTICES if not notice.part]
BARE = Place(domain="lists.example")

each_notice = pytest.mark.parametrize("notice", NOTICES, ids=lambda n: n.name)
each_mail = pytest.mark.parametrize("notice", MAILS, ids=lambda n: n.name)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def texts_of(message: EmailMessage) -> list[str]:
    attached = {id(p) for a in message.iter_attachments() for p in a.walk()}
    return [
        part.get_content()
        for part in message.walk()
        if part.get_content_maintype() == "text" and id(part) not in attached
    ]


class Outline(HTMLParser):
    """What is open and what is linked, of a page that must be well formed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@each_language
@each_mail
def test_it_is_valid_mail(notice: Notice[Any], language: str) -> None:
    """The stdlib finds no defect, lines are short enough, and nothing is unresolved."""
    raw = sample.mail(notice, language=language)
    message = parsed(raw)

    assert [d for part in message.walk() for d in part.defects] == []
    assert [d for value in message.values() for d in value.defects] == []
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    for text in texts_of(message):
        assert not re.search(r"%\(|\{\{|\{%|\bNone\b|\bText\(", text)


@each_language
@each_mail
def test_it_is_marked_as_the_work_of_a_program(
    notice: Notice[Any], language: str
) -> None:
    """RFC 3834: no responder answers it, and it does not pass through a list."""
    headers = Headers.parse(sample.mail(notice, language=language))
    automatic = screening.automatic(headers)

    assert automatic == f"Auto-Submitted: {notice.auto_submitted}"
    assert headers.get("X-Loop") == b"dev@lists.example"
    assert (headers.get("Precedence") == b"bulk") is (
        notice.auto_submitted == "auto-generated" and not notice.status
    )
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        assert len(headers.all(name)) == 1


@each_language
@each_notice
def test_its_words_are_laid_out(notice: Notice[Any], language: str) -> None:
    """No line of prose is too wide, no blank line is doubled, nothing is empty."""
    words = sample.words(notice, language=language)
    prose = [line for line in words.text.split("\n") if not line.startswith(" ")]

    assert words.subject
    assert words.text.strip()
    assert max(map(len, prose)) <= 76
    assert "\n\n\n" not in words.text
    assert bool(words.html) is notice.html


@each_language
@pytest.mark.parametrize("notice", [n for n in NOTICES if n.html], ids=lambda n: n.name)
def test_its_html_is_well_formed(notice: Notice[Any], language: str) -> None:
    """What is opened is closed, and links go to our pages or write a mail."""
    outline = Outline()
    html = sample.words(notice, language=language).html
    outline.feed(html)

    assert outline.open == []
    assert f'lang="{language}"' in html
    assert outline.links
    assert all(re.match(r"mailto:|https://lists\.example/", x) for x in outline.links)


@each_language
@pytest.mark.parametrize(
    "notice", [n for n in NOTICES if n.status], ids=lambda n: n.name
)
def test_reports_are_read_as_such(notice: Notice[Any], language: str) -> None:
    """RFC 3464: programs find the recipient, the action and the status."""
    (found,) = read_dsn(sample.mail(notice, language=language))
    action = {"2": "delivered"}.get(notice.status[0], "failed")

    assert found.address == "dev@lists.example"
    assert found.status == notice.status
    assert found.action == ("delayed" if notice.status == "4.3.0" else action)


@each_mail
def test_answers_reach_whom_they_should(notice: Notice[Any]) -> None:
    """Where an answer decides, it goes to the commands and its subject has the key."""
    message = parsed(sample.mail(notice, language="en"))

    assert ("Reply-To" in message) is notice.to_commands
    if notice.to_commands:
        assert message["Reply-To"] == "sympa@lists.example"
        assert re.search(r"\[[0-9a-f]{32}\]$", message["Subject"])
    (sender,) = message["From"].addresses
    assert sender.addr_spec == (
        "listmaster@lists.example"
        if notice.audience is Audience.LISTMASTERS
        else "dev-request@lists.example"
    )


@pytest.mark.parametrize(
    "name", ["command_report", "no_command", "gathered", "request_auth", "tt2_error"]
)
@each_language
def test_what_is_about_no_list_needs_none(name: str, language: str) -> None:
    """Notices of a whole domain name no list and bear no List-Id."""
    (notice,) = [notice for notice in NOTICES if notice.name == name]
    raw = sample.mail(notice, language=language, place=BARE)

    assert parsed(raw)["List-Id"] is None
    assert b"dev-request" not in raw
    assert b"@lists.example" in raw


def test_the_held_post_goes_along() -> None:
    """A moderator can open the very post; the key is in text, subject and buttons."""
    (notice,) = [notice for notice in NOTICES if notice.name == "moderate"]
    message = parsed(sample.mail(notice, language="en"))
    body, attachment = message.iter_parts()

    assert [p.get_content_type() for p in body.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert attachment.get_content_type() == "message/rfc822"
    assert attachment.get_content()["Subject"] == "A job offer"
    key = notice.sample.key
    html = body.get_body(("html",))
    assert html is not None
    assert (
        f"mailto:sympa@lists.example?subject=DISTRIBUTE%20dev%20{key}"
        in html.get_content()
    )


def test_an_answer_names_what_it_answers() -> None:
    """RFC 5322 §3.6.4: mail programs put it into the thread of the command."""
    (notice,) = [notice for notice in NOTICES if notice.name == "command_report"]
    message = parsed(sample.mail(notice, language="en"))

    assert message["In-Reply-To"] == "<one@y.example>"


@pytest.mark.parametrize("name", ["refused", "held_notice", "moderate"])
def test_reasons_in_english_are_told_in_the_readers_language(name: str) -> None:
    """A scenario's reason is a sentence of ours, and translated where it is told."""
    (notice,) = [notice for notice in NOTICES if notice.name == name]
    field = "reason" if name == "refused" else "why"
    values = dataclasses.replace(
        notice.sample, **{field: "Only members may post to this list."}
    )
    words = write(notice, values, place=sample.PLACE, language="fr")

    assert "Seuls les abonnés peuvent écrire à cette liste." in words.text
