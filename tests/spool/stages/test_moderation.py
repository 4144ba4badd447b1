"""Posts and commands that wait, on their way through the rooms."""

import uuid

import pytest

from listhub.lists.moderation.hold import send_to_editors
from listhub.lists.posting import find_list
from tests.held import add_moderators, mails, post_of
from tests.rooms import DOMAIN, Rooms, post_bytes

OWNER, MOD, SECOND = "owner@a.example", "mod@a.example", "zed@b.example"
ANN, BOB = "ann@a.example", "bob@b.example"


def moderated(rooms: Rooms, **settings: str) -> int:
    list_id = rooms.add_list(owners=[OWNER], members=[ANN, BOB], **settings)
    add_moderators(rooms, list_id, MOD, SECOND)
    return list_id


def write(
    rooms: Rooms, author: str, body: str, *, subject: str, message_id: str
) -> None:
    """Send a mail to the command address, and have it done."""
    raw = post_bytes(
        author, to=f"sympa@{DOMAIN}", subject=subject, message_id=message_id, body=body
    )
    rooms.put(
        "command",
        raw,
        recipient=f"sympa@{DOMAIN}",
        reverse_path=author,
        list_id=None,
    )
    rooms.drain("command")


def key_for(rooms: Rooms, who: str) -> str:
    return next(m.key for m in mails(rooms) if m.to == who and m.mode == "notice")


def copies(rooms: Rooms) -> list[str]:
    """Return who got the post itself."""
    return sorted(
        mail.to for mail in mails(rooms) if mail.mode not in {"notice", "dsn"}
    )


@pytest.mark.parametrize("by_command", [True, False], ids=["command", "reply"])
def test_a_post_is_approved_by_mail(rooms: Rooms, *, by_command: bool):
    """A held post reaches the members once a moderator answers, by either kind of mail."""
    moderated(rooms, send="editorkey")
    rooms.put("distribute", post_bytes(ANN))
    rooms.drain("distribute")
    assert copies(rooms) == []

    key = key_for(rooms, MOD)
    subject = f"DISTRIBUTE dev {key}" if by_command else f"Re: x [{key}]"
    body = "" if by_command else "accept\r\n"
    write(rooms, MOD, body, subject=subject, message_id="a@a")
    rooms.drain("distribute")

    assert copies(rooms) == [ANN, BOB]
    again = f"DISTRIBUTE dev {key_for(rooms, SECOND)}"
    write(rooms, SECOND, "", subject=again, message_id="b@a")
    rooms.drain("distribute")
    assert copies(rooms) == [ANN, BOB]
    assert MOD.encode() in mails(rooms)[-1].raw
    assert mails(rooms)[-1].to == SECOND


def test_a_post_is_rejected_by_mail(rooms: Rooms):
    """A moderator's reason reaches the author, and the post nobody."""
    moderated(rooms, send="editorkey")
    rooms.put("distribute", post_bytes(ANN))
    rooms.drain("distribute")

    subject = f"Re: x [{key_for(rooms, MOD)}]"
    body = "reject\r\nNot here, please.\r\n"
    write(rooms, MOD, body, subject=subject, message_id="a@a")
    rooms.drain("distribute")

    assert copies(rooms) == []
    assert any(m.to == ANN and b"Not here, please." in m.raw for m in mails(rooms))


@pytest.mark.parametrize("by_command", [True, False], ids=["command", "reply"])
def test_a_post_is_confirmed_by_its_author(rooms: Rooms, *, by_command: bool):
    """A post that its author has to confirm goes out once they answer, and once only."""
    moderated(rooms, send="privatekey")
    rooms.put("distribute", post_bytes(ANN))
    rooms.drain("distribute")
    assert copies(rooms) == []

    key = key_for(rooms, ANN)
    subject = f"CONFIRM {key}" if by_command else f"Re: x [{key}]"
    for number in range(2):
        write(rooms, ANN, "", subject=subject, message_id=f"{number}@a")
    rooms.drain("distribute")

    assert copies(rooms) == [ANN, BOB]


def test_a_subscription_is_confirmed_and_approved(rooms: Rooms):
    """Who wants to join confirms by mail, an owner agrees by mail, and they are in."""
    eve = "eve@e.example"
    moderated(rooms, subscribe="auth_owner")
    write(rooms, eve, "", subject="SUBSCRIBE dev Eve", message_id="1@e")

    subject = f"AUTH {key_for(rooms, eve)} SUBSCRIBE dev Eve"
    write(rooms, eve, "", subject=subject, message_id="2@e")
    rooms.drain("command")
    subject = f"AUTH {key_for(rooms, OWNER)} ADD dev {eve}"
    write(rooms, OWNER, "", subject=subject, message_id="3@e")

    found = rooms.rows(
        "SELECT FROM subscription JOIN person ON person.id = person_id"
        " WHERE person.address = %s",
        eve,
    )
    assert len(found) == 1
    states = rooms.rows("SELECT waits_for, state FROM request ORDER BY id")
    assert [tuple(row) for row in states] == [
        ("person", "confirmed"),
        ("owners", "approved"),
    ]
    assert any(m.to == eve and m.subject == "Welcome to dev" for m in mails(rooms))


def test_editors_get_the_post_itself(rooms: Rooms):
    """A scenario that says `editor` keeps nothing: moderators get the post as it came."""
    row = find_list(rooms.conn, moderated(rooms))
    assert row is not None
    post = post_of(rooms, post_bytes(ANN))

    items = send_to_editors(
        rooms.conn, row, post, trace=uuid.uuid4(), settings=rooms.host.settings
    )
    rooms.conn.commit()

    assert len(items) == 1
    assert [mail.to for mail in mails(rooms)] == [MOD, SECOND]
    raw = mails(rooms)[0].raw
    assert b"X-Loop: dev-editor@lists.example\r\n" in raw
    assert raw.endswith(post_bytes(ANN).partition(b"\r\n\r\n")[2])
    assert rooms.rows("SELECT FROM request") == []
