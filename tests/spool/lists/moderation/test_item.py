"""One request as it is shown to who decides: everything that helps, and nothing that bites."""

from collections.abc import Sequence
from typing import Any

from listhub.archive.render import View
from listhub.lists.moderation import decide as decisions, item, senders
from listhub.lists.moderation.item import Mail, Shown
from listhub.lists.moderation.outcomes import Action
from tests import archived
from tests.held import add_moderators, decide, hold_post, hold_request
from tests.queues import counted
from tests.rooms import Rooms, post_bytes

MOD, SECOND, EVE = "mod@a.example", "zed@b.example", "eve@e.example"
#: A mail with all that a moderator is to see, and much that they are not to run.
MIXED = (
    f"Received: from x (x [192.0.2.7]) by mx.lists.example; Fri, 20 Nov 2026\r\n"
    f"From: {EVE}\r\nTo: dev@lists.example\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n"
    "Message-ID: <mixed@e.example>\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
    '--m\r\nContent-Type: multipart/alternative; boundary="a"\r\n\r\n'
    "--a\r\nContent-Type: text/plain\r\n\r\nThe plain words.\r\n"
    "--a\r\nContent-Type: text/html\r\n\r\n"
    "<p onclick=alert(1)>The <b>rich</b> words.<script>alert(2)</script>"
    '<img src="https://track.example/x.gif"></p>\r\n--a--\r\n'
    "--m\r\nContent-Type: application/pdf\r\n"
    'Content-Disposition: attachment; filename="../plan.pdf"\r\n\r\n%PDF\r\n--m--\r\n'
).encode()


def moderated(rooms: Rooms) -> int:
    list_id = rooms.add_list()
    add_moderators(rooms, list_id, MOD, SECOND)
    return list_id


def show(rooms: Rooms, number: int, *, html: bool = False, **given: Any) -> Shown:
    view = View(addresses=True, file_url=lambda n: f"/files/{n}", html=html)
    found = item.show(
        rooms.conn, number, settings=rooms.host.settings, view=view, **given
    )
    rooms.conn.commit()
    assert found is not None
    return found


def mail_of(found: Shown) -> Mail:
    assert found.mail is not None
    return found.mail


def deeds(found: Shown) -> Sequence[tuple[str, str, str]]:
    return [(event.deed, event.who, event.how) for event in found.history]


def test_text_and_html_without_what_acts(rooms: Rooms):
    """Text first, HTML if asked for, no script, images elsewhere only on demand."""
    number = hold_post(rooms, moderated(rooms), MIXED).request_id

    text = mail_of(show(rooms, number)).shown
    assert "The plain words." in text.body
    assert (text.subject, text.has_html, text.address) == ("Café", True, EVE)
    html = mail_of(show(rooms, number, html=True)).shown
    assert "<b>rich</b>" in html.body
    assert "script" not in html.body
    assert "onclick" not in html.body
    assert html.remote_images == 1
    assert " src=" not in html.body
    loud = mail_of(show(rooms, number, html=True, remote_images=True)).shown
    assert 'src="https://track.example/x.gif"' in loud.body


def test_files_are_named_and_given_out(rooms: Rooms):
    """Each attachment with a safe name, its type and its size; its bytes by number."""
    number = hold_post(rooms, moderated(rooms), MIXED).request_id
    found = show(rooms, number)
    [file] = mail_of(found).shown.files
    assert (file.name, file.media_type, file.size) == ("plan.pdf", "application/pdf", 4)
    got = item.file(rooms.conn, found.request, file.number)
    assert got is not None
    assert got[1] == b"%PDF"
    assert item.file(rooms.conn, found.request, 99) is None


def test_source_and_fields_have_an_end(rooms: Rooms):
    """The header is readable, the source is the mail itself, cut where it is long."""
    number = hold_post(rooms, moderated(rooms), MIXED).request_id
    found = show(rooms, number)
    assert ("Subject", "Café") in mail_of(found).fields
    assert mail_of(found).fields[0][0] == "Received"
    whole = item.source(rooms.conn, found.request)
    assert whole is not None
    assert (whole.text.encode(), whole.size, whole.cut) == (MIXED, len(MIXED), False)
    cut = item.source(rooms.conn, found.request, limit=10)
    assert cut is not None
    assert (len(cut.text), cut.cut) == (10, True)


def test_why_it_waits(rooms: Rooms):
    """A rule with its file and line, or what else it was, in words."""
    list_id = moderated(rooms)
    rule = "send.private:12: true() smtp -> editorkey"
    found = show(rooms, hold_post(rooms, list_id, why=rule).request_id)
    assert (found.why.file, found.why.line) == ("send.private", 12)
    assert found.why.rule == "true() smtp -> editorkey"
    assert "Line 12 of send.private" in str(found.why.sentence)
    raw = post_bytes(EVE, message_id="two@e")
    spam = hold_post(rooms, list_id, raw, why="marked as spam").request_id
    assert str(show(rooms, spam).why.sentence) == "marked as spam"
    raw = post_bytes(EVE, message_id="three@e")
    unknown = hold_post(rooms, list_id, raw, why="").request_id
    assert "Nothing was written down" in str(show(rooms, unknown).why.sentence)


def test_the_senders_past_on_this_list(rooms: Rooms):
    """Posts, what was decided, membership, and the files that name them; of one list."""
    list_id = moderated(rooms)
    rooms.subscribe(list_id, EVE)
    archived.file_posts(
        rooms.conn, list_id, [archived.post("old", author=f"Eve <{EVE.upper()}>")]
    )
    ends = [Action.APPROVE, Action.REJECT, Action.REJECT, Action.SPAM]
    for n, action in enumerate(ends):
        raw = post_bytes(EVE, message_id=f"{n}@e.example")
        decide(rooms, hold_post(rooms, list_id, raw).request_id, action)
    other = rooms.add_list("other")
    hold_post(rooms, other, post_bytes(EVE, message_id="else@e.example"))
    senders.allow(rooms.conn, list_id, EVE, actor=MOD)
    number = hold_post(rooms, list_id, MIXED).request_id

    sender = show(rooms, number).sender
    assert sender is not None
    assert (sender.posts, sender.held, sender.waiting) == (1, 4, 0)
    assert (sender.approved, sender.rejected, sender.spam) == (1, 2, 1)
    assert sender.first_seen == archived.BEGAN
    assert sender.member_since is not None
    assert (sender.bounces, sender.allowed, sender.blocked) == (0, True, False)


def test_a_stranger_has_no_past(rooms: Rooms):
    """Nothing is known of who writes for the first time but this."""
    sender = show(rooms, hold_post(rooms, moderated(rooms), MIXED).request_id).sender
    assert sender is not None
    assert (sender.posts, sender.held, sender.member_since) == (0, 0, None)
    assert sender.first_seen is not None


def test_the_conversation_it_goes_on_from(rooms: Rooms):
    """By what it answers, with a link to it; by its subject where it names nothing."""
    list_id = moderated(rooms)
    archived.file_posts(
        rooms.conn,
        list_id,
        [
            archived.post("a", subject="The plan"),
            archived.post("b", subject="Re: The plan", hours=1, refs=["a"]),
            archived.post("c", subject="Lunch", hours=2),
        ],
    )
    archived.file_posts(rooms.conn, rooms.add_list("other"), [archived.post("x")])

    def conversation(name: str, subject: str, extra: str = "") -> Any:
        raw = post_bytes(EVE, subject=subject, message_id=f"{name}@e", extra=extra)
        number = hold_post(rooms, list_id, raw).request_id
        return mail_of(show(rooms, number)).conversation

    answer = conversation("1", "Whatever", "In-Reply-To: <b@m>\r\n")
    assert (answer.found_by, answer.total) == ("references", 2)
    assert [each.subject for each in answer.posts] == ["The plan", "Re: The plan"]
    assert [each.answered for each in answer.posts] == [False, True]
    assert all(each.permalink for each in answer.posts)
    named = conversation("2", "AW: lunch")
    assert (named.found_by, named.total) == ("subject", 1)
    assert conversation("3", "Lunch") is None
    assert conversation("4", "Re: nothing", "In-Reply-To: <x@m>\r\n") is None


def test_history_tells_who_when_and_how(rooms: Rooms):
    """Notes, decisions by mail as by the web, in the order of time."""
    number = hold_post(rooms, moderated(rooms), MIXED).request_id
    decisions.note(rooms.conn, number, "Do we know her?", by=SECOND, how="mail")
    decide(rooms, number, Action.REJECT, by=MOD, how="mail")

    found = show(rooms, number)
    assert deeds(found) == [
        ("hold", "", ""),
        ("note", SECOND, "mail"),
        ("reject", MOD, "mail"),
    ]
    assert found.history[1].words == "Do we know her?"
    assert str(found.history[2].sentence) == f"{MOD} rejected it, by mail."
    assert found.standing.decided_by == MOD


def test_a_request_that_is_no_mail(rooms: Rooms):
    """A subscription has a past and a history, and nothing to be rendered."""
    found = show(rooms, hold_request(rooms, moderated(rooms)).request_id)
    assert found.mail is None
    assert found.sender is not None
    assert item.source(rooms.conn, found.request) is None


def test_what_is_not_there_is_none(rooms: Rooms):
    """A number that nobody has is no error."""
    view = View(addresses=True, file_url=str)
    assert item.show(rooms.conn, 999, settings=rooms.host.settings, view=view) is None


def test_showing_costs_a_few_statements(rooms: Rooms):
    """Whatever the list has seen, a view asks the same few questions."""
    number = hold_post(rooms, moderated(rooms), MIXED).request_id
    with counted(rooms) as seen:
        show(rooms, number)
    assert 4 <= len(seen) <= 8, seen
