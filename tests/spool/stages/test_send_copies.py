"""Copies that differ, from the database to the relay."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from listhub.config.reading import derived_key
from listhub.delivery import keys
from listhub.delivery.outgoing import NewOutgoing, Recipient, send_out, sort_key
from listhub.delivery.treatment import Treatment
from listhub.mail import one_click
from listhub.mail.added_text import Text, Texts
from listhub.mail.headers import Headers
from listhub.spool import bodies, store
from listhub.stages.stage import Host
from tests import signing
from tests.relay_thread import relay_in_thread
from tests.rooms import Rooms, open_rooms
from tests.smtp_server import ALL, KILL, Answer, Received, Script

MEMBERS = [f"user{n}@d{n % 3}.example" for n in range(12)]
FOOTER = Texts(footer=Text(text="For {{ user.email }} in {{ user.attributes.room }}."))
HEAD = (
    b"From: Bob <bob@b.example>\r\nTo: dev@lists.example\r\nSubject: Hello\r\n"
    b"Message-ID: <1@b.example>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n"
    b"List-Unsubscribe: <https://lists.example/one-click/"
    + one_click.MARK.encode()
    + b">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n"
)
BODY = b"Hello,\r\n.all\r\n"


def put(rooms: Rooms, treatment: Treatment, *, verp: bool = False) -> dict[str, int]:
    """Have a message with this treatment wait; return the members' subscriptions."""
    list_id = rooms.add_list(members=MEMBERS)
    found = rooms.rows(
        "SELECT person.address, subscription.id FROM subscription"
        " JOIN person ON person.id = person_id"
    )
    known = {row.address: row.id for row in found}
    rooms.conn.execute(
        "UPDATE subscription SET attributes = jsonb_build_object('room', 'R' || id)"
    )
    people = sorted(
        (Recipient(address, known[address], sort_key(address)) for address in MEMBERS),
        key=lambda one: one.key,
    )
    digest = bodies.digest(BODY)
    message = NewOutgoing(
        list_id=list_id,
        trace=uuid.uuid4(),
        message_id="1@b.example",
        head=HEAD,
        body_id=bodies.store(rooms.conn, [(digest, BODY)])[digest],
        bounce_address="dev-owner@lists.example",
        treatment=treatment,
    )
    sent = send_out(
        rooms.conn,
        message,
        plain=[] if verp else people,
        verp=people if verp else [],
        verp_count=len(people) if verp else 0,
        rules=rooms.host.settings.packets,
    )
    store.put(rooms.conn, sent.items)
    rooms.conn.commit()
    return known


def to(mails: list[Received]) -> list[str]:
    """Return all recipients, sorted."""
    return sorted(address for mail in mails for address in mail.recipients)


@pytest.mark.parametrize("verp", [False, True])
def test_every_member_gets_their_own_copy(database_url: str, *, verp: bool):
    """Own footer, own token, in one transaction each, even where the relay has XVERP."""
    treatment = Treatment(
        personalise="footer",
        texts=FOOTER,
        footer_type="append",
        list_address="dev@lists.example",
        one_click=True,
    )
    with relay_in_thread(Script(extensions=(*ALL, "XVERP"))) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            known = put(rooms, treatment, verp=verp)
            rooms.drain("send")
            key = derived_key(rooms.host.settings, one_click.PURPOSE)

            assert to(relay.received) == sorted(MEMBERS)
            for mail in relay.received:
                [address] = mail.recipients
                text = mail.content.decode()
                assert f"For {address} in R{known[address]}." in text
                token = re.search(r"/one-click/([^>]+)>", text)
                assert token is not None
                named = one_click.decode([key], token[1])
                assert named is not None
                assert named.subscription_id == known[address]
                assert "XVERP" not in mail.mail


def test_a_broken_connection_doubles_nobody(database_url: str):
    """The relay goes away midway: the others get theirs, each once."""
    content: Iterator[Answer] = iter(["250 ok", "250 ok", "250 ok", KILL])
    script = Script(answers={"content": lambda _: next(content, None)})
    with relay_in_thread(script) as relay:
        urls = (f"smtp://127.0.0.1:{relay.port}", f"smtp://localhost:{relay.port}")
        with open_rooms(database_url, relays=urls) as rooms:
            put(rooms, Treatment(personalise="footer", texts=FOOTER))
            rooms.drain("send")
            assert to(relay.received) == sorted(MEMBERS)
            [twice] = rooms.rows(
                "SELECT count(*) AS n FROM outcome WHERE state = 'possible_duplicate'"
            )
            assert twice.n == 1


def test_a_deferred_copy_is_made_again(database_url: str):
    """Who is told to wait gets the same text at the next try, and nobody else."""
    once = iter(["451 4.2.0 later"])

    def rcpt(command: str) -> Answer | None:
        return next(once, None) if "user7@" in command else None

    with relay_in_thread(Script(answers={"rcpt": rcpt})) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            put(rooms, Treatment(personalise="footer", texts=FOOTER))
            rooms.drain("send")
            assert len(relay.received) == len(MEMBERS) - 1
            rooms.conn.execute("UPDATE spool_item SET due_at = now()")
            store.promote(rooms.conn, stage="send")
            rooms.conn.commit()
            rooms.drain("send")
            assert to(relay.received) == sorted(MEMBERS)
            assert b"For user7@d1.example in R" in relay.received[-1].content


def test_what_cannot_be_filled_in_harms_no_neighbour(database_url: str):
    """One member's value breaks the template: refused in sight, and no bounce."""
    texts = Texts(
        footer=Text(
            text="{% for a in user.attributes.room %}{% endfor %}{{ user.email }}"
        )
    )
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            known = put(rooms, Treatment(personalise="footer", texts=texts))
            rooms.conn.execute(
                "UPDATE subscription SET attributes = jsonb_build_object('room',"
                " repeat('x', 20000)) WHERE id = %s",
                [known["user7@d1.example"]],
            )
            rooms.conn.commit()
            rooms.drain("send")
            assert len(relay.received) == len(MEMBERS) - 1
            [refused] = rooms.rows("SELECT * FROM outcome WHERE state = 'refused'")
            assert (refused.enhanced, refused.relay != "") == ("5.6.5", True)
            assert refused.reply.startswith("template: ")
            assert rooms.rows("SELECT * FROM bounce_event") == []


@pytest.mark.parametrize("one_by_one", [False, True])
def test_mail_is_signed_where_its_domain_has_keys(
    database_url: str, tmp_path: Path, *, one_by_one: bool
):
    """Copies that are alike bear one signature; those that differ, each their own."""
    keys.write_key(tmp_path, signing.key("rsa"))
    treatment = Treatment(sign=signing.DOMAIN, one_click=one_by_one)
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            put(rooms, treatment)
            _drain_with_keys(rooms, tmp_path)
            assert to(relay.received) == sorted(MEMBERS)
            # Twelve recipients with the default packet rules, or one by one.
            assert (len(relay.received) == len(MEMBERS)) == one_by_one
            assert all(signing.passes(mail.content) for mail in relay.received)


def test_a_spoilt_key_makes_mail_wait(database_url: str, tmp_path: Path):
    """Nothing leaves unsigned, and nothing is given up."""
    place = tmp_path / signing.DOMAIN
    place.mkdir()
    (place / "x.pem").write_text("nonsense")
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            put(rooms, Treatment(sign=signing.DOMAIN))
            _drain_with_keys(rooms, tmp_path)
            assert relay.received == []
            assert {item.attempts for item in rooms.waiting("send", "deferred")} == {0}


def test_reports_are_asked_of_relays_that_make_them(database_url: str):
    """RFC 3461: name of the message, and of each recipient; elsewhere nothing is said."""
    for extensions, asked in ((ALL, False), ((*ALL, "DSN"), True)):
        with relay_in_thread(Script(extensions=extensions)) as relay:
            url = f"smtp://127.0.0.1:{relay.port}"
            with open_rooms(database_url, relays=(url,)) as rooms:
                rooms.conn.execute("TRUNCATE mailing_list, person CASCADE")
                put(rooms, Treatment(track=True))
                rooms.drain("send")
                assert to(relay.received) == sorted(MEMBERS)
                assert all(
                    (re.search(r" RET=HDRS ENVID=\d+", mail.mail) is not None) == asked
                    for mail in relay.received
                )


def test_a_message_without_a_treatment_leaves_as_it_is(database_url: str):
    """The way of most mail, and of all that an older release has put: not a byte more."""
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            put(rooms, Treatment())
            rooms.drain("send")
            assert {mail.content for mail in relay.received} == {HEAD + BODY}
            assert Headers.parse(relay.received[0].content).to_bytes() == HEAD


def _drain_with_keys(rooms: Rooms, directory: Path) -> None:
    settings = rooms.host.settings
    dkim = replace(settings.dkim, directory=str(directory))
    host = Host(settings=replace(settings, dkim=dkim), name="keys")
    try:
        replace(rooms, host=host).drain("send")
    finally:
        host.close()
