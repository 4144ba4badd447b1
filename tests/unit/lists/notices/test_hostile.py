"""What strangers write into subjects, names and reasons stays where it belongs."""

import email
from email import policy

import pytest
from hypothesis import given, strategies as st

from listhub.lists.notices.command_replies import COMMAND_REPORT, Report, Result
from listhub.lists.notices.moderation import MODERATE, HeldPost
from listhub.lists.notices.notice import Notice, Place, Size
from listhub.lists.notices.render import Original, render
from listhub.lists.notices.reports import REFUSED, Refusal
from listhub.lists.notices.words import write
from tests.unit.lists.notices.test_rendering import Outline

HOSTILE = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        [
            "a\r\nBcc: victim@x.example",
            "a\n\n<script>alert(1)</script>",
            "=?utf-8?q?=0D=0ABcc:_victim@x.example?=",
            '"><img src=x onerror=alert(1)>',
            "%(key)s %s %n {{ key }} {% include '/etc/passwd' %}",
            "\u202egnp.exe",
            "x" * 5000,
            "\ud800",
            "\0",
        ]
    ),
)
KEY = "0" * 32
FIELDS = {
    *("from", "to", "subject", "date", "message-id", "reply-to", "auto-submitted"),
    *("precedence", "x-loop", "list-id", "mime-version", "content-type"),
    *("content-transfer-encoding", "content-language", "in-reply-to", "references"),
}


def held(text: str) -> HeldPost:
    at = MODERATE.sample.received_at
    return HeldPost(
        author=text,
        subject=text,
        size=Size(1),
        received_at=at,
        why=text,
        key=KEY,
        waiting=1,
        until=at,
    )


@given(HOSTILE)
def test_no_text_adds_a_field_or_loses_the_key(text: str) -> None:
    """The header has our fields only, whatever the subject of the post was."""
    place = Place(domain="lists.example", list="dev", list_subject=text)
    mail = render(
        MODERATE,
        held(text),
        place=place,
        to="mod@a.example",
        language="fr",
        original=Original(message_id=text),
    )
    message = email.message_from_bytes(mail.raw, policy=policy.default)

    assert {name.lower() for name in message} <= FIELDS
    assert message["Subject"].endswith(f"[{KEY}]")
    assert [d for part in message.walk() for d in part.defects] == []
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998


@given(HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    """In HTML it is text, and every link is one of ours."""
    place = Place(domain="lists.example", list="dev")
    outline = Outline()
    outline.feed(write(MODERATE, held(text), place=place, language="en").html)

    assert outline.open == []
    assert all(x.startswith("mailto:sympa@lists.example?") for x in outline.links)


@given(HOSTILE)
def test_no_reason_breaks_a_report(text: str) -> None:
    """A report stays a report; its diagnostic is on lines of its own."""
    mail = render(
        REFUSED,
        Refusal(recipient=text, reason=text),
        place=Place(domain="lists.example"),
        to="ann@a.example",
        language="en",
        original=Original(recipient=text, diagnostic=text),
    )
    message = email.message_from_bytes(mail.raw)

    assert {name.lower() for name in message} <= FIELDS
    assert [p.get_content_type() for p in message.walk()][:3] == [
        *("multipart/report", "text/plain", "message/delivery-status")
    ] or b"message/global-delivery-status" in mail.raw


@given(HOSTILE)
def test_no_name_of_a_list_or_address_gets_through(text: str) -> None:
    """A name that makes no address makes no mail; one that does adds nothing."""
    report = Report(results=(Result(command=text, text=text),))
    places = [Place(domain="lists.example", list=text), Place(domain=text)]
    for place, to in [*((p, "ann@a.example") for p in places), (places[0], text)]:
        try:
            mail = render(COMMAND_REPORT, report, place=place, to=to, language="en")
        except ValueError:
            continue
        message = email.message_from_bytes(mail.raw)
        assert {name.lower() for name in message} <= FIELDS


@pytest.mark.parametrize("notice", [MODERATE], ids=["moderate"])
def test_texts_of_templates_are_not_templates(notice: Notice[HeldPost]) -> None:
    """A subject that looks like a template is shown, not run."""
    words = write(
        notice,
        held("{{ key }} {% raw %} %(key)s"),
        place=Place(domain="lists.example", list="dev"),
        language="en",
        own=lambda path: "{{ subject }}" if path == "mail_tt2/moderate" else None,
    )

    assert words.text == "{{ key }} {% raw %} %(key)s\n"
