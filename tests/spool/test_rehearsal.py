"""`listhub message render`: what it prints is what the relay gets."""

import dataclasses
from pathlib import Path

import pytest

from listhub.errors import UsageError
from listhub.lists import files, posting, rehearsal
from listhub.lists.files import Level
from listhub.mail.headers import Headers
from listhub.mail.signing.keys import new_key, to_pem
from listhub.outside.answers import Answers
from tests.relay_thread import relay_in_thread
from tests.rooms import DOMAIN, Rooms, open_rooms, post_bytes
from tests.smtp_server import ScriptedRelay

MEMBER = "bob@b.example"
#: Told anew for each copy: when it was signed, and the signature over that.
PASSING = {b"dkim-signature"}


def rehearsed(rooms: Rooms, raw: bytes, subscription: int, reception: str) -> bytes:
    row = posting.find_list(rooms.conn, 1)
    assert row is not None
    settings = rooms.host.settings
    done = Answers(settings).settled(
        rooms.conn,
        lambda ask: rehearsal.rehearse(
            rooms.conn,
            ask,
            row,
            raw,
            reception=reception,
            site=settings,
            subscription=subscription,
        ),
    )
    rooms.conn.rollback()
    return done.message


def sent(rooms: Rooms, relay: ScriptedRelay, raw: bytes) -> bytes:
    rooms.put("distribute", raw)
    rooms.drain("distribute")
    rooms.drain("send")
    [mail] = relay.received
    return mail.content


def lasting(raw: bytes) -> list[bytes]:
    headers = Headers.parse(raw)
    kept = [field.raw for field in headers.fields if field.name not in PASSING]
    return [*kept, raw[headers.body_offset :]]


def with_site(rooms: Rooms, directory: Path) -> Rooms:
    """Return the rooms of a site with web pages and a key of its own."""
    place = directory / DOMAIN
    place.mkdir(parents=True)
    key = new_key("ed25519", domain=DOMAIN, selector="s1")
    (place / "s1.pem").write_bytes(to_pem(key))
    (place / "s1.pem").chmod(0o600)
    settings = dataclasses.replace(
        rooms.host.settings,
        web=dataclasses.replace(rooms.host.settings.web, url="https://l.example"),
        dkim=dataclasses.replace(rooms.host.settings.dkim, directory=str(directory)),
    )
    host = dataclasses.replace(rooms.host, settings=settings, flows={}, _links=[])
    return dataclasses.replace(rooms, host=host)


@pytest.mark.parametrize("reception", ["each", "text", "notice"])
@pytest.mark.parametrize("personalization", ["none", "footer", "all"])
def test_it_is_what_the_relay_gets(
    database_url: str, tmp_path: Path, reception: str, personalization: str
):
    """Header and body are those of the real copy, but for the time of the signature."""
    raw = post_bytes(body="Hello [% user.email %]\r\n.a dot\r\n")
    with relay_in_thread() as relay:
        path = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(path,)) as plain:
            rooms = with_site(plain, tmp_path / "keys")
            number = rooms.add_list(
                send="public",
                personalization=personalization,
                custom_subject="[{name}]",
                footer_type="append",
            )
            member = rooms.subscribe(number, MEMBER, reception=reception)
            files.write(
                rooms.conn,
                "message_footer",
                "Left at {{ user.email }}",
                level=Level(scope="list", list_id=number, name="dev"),
                actor="test",
            )
            rooms.conn.commit()

            said = rehearsed(rooms, raw, member, reception)
            got = sent(rooms, relay, raw)
            rooms.host.close()

    assert lasting(said) == lasting(got)
    assert b"DKIM-Signature" in got
    assert b"one-click/" in got
    if personalization != "none" and reception != "notice":
        assert b"Left at bob@b.example" in got


def test_a_text_that_is_no_template(rooms: Rooms):
    """A broken footer is one sentence here, and a report to the author when posted."""
    number = rooms.add_list(members=[MEMBER], send="public", personalization="footer")
    files.write(
        rooms.conn,
        "message_footer",
        "{{ user.email",
        level=Level(scope="list", list_id=number, name="dev"),
        actor="test",
    )
    rooms.conn.commit()
    with pytest.raises(UsageError):
        rehearsed(rooms, post_bytes(), 0, "each")

    rooms.put("distribute", post_bytes())
    rooms.drain("distribute")

    [done] = rooms.settled("distribute")
    assert done.verdict == "refused"
    assert done.note.startswith("5.6.5")
    assert rooms.rows("SELECT sequence FROM mailing_list")[0].sequence == 0
