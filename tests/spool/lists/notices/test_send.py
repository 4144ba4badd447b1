"""Who is written to, in which language, and who is not."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from listhub import db
from listhub.config import Settings, Site
from listhub.lists import files
from listhub.lists.notices import place as places
from listhub.lists.notices.command_replies import COMMAND_REPORT, Report
from listhub.lists.notices.guards import Answered
from listhub.lists.notices.memberships import WELCOME, Membership
from listhub.lists.notices.moderation import APPROVED, MODERATE, PostDecision
from listhub.lists.notices.notice import Place
from listhub.lists.notices.send import send
from listhub.mail.headers import Headers
from listhub.spool.items import NewItem
from tests.rooms import DOMAIN, Rooms, post_bytes

pytestmark = pytest.mark.spool

DONE = PostDecision(subject="A question")


def place_of(rooms: Rooms, list_id: int) -> Place:
    found = places.of_list(rooms.conn, list_id, settings=rooms.host.settings)
    assert found is not None
    return found


def answer(
    rooms: Rooms,
    *to: str,
    conn: "psycopg.Connection[Any] | None" = None,
    reverse_path: str = "ann@a.example",
    extra: str = "",
    limit: int = 50,
) -> tuple[NewItem, ...]:
    """Send a report of commands, which is an answer."""
    settings = replace(
        rooms.host.settings, site=Site(secret="5e" * 16, answers_per_day=limit)
    )
    return send(
        conn or rooms.conn,
        COMMAND_REPORT,
        Report(results=()),
        to=to,
        place=Place(domain=DOMAIN),
        settings=settings,
        trace=uuid.uuid4(),
        answered=Answered(
            reverse_path=reverse_path, headers=Headers.parse(post_bytes(extra=extra))
        ),
    )


def test_a_notice_leaves_with_the_null_reverse_path(rooms: Rooms):
    """Nobody can answer it by machine, and its items lead to its packets."""
    list_id = rooms.add_list()
    items = send(
        rooms.conn,
        WELCOME,
        Membership(person="bob@b.example"),
        to=["bob@b.example"],
        place=place_of(rooms, list_id),
        settings=rooms.host.settings,
        trace=uuid.uuid4(),
    )
    [row] = rooms.rows("SELECT * FROM outgoing")

    assert [item.stage for item in items] == ["send"]
    assert (row.bounce_address, row.mode, row.list_id) == ("", "notice", list_id)
    assert rooms.sent_to() == ["bob@b.example"]
    assert rooms.head().text("To") == "bob@b.example"


def test_people_read_their_own_language(rooms: Rooms):
    """The person's choice comes before the list's; a role's mail is one per language."""
    list_id = rooms.add_list(language="fr")
    for address, language in (("eve@e.example", "en"), ("zoe@z.example", None)):
        rooms.conn.execute(
            "UPDATE person SET language = %s WHERE id = %s",
            [language, rooms.person(address)],
        )
    send(
        rooms.conn,
        MODERATE,
        MODERATE.sample,
        to=["eve@e.example", "zoe@z.example", "new@n.example"],
        place=place_of(rooms, list_id),
        settings=rooms.host.settings,
        trace=uuid.uuid4(),
        attached=[post_bytes()],
    )
    found = rooms.rows(
        "SELECT head, recipients FROM outgoing ORDER BY id"  # one for each language
    )

    assert [row.recipients for row in found] == [1, 2]
    assert b"Content-Language: en" in bytes(found[0].head)
    assert b"Content-Language: fr" in bytes(found[1].head)
    assert rooms.head().text("To") == f"dev-editor@{DOMAIN}"


@pytest.mark.parametrize(
    ("site", "domain", "own", "language"),
    [
        ("fr", None, None, "fr"),
        ("fr", "en", None, "en"),
        ("fr", "en", "fr", "fr"),
        (None, None, None, "en"),
    ],
)
def test_the_nearest_setting_of_a_language_counts(
    rooms: Rooms,
    site: str | None,
    domain: str | None,
    own: str | None,
    language: str,
):
    """List before domain before site."""
    list_id = rooms.add_list()
    [row] = rooms.rows("SELECT id FROM domain")
    levels = (
        ("site", None, None, site),
        ("domain", row.id, None, domain),
        ("list", None, list_id, own),
    )
    for scope, domain_id, of_list, value in levels:
        if value:
            rooms.conn.execute(
                "INSERT INTO setting_version (scope, domain_id, list_id, version,"
                " values, changed_by) VALUES (%s, %s, %s, 1,"
                " jsonb_build_object('language', %s::text), 'test')",
                [scope, domain_id, of_list, value],
            )

    assert place_of(rooms, list_id).language == language


@pytest.mark.parametrize(
    ("reverse_path", "extra"),
    [
        ("", ""),
        ("ann@a.example", "Auto-Submitted: auto-replied\r\n"),
        ("ann@a.example", "Precedence: bulk\r\n"),
        ("ann@a.example", "Precedence: Junk\r\n"),
        ("ann@a.example", "List-Id: <x.y.example>\r\n"),
    ],
)
def test_programs_and_lists_are_not_answered(
    rooms: Rooms, reverse_path: str, extra: str
):
    """RFC 3834 §2: an answer to these would be the beginning of a loop."""
    rooms.add_list()

    assert answer(rooms, "ann@a.example", reverse_path=reverse_path, extra=extra) == ()
    assert rooms.rows("SELECT FROM outgoing") == []


@pytest.mark.parametrize(
    "to",
    [
        f"dev@{DOMAIN}",
        f"DEV-request@{DOMAIN}",
        f"dev-owner@{DOMAIN}",
        f"sympa@{DOMAIN}",
        f"bounce+x@{DOMAIN}",
        f"listmaster@{DOMAIN}",
        "MAILER-DAEMON@x.example",
        "no-reply@x.example",
        "owner-list@x.example",
        "not an address",
        "",
    ],
)
def test_our_own_addresses_and_robots_get_nothing(rooms: Rooms, to: str):
    """What answers by itself is never written to."""
    rooms.add_list()

    assert answer(rooms, to) == ()


def test_a_person_of_our_domain_is_a_person(rooms: Rooms):
    """An address of a domain of lists that is no list may be somebody's."""
    rooms.add_list()

    assert len(answer(rooms, f"ann@{DOMAIN}")) == 1


def test_a_report_looks_at_the_envelope_only(rooms: Rooms):
    """A newsletter that is refused learns it; the null reverse-path never does."""
    list_id = rooms.add_list()
    for reverse_path, reports in (("ann@a.example", 1), ("", 0)):
        items = send(
            rooms.conn,
            APPROVED,
            DONE,
            to=[reverse_path] if reverse_path else [],
            place=place_of(rooms, list_id),
            settings=rooms.host.settings,
            trace=uuid.uuid4(),
            answered=Answered(
                reverse_path=reverse_path,
                headers=Headers.parse(post_bytes(extra="Precedence: bulk\r\n")),
                recipient=f"dev@{DOMAIN}",
            ),
        )
        assert len(items) == reports
    [row] = rooms.rows("SELECT mode, head FROM outgoing")
    assert row.mode == "dsn"
    assert b"Status: 2.1.5" in bytes(row.head)


def test_an_address_gets_so_many_answers_a_day(rooms: Rooms):
    """The limit counts an address however it is written; notices do not count."""
    list_id = rooms.add_list()
    sent = [
        len(answer(rooms, to, limit=2))
        for to in ("ann@a.example", "ANN@A.example", "ann@a.example", "bob@b.example")
    ]
    unasked = send(
        rooms.conn,
        WELCOME,
        Membership(person="ann@a.example"),
        to=["ann@a.example"],
        place=place_of(rooms, list_id),
        settings=rooms.host.settings,
        trace=uuid.uuid4(),
    )

    assert sent == [1, 1, 0, 1]
    assert len(unasked) == 1


def test_the_limit_holds_over_all_hosts(rooms: Rooms):
    """Twenty answers at once from several connections: the limit is not passed."""
    rooms.add_list()

    def one(_: int) -> int:
        with db.connect(rooms.host.settings.database) as conn:
            return len(answer(rooms, "ann@a.example", conn=conn, limit=7))

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(one, range(20)))

    assert sum(sent) == 7
    [row] = rooms.rows("SELECT count(*) AS n FROM outgoing")
    assert row.n == 7


def test_an_answer_that_is_rolled_back_does_not_count(rooms: Rooms):
    """The count is part of the transaction that answers."""
    rooms.add_list()
    with db.connect(rooms.host.settings.database) as conn:
        answer(rooms, "ann@a.example", conn=conn, limit=1)
        conn.rollback()

    assert len(answer(rooms, "ann@a.example", limit=1)) == 1


def test_an_owners_text_is_used_and_a_wrong_one_is_told_once(rooms: Rooms):
    """The shipped text goes out instead, and one notice waits for the owners."""
    list_id = rooms.add_list(owners=["own@o.example"])
    level = files.Level(scope="list", list_id=list_id, name="dev")
    settings: Settings = rooms.host.settings
    heads = []
    for text in ("Hello {{ person }}.", "Hello {{ nmae }}.", "Hello {{ nmae }}."):
        files.write(rooms.conn, "mail_tt2/welcome", text, level=level, actor="test")
        send(
            rooms.conn,
            WELCOME,
            Membership(person="bob@b.example"),
            to=["bob@b.example"],
            place=place_of(rooms, list_id),
            settings=settings,
            trace=uuid.uuid4(),
        )
        heads.append(
            bytes(rooms.rows("SELECT head FROM outgoing ORDER BY id")[-1].head)
        )

    assert b"Hello bob@b.example." in heads[0]
    assert b"is now a member" in heads[1]
    [row] = rooms.rows("SELECT kind, detail FROM notice_waiting")
    assert row.kind == "template_broken"
    assert row.detail == {
        "path": "mail_tt2/welcome",
        "problem": "'nmae' is undefined",
    }
