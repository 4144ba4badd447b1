from datetime import timedelta

from listhub.spool import bodies
from tests.held import add_moderators, hold_post, hold_request, mails, state
from tests.rooms import Rooms, post_bytes

OWNER, MOD, SECOND = "owner@a.example", "mod@a.example", "zed@b.example"
EVE = "eve@e.example"


def test_each_moderator_gets_a_key_of_their_own(rooms: Rooms):
    """A held post is mailed to each moderator with a key that is nobody else's."""
    list_id = rooms.add_list(owners=[OWNER])
    add_moderators(rooms, list_id, MOD, SECOND)

    hold_post(rooms, list_id, post_bytes(EVE))

    asked = [mail for mail in mails(rooms) if mail.mode == "notice"]
    assert [mail.to for mail in asked] == [MOD, SECOND]
    assert len({mail.key for mail in asked}) == 2
    assert all(b"how are you?" in mail.raw for mail in asked)
    kept = rooms.rows("SELECT * FROM request_key ORDER BY holder")
    assert [row.holder for row in kept] == [MOD, SECOND]
    assert not any(
        mail.key.encode() in bytes(row.digest) for row in kept for mail in asked
    )


def test_the_author_is_told_that_it_waits(rooms: Rooms):
    """The author of a held post gets a report with status 2.3.0."""
    list_id = rooms.add_list(owners=[OWNER])

    hold_post(rooms, list_id, post_bytes(EVE))

    [told] = [mail for mail in mails(rooms) if mail.mode == "dsn"]
    assert told.to == EVE
    assert b"Status: 2.3.0" in told.raw


def test_nobody_is_told_of_spam_or_of_reports(rooms: Rooms):
    """Neither spam nor what had the null reverse-path is answered, nor if quiet."""
    list_id = rooms.add_list(owners=[OWNER])
    silent = rooms.add_list("calm", owners=[OWNER], tell_author_held=False)

    hold_post(rooms, list_id, post_bytes(EVE, message_id="1@e"), spam="spam")
    hold_post(rooms, list_id, post_bytes(EVE, message_id="2@e"), reverse_path="")
    hold_post(rooms, list_id, post_bytes(EVE, message_id="3@e"), quiet=True)
    hold_post(rooms, silent, post_bytes(EVE, message_id="4@e"))

    assert {mail.to for mail in mails(rooms)} == {OWNER}


def test_spam_is_not_attached(rooms: Rooms):
    """Spam does not reach the moderators' mailboxes by way of us."""
    list_id = rooms.add_list(owners=[OWNER])

    hold_post(rooms, list_id, post_bytes(EVE), spam="spam")

    [asked] = mails(rooms)
    assert b"how are you?" not in asked.raw


def test_somebody_is_always_asked(rooms: Rooms):
    """Moderators who take mail, else all of them, else owners, else listmasters."""
    first = rooms.add_list("first", owners=[OWNER])
    add_moderators(rooms, first, MOD, reception="none")
    add_moderators(rooms, first, SECOND)
    second = rooms.add_list("second", owners=[OWNER])
    add_moderators(rooms, second, MOD, reception="none")
    third = rooms.add_list("third", owners=[OWNER])
    fourth = rooms.add_list("fourth")
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person("root@a.example")],
    )

    for list_id in (first, second, third, fourth):
        hold_post(rooms, list_id, post_bytes(EVE), quiet=True)

    assert [mail.to for mail in mails(rooms)] == [SECOND, MOD, OWNER, "root@a.example"]


def test_the_same_post_waits_once(rooms: Rooms):
    """A post that comes in twice makes one request and no second mail."""
    list_id = rooms.add_list(owners=[OWNER])

    first = hold_post(rooms, list_id, post_bytes(EVE))
    again = hold_post(rooms, list_id, post_bytes(EVE))

    assert (first.fresh, again.fresh) == (True, False)
    assert again.request_id == first.request_id
    assert len(mails(rooms)) == 2


def test_a_post_waits_for_its_author(rooms: Rooms):
    """A post to be confirmed is mailed back, whole, with a key; nobody else is asked."""
    list_id = rooms.add_list(owners=[OWNER])

    held = hold_post(rooms, list_id, post_bytes(EVE), waits_for="person")

    [asked] = mails(rooms)
    assert asked.to == EVE
    assert asked.key
    assert b"how are you?" in asked.raw
    [row] = rooms.rows("SELECT * FROM request WHERE id = %s", held.request_id)
    assert (row.waits_for, row.author) == ("person", EVE)
    assert (row.expires_at - row.created_at).days == 7


def test_asking_twice_makes_one_request(rooms: Rooms):
    """The same command again makes no second row, and new mail only after an hour."""
    list_id = rooms.add_list(owners=[OWNER])

    first = hold_request(rooms, list_id)
    again = hold_request(rooms, list_id, person="EVE@e.example")
    rooms.conn.execute(
        "UPDATE request_key SET created_at = created_at - interval '2 hours'"
    )
    later = hold_request(rooms, list_id)

    assert {first.request_id, again.request_id, later.request_id} == {first.request_id}
    assert (len(first.items), len(again.items), len(later.items)) == (1, 0, 1)
    assert len({mail.key for mail in mails(rooms)}) == 2


def test_a_rollback_leaves_nothing(rooms: Rooms):
    """Whoever dies before the commit has held nothing, mailed nothing, given no key."""
    list_id = rooms.add_list(owners=[OWNER])

    hold_post(rooms, list_id, post_bytes(EVE), commit=False)
    rooms.conn.rollback()

    for table in ("request", "request_key", "outgoing", "spool_item"):
        assert rooms.rows(f"SELECT * FROM {table}") == []  # noqa: S608


def test_held_bodies_are_kept(rooms: Rooms):
    """The vacuum of bodies leaves what waits alone."""
    list_id = rooms.add_list(owners=[OWNER])
    held = hold_post(rooms, list_id, post_bytes(EVE))
    rooms.conn.execute("UPDATE body SET last_put = now() - interval '9 days'")

    assert bodies.vacuum(rooms.conn, age=timedelta(days=1)) == 0
    assert state(rooms, held.request_id) == "waiting"
