"""Who may still decide what, when roles, lists and settings change while it waits."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from listhub.errors import UsageError
from listhub.jobs import expire_requests, remind_moderators
from listhub.lists.moderation import request as requests
from listhub.lists.moderation.answer import (
    Answer,
    Answered,
    Impossible,
    NotInCharge,
    answer,
)
from listhub.lists.moderation.outcomes import Action
from listhub.lists.moderation.reply import Verb
from listhub.spool import store
from tests.held import (
    add_moderators,
    decide,
    hold_post,
    hold_request,
    mails,
    state,
)
from tests.rooms import Rooms, post_bytes

OWNER, MOD, SECOND = "owner@a.example", "mod@a.example", "zed@b.example"
EVE = "eve@e.example"


def moderated(rooms: Rooms, **settings: Any) -> int:
    list_id = rooms.add_list(owners=[OWNER], **settings)
    add_moderators(rooms, list_id, MOD, SECOND)
    return list_id


def by_key(rooms: Rooms, holder: str, verb: Verb = Verb.APPROVE) -> Answered:
    key = next(m.key for m in mails(rooms) if m.to == holder and m.mode == "notice")
    given = Answer(key=key, verb=verb, by=holder)
    answered = answer(rooms.conn, given, settings=rooms.host.settings)
    store.put(rooms.conn, answered.items)
    rooms.conn.commit()
    return answered


def change(rooms: Rooms, query: str, *values: object) -> None:
    rooms.conn.execute(query.encode(), values)
    rooms.conn.commit()


def close(rooms: Rooms) -> None:
    change(rooms, "UPDATE mailing_list SET status = 'closed'")


def test_a_key_ends_with_its_holders_role(rooms: Rooms) -> None:
    """Who is a moderator no more decides nothing by old mail; the others still do."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))
    change(rooms, "DELETE FROM role WHERE person_id = %s", rooms.person(MOD))

    refused = by_key(rooms, MOD)
    assert isinstance(refused.outcome, NotInCharge)
    assert not refused.done
    assert state(rooms, held.request_id) == "waiting"
    assert by_key(rooms, SECOND).done


def test_an_owner_who_was_asked_may_answer_though_there_are_moderators_now(
    rooms: Rooms,
) -> None:
    """A key is good as long as its holder may decide, in whichever role."""
    list_id = rooms.add_list(owners=[OWNER])
    hold_post(rooms, list_id, post_bytes(EVE))
    add_moderators(rooms, list_id, MOD)

    assert by_key(rooms, OWNER).done


def test_nothing_goes_out_through_a_closed_list(rooms: Rooms) -> None:
    """What waits on a list that was closed is rejected or discarded, not let through."""
    list_id = moderated(rooms)
    held = hold_post(rooms, list_id, post_bytes(EVE))
    asked = hold_request(rooms, list_id)
    close(rooms)

    assert isinstance(by_key(rooms, MOD).outcome, Impossible)
    for request_id in (held.request_id, asked.request_id):
        with pytest.raises(UsageError, match="is closed"):
            decide(rooms, request_id, Action.APPROVE)
        rooms.conn.rollback()
        decide(rooms, request_id, Action.REJECT)
        assert state(rooms, request_id) == "rejected"
    assert rooms.waiting("distribute") == []


def test_nobody_is_reminded_of_a_closed_list(rooms: Rooms) -> None:
    """Its posts expire like others, with a word to their authors."""
    held = hold_post(rooms, moderated(rooms, moderation_reminder=1), post_bytes(EVE))
    close(rooms)
    change(rooms, "UPDATE request SET created_at = now() - interval '2 hours'")

    said = remind_moderators.JOB.run(rooms.conn, rooms.host.settings)
    assert said == "the moderators of 0 lists reminded"
    change(rooms, "UPDATE request SET expires_at = now()")
    expire_requests.JOB.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()

    assert state(rooms, held.request_id) == "expired"
    assert [m.to for m in mails(rooms) if "has expired" in m.subject] == [EVE]


def test_one_broken_list_does_not_silence_the_reminders_of_others(rooms: Rooms) -> None:
    """Settings that cannot be used keep back their own list's reminders only."""
    first = moderated(rooms, moderation_reminder=1)
    second = rooms.add_list("staff", owners=[OWNER], moderation_reminder=1)
    for list_id in (first, second):
        hold_post(rooms, list_id, post_bytes(EVE))
    values = Jsonb({"moderation_reminder": "sometimes"})
    change(
        rooms,
        "UPDATE setting_version SET values = %s WHERE list_id = %s",
        values,
        first,
    )
    change(rooms, "UPDATE request SET created_at = now() - interval '2 hours'")

    said = remind_moderators.JOB.run(rooms.conn, rooms.host.settings)

    assert said == "the moderators of 1 lists reminded"


def test_a_post_is_approved_though_settings_became_wrong(rooms: Rooms) -> None:
    """The decision stands; the post waits in its room until the settings are mended."""
    list_id = moderated(rooms, send="editorkey")
    rooms.subscribe(list_id, EVE)
    hold_post(rooms, list_id, post_bytes(EVE))
    broken = "UPDATE setting_version SET values = %s"
    change(rooms, broken, Jsonb({"send": "editorkey", "max_size": "huge"}))

    assert by_key(rooms, MOD).done
    rooms.drain("distribute")
    assert (
        len(rooms.rows("SELECT 1 AS one FROM spool_item WHERE stage = 'distribute'"))
        == 1
    )

    change(rooms, broken, Jsonb({"send": "editorkey"}))
    change(rooms, "UPDATE spool_item SET due_at = now(), state = 'ready'")
    rooms.drain("distribute")
    assert [row.verdict for row in rooms.settled("distribute")][-1] == "done"


def test_owners_hear_of_what_one_of_them_approved(rooms: Rooms) -> None:
    """Where the rule says `notify`, all owners are told who came and on whose word."""
    list_id = rooms.add_list(owners=[OWNER, SECOND])
    asked = hold_request(rooms, list_id, detail={"notify": True})
    left = hold_request(rooms, list_id, kind="signoff", detail={"notify": True})
    before = len(mails(rooms))

    decide(rooms, asked.request_id, Action.APPROVE, by=OWNER)
    decide(rooms, left.request_id, Action.APPROVE, by=OWNER)

    told = [mail for mail in mails(rooms)[before:] if mail.to in {OWNER, SECOND}]
    assert sorted(mail.to for mail in told) == [OWNER, OWNER, SECOND, SECOND]
    assert all(EVE.encode() in mail.raw for mail in told)


def test_a_spammers_forged_author_reads_no_rejection(rooms: Rooms) -> None:
    """Rejecting what a filter marked tells nobody: the address is somebody else's."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE), spam="spam", quiet=True)

    decide(rooms, held.request_id, Action.REJECT)

    assert EVE not in [mail.to for mail in mails(rooms)]


def test_a_program_hears_nothing_of_expiry(rooms: Rooms) -> None:
    """RFC 3834: what a program posted expires without an answer."""
    raw = post_bytes(EVE, extra="Precedence: bulk\r\n")
    hold_post(rooms, moderated(rooms), raw)
    change(rooms, "UPDATE request SET expires_at = now()")

    expire_requests.JOB.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()

    assert EVE not in [mail.to for mail in mails(rooms) if mail.mode == "notice"]


def test_a_list_that_is_gone_takes_its_requests_along(rooms: Rooms) -> None:
    """No request, key or reference to a message is left without its list."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))
    change(rooms, "TRUNCATE packet, outgoing CASCADE")
    change(rooms, "DELETE FROM mailing_list")

    assert requests.load(rooms.conn, held.request_id) is None
    assert rooms.rows("SELECT 1 AS one FROM request_key") == []
