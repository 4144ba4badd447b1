import pytest

from listhub.lists import subscribing
from listhub.lists.moderation.answer import (
    Answer,
    Answered,
    Impossible,
    Noted,
    NotUnderstood,
    OtherCommand,
    answer,
    reply_to_us,
)
from listhub.lists.moderation.outcomes import (
    AlreadyDecided,
    Decided,
    UnknownKey,
    WrongList,
)
from listhub.lists.moderation.reply import Verb
from listhub.mail.headers import Headers
from listhub.spool import store
from tests.held import add_moderators, hold_post, hold_request, mails, state
from tests.rooms import DOMAIN, Rooms, post_bytes

OWNER, MOD, SECOND = "owner@a.example", "mod@a.example", "zed@b.example"
EVE = "eve@e.example"


def moderated(rooms: Rooms) -> int:
    list_id = rooms.add_list(owners=[OWNER])
    add_moderators(rooms, list_id, MOD, SECOND)
    return list_id


def key_of(rooms: Rooms, to: str) -> str:
    return next(m.key for m in mails(rooms) if m.to == to and m.mode == "notice")


def by_mail(rooms: Rooms, **given: object) -> Answered:
    fields = {"verb": Verb.APPROVE, "by": MOD, **given}
    answered = answer(rooms.conn, Answer(**fields), settings=rooms.host.settings)  # type: ignore[arg-type]
    store.put(rooms.conn, answered.items)
    rooms.conn.commit()
    return answered


def reply(rooms: Rooms, key: str, body: str, *, by: str = MOD) -> Answered | None:
    head = f"From: {by}\r\nSubject: Re: To decide [{key}]\r\n\r\n"
    answered = reply_to_us(
        rooms.conn,
        Headers.parse(head.encode()),
        body.encode(),
        by=by,
        domain=DOMAIN,
        settings=rooms.host.settings,
    )
    store.put(rooms.conn, answered.items if answered else ())
    rooms.conn.commit()
    return answered


def test_a_key_says_who_decided(rooms: Rooms):
    """Who got the key by mail is who decided, whichever address the answer is from."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))

    answered = by_mail(rooms, key=key_of(rooms, SECOND), by="phone@b.example")

    assert isinstance(answered.outcome, Decided)
    [row] = rooms.rows("SELECT * FROM request WHERE id = %s", held.request_id)
    assert (row.decided_by, row.decided_how) == (SECOND, "mail")


def test_keys_survive_mail_programs(rooms: Rooms):
    """A key in capitals, with brackets or a full stop, is the same key."""
    hold_post(rooms, moderated(rooms), post_bytes(EVE))
    written = f" <{key_of(rooms, MOD).upper()}>. "

    assert by_mail(rooms, key=written).done


def test_a_key_is_bound_to_its_list(rooms: Rooms):
    """With the name of another list a right key opens nothing, and says so."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))
    rooms.add_list("other", owners=[OWNER])
    key = key_of(rooms, MOD)

    wrong = by_mail(rooms, key=key, list_address=f"other@{DOMAIN}", action="decide")
    assert isinstance(wrong.outcome, WrongList)
    assert f"other@{DOMAIN}" in str(wrong.sentence)
    assert state(rooms, held.request_id) == "waiting"
    assert by_mail(rooms, key=key, list_address="DEV", action="decide").done


def test_a_key_is_bound_to_its_action(rooms: Rooms):
    """The key of an author confirms, and does not moderate; nor the other way round."""
    list_id = moderated(rooms)
    mine = hold_post(rooms, list_id, post_bytes(EVE), waits_for="person")
    key = key_of(rooms, EVE)

    wrong = by_mail(rooms, key=key, action="decide")
    assert isinstance(wrong.outcome, UnknownKey)
    assert state(rooms, mine.request_id) == "waiting"
    assert by_mail(rooms, key=key, action="confirm", verb=Verb.CONFIRM).done
    assert state(rooms, mine.request_id) == "confirmed"


@pytest.mark.parametrize("key", ["", "x", "0" * 32, "0" * 31, "\x00", "é" * 32])
def test_keys_that_open_nothing(rooms: Rooms, key: str):
    """An unknown key, or what is none, gets a clear answer."""
    answered = by_mail(rooms, key=key)

    assert isinstance(answered.outcome, UnknownKey)
    assert not answered.done


def test_the_same_mail_answered_twice(rooms: Rooms):
    """A second answer has no effect, and its sender is told who was first and when."""
    hold_post(rooms, moderated(rooms), post_bytes(EVE))
    key = key_of(rooms, MOD)

    first = reply(rooms, key, "accept\r\n")
    again = reply(rooms, key, "accept\r\n")
    other = reply(rooms, key_of(rooms, SECOND), "reject\r\nNo.\r\n", by=SECOND)

    assert first is not None
    assert again is not None
    assert other is not None
    assert isinstance(first.outcome, Decided)
    assert isinstance(again.outcome, AlreadyDecided)
    assert isinstance(other.outcome, AlreadyDecided)
    assert len(rooms.waiting("distribute")) == 1
    told = [m for m in mails(rooms) if m.subject == "Already decided: A question"]
    assert [m.to for m in told] == [MOD, SECOND]
    assert all(MOD.encode() in m.raw for m in told)
    assert [m.to for m in mails(rooms) if m.subject.startswith("Done: ")] == [MOD]


def test_a_reply_rejects_with_a_reason(rooms: Rooms):
    """The words after the verb reach the author."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))

    reply(rooms, key_of(rooms, MOD), "Reject\r\nWrong list, sorry.\r\n> quoted\r\n")

    assert state(rooms, held.request_id) == "rejected"
    [told] = [m for m in mails(rooms) if "rejected" in m.subject and m.to == EVE]
    assert b"Wrong list, sorry." in told.raw
    assert b"quoted" not in told.raw


@pytest.mark.parametrize("body", ["", "hm\r\n", "accept or reject?\r\n"])
def test_a_reply_without_a_verb(rooms: Rooms, body: str):
    """What is not understood decides nothing, and is answered with how to answer."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))

    answered = reply(rooms, key_of(rooms, MOD), body)

    assert answered is not None
    assert isinstance(answered.outcome, NotUnderstood)
    assert state(rooms, held.request_id) == "waiting"
    assert b"Begin your answer with one word" in mails(rooms)[-1].raw.replace(
        b"\r\n", b" "
    )


def test_a_note_decides_nothing(rooms: Rooms):
    """A note by mail is left for the others, under the name of its key's holder."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))

    answered = reply(rooms, key_of(rooms, MOD), "note: do we know her?\r\n")

    assert answered is not None
    assert isinstance(answered.outcome, Noted)
    [row] = rooms.rows("SELECT * FROM request WHERE id = %s", held.request_id)
    assert row.state == "waiting"
    assert row.note.endswith(f"{MOD}: do we know her?")


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("", "confirmed"),
        ("> quoted\r\n", "confirmed"),
        ("confirm\r\n", "confirmed"),
        ("reject\r\n", "withdrawn"),
        ("I have not sent this!\r\n", "waiting"),
        ("spam\r\n", "waiting"),
    ],
)
def test_was_it_you(rooms: Rooms, body: str, ends: str):
    """To reply is to confirm; reject withdraws, and anything else decides nothing."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE), waits_for="person")

    reply(rooms, key_of(rooms, EVE), body, by=EVE)

    assert state(rooms, held.request_id) == ends
    assert len(rooms.waiting("distribute")) == (ends == "confirmed")


def test_topics_are_chosen_by_reply(rooms: Rooms):
    """An author who is asked for topics names them, and the post goes on."""
    held = hold_post(
        rooms,
        moderated(rooms),
        post_bytes(EVE),
        waits_for="person",
        topic_choices=["exams: Exams and marks", "sports: Sports"],
    )
    key = key_of(rooms, EVE)

    reply(rooms, key, "", by=EVE)
    assert state(rooms, held.request_id) == "waiting"
    reply(rooms, key, "Sports, please\r\n", by=EVE)

    assert state(rooms, held.request_id) == "confirmed"
    [tag] = rooms.rows("SELECT * FROM message_topic")
    assert (tag.topics, tag.method) == (["sports"], "sender")


@pytest.mark.parametrize(
    "command", ["ADD dev new@e.example", "add DEV@lists.example  new@e.example"]
)
def test_an_owner_sends_the_command_back(rooms: Rooms, command: str):
    """AUTH with what the owner was told to send agrees to a subscription."""
    list_id = rooms.add_list(owners=[OWNER])
    hold_request(rooms, list_id, person="new@e.example", command="SUBSCRIBE dev")
    key = key_of(rooms, OWNER)
    auth = {"key": key, "by": OWNER, "verb": Verb.CONFIRM, "action": "confirm"}

    other = by_mail(rooms, **auth, command="ADD dev other@e.example")
    assert isinstance(other.outcome, OtherCommand)
    assert by_mail(rooms, **auth, command=command).done
    assert subscribing.is_member(rooms.conn, list_id, "new@e.example")


def test_what_cannot_be_done_is_said(rooms: Rooms):
    """A full list is a sentence to the owner, and the request goes on waiting."""
    list_id = rooms.add_list(owners=[OWNER], members=[EVE], max_members=1)
    held = hold_request(rooms, list_id, person="new@e.example")

    answered = by_mail(rooms, key=key_of(rooms, OWNER), by=OWNER)

    assert isinstance(answered.outcome, Impossible)
    assert "is full" in str(answered.sentence)
    assert state(rooms, held.request_id) == "waiting"
