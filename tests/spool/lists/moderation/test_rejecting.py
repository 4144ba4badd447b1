"""The texts of a rejection: chosen, read and edited before they are sent."""

import pytest

from listhub.lists import files
from listhub.lists.moderation import rejecting, request as requests
from listhub.lists.moderation.outcomes import Action, Decision
from listhub.lists.moderation.rejecting import TITLES, Preview
from listhub.lists.moderation.request import Request
from listhub.lists.notices.moderation import REJECTIONS
from listhub.lists.said import SaidError
from tests.held import add_moderators, decide, hold_post, hold_request, mails
from tests.rooms import Rooms, post_bytes

MOD, EVE = "mod@a.example", "eve@e.example"


def held(rooms: Rooms, *, spam: str | None = None) -> Request:
    list_id = rooms.add_list()
    add_moderators(rooms, list_id, MOD)
    number = hold_post(
        rooms, list_id, post_bytes(EVE, subject="Photos"), spam=spam
    ).request_id
    return load(rooms, number)


def load(rooms: Rooms, number: int) -> Request:
    found = requests.load(rooms.conn, number)
    rooms.conn.commit()
    assert found is not None
    return found


def shown(rooms: Rooms, request: Request, **given: str) -> Preview:
    found = rejecting.preview(
        rooms.conn, request, settings=rooms.host.settings, **given
    )
    rooms.conn.commit()
    return found


def test_every_text_has_a_title() -> None:
    """A text that can be chosen can be read in the list of texts."""
    assert list(TITLES) == list(REJECTIONS)


@pytest.mark.parametrize("template", [name for name, it in REJECTIONS.items() if it])
def test_what_is_shown_is_what_is_sent(rooms: Rooms, template: str):
    """Whoever sends the text as it is shown, edited or not, sends the same words."""
    request = held(rooms)
    preview = shown(rooms, request, template=template, words="Sorry about that.")
    decide(
        rooms,
        request.id,
        Decision(action=Action.REJECT, template=template, reason="Sorry about that."),
    )
    sent = [mail for mail in mails(rooms) if mail.to == EVE][-1]

    assert sent.subject == preview.heading
    assert "Sorry about that." in preview.text
    body = sent.raw.decode().replace("=\r\n", "").partition("\r\n\r\n")[2]
    first = preview.text.splitlines()[0]
    assert first in body.replace("\r\n", "\n")
    assert "\n-- \n" not in preview.text


def test_an_edited_text_goes_out_as_it_is(rooms: Rooms):
    """Subject and words are those that the moderator has left; nothing is filled in."""
    request = held(rooms)
    decision = Decision(
        action=Action.REJECT,
        text="Dear Eve,\n\n{{ words }} and [% list %] are words like others.\n",
        heading="About your photos",
    )
    decide(rooms, request.id, decision)

    sent = [mail for mail in mails(rooms) if mail.to == EVE][-1]
    assert sent.subject == "About your photos"
    assert b"{{ words }} and [% list %] are words like others." in sent.raw
    assert load(rooms, request.id).reason.startswith("Dear Eve,")
    [audit] = rooms.rows("SELECT * FROM audit WHERE action = 'request.reject'")
    assert audit.detail["reason"].startswith("Dear Eve,")


def test_an_edited_text_without_a_subject_has_the_usual_one(rooms: Rooms):
    """A mail has a subject whatever the moderator has left out."""
    request = held(rooms)
    decide(rooms, request.id, Decision(action=Action.REJECT, text="No."))
    sent = [mail for mail in mails(rooms) if mail.to == EVE][-1]
    assert sent.subject == "Your message to dev has been rejected"


def test_a_subject_cannot_add_a_field(rooms: Rooms):
    """Line ends in the subject that somebody writes stay in the subject."""
    request = held(rooms)
    decision = Decision(
        action=Action.REJECT, text="No.", heading="Hello\r\nBcc: all@x.example"
    )
    decide(rooms, request.id, decision)
    sent = [mail for mail in mails(rooms) if mail.to == EVE][-1]
    assert sent.subject == "Hello Bcc: all@x.example"


def test_the_language_is_the_authors(rooms: Rooms):
    """A preview is in the language that the author has chosen, or in another one."""
    request = held(rooms)
    rooms.person(EVE)
    rooms.conn.execute("UPDATE person SET language = 'fr' WHERE address = %s", [EVE])
    preview = shown(rooms, request)
    assert preview.language == "fr"
    assert preview.heading == "Votre message à dev a été rejeté"
    assert shown(rooms, request, language="en").heading.startswith("Your message")


def test_the_owners_text_comes_first(rooms: Rooms):
    """What the owners have written is chosen, shown and filled in as theirs."""
    request = held(rooms)
    assert not any(
        each.own for each in rejecting.choices(rooms.conn, request, language="en")
    )
    level = files.Level(scope="list", list_id=request.list_id, name="dev")
    files.write(
        rooms.conn,
        "mail_tt2/reject_offtopic",
        "Subject: Not here\nThis list is about {{ list_subject }}bees.\n",
        level=level,
        actor=MOD,
    )
    own = [
        each.name
        for each in rejecting.choices(rooms.conn, request, language="en")
        if each.own
    ]
    assert own == ["reject_offtopic"]
    preview = shown(rooms, request, template="reject_offtopic")
    assert (preview.heading, preview.faults) == ("Not here", ())
    assert preview.text.startswith("This list is about bees.")


def test_nobody_is_written_to(rooms: Rooms):
    """Silence, and the author of spam, have no text to be shown."""
    assert shown(rooms, held(rooms), template="reject_quiet").silent


def test_authors_of_spam_are_told_nothing(rooms: Rooms):
    """Whatever the moderator writes, a forged author gets no mail."""
    request = held(rooms, spam="spam")
    assert shown(rooms, request).silent
    before = len(mails(rooms))
    decide(rooms, request.id, Decision(action=Action.REJECT, text="No."))
    assert len(mails(rooms)) == before


def test_a_command_has_one_text(rooms: Rooms):
    """A subscription is turned down in one text, which can be edited, too."""
    number = hold_request(rooms, rooms.add_list()).request_id
    request = load(rooms, number)
    [only] = rejecting.choices(rooms.conn, request, language="en")
    assert only.name == "reject"
    assert EVE in shown(rooms, request, words="Not now.").text
    decide(rooms, number, Decision(action=Action.REJECT, text="Try again in May."))
    assert b"Try again in May." in mails(rooms)[-1].raw


def test_a_text_has_an_end(rooms: Rooms):
    """A text that no mail needs is refused, and nothing is decided."""
    request = held(rooms)
    with pytest.raises(SaidError, match="too long"):
        decide(rooms, request.id, Decision(action=Action.REJECT, text="x" * 10_001))
