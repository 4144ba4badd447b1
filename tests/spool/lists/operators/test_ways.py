"""The way of a message for pages: found by any part, told down to the recipient."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from listhub.clock import now
from listhub.errors import PermanentError
from listhub.intake.accept import Incoming, accept
from listhub.lists import directory
from listhub.lists.directory import Destination
from listhub.lists.operators import copies, dossier, recipients, search
from listhub.lists.operators.search import Wanted
from listhub.spool import browse, processes, store
from listhub.spool.chosen import Filter
from listhub.spool.items import Bury
from listhub.spool.processes import Beat
from tests.relay_thread import relay_in_thread
from tests.rooms import DOMAIN, Rooms, open_rooms, post_bytes
from tests.smtp_server import Answer, Script

MEMBERS = [f"User{n}@d{n % 3}.example" for n in range(12)]
DEV, NEWS = f"dev@{DOMAIN}", f"news@{DOMAIN}"


def rcpt(command: str) -> Answer | None:
    """Answer as a relay that knows no user5 and has no room for user7."""
    if "user5@" in command.lower():
        return "550 5.1.1 no such user"
    return "451 4.2.2 mailbox full" if "user7@" in command.lower() else None


@pytest.fixture
def site(database_url: str) -> Iterator[Rooms]:
    """Return a site that sent two posts to dev, and has one to news waiting."""
    with relay_in_thread(Script(answers={"rcpt": rcpt})) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            rooms.add_list(members=MEMBERS, send="public", verp_rate=0)
            rooms.add_list("news", members=["late@d.example"], send="public")
            take(rooms, post_bytes(), DEV)
            caf = "=?utf-8?q?Caf=C3=A9_at_noon?="
            second = post_bytes(
                "bob@b.example", subject=caf, message_id="two@b.example"
            )
            take(rooms, second, DEV)
            for stage in ("distribute", "archive", "send"):
                rooms.drain(stage)
            take(rooms, post_bytes("eve@e.example", message_id="three@e.example"), NEWS)
            yield rooms


def take(rooms: Rooms, content: bytes, *to: str) -> None:
    found = directory.find(rooms.conn, to)
    there = [(a, d) for a, d in found.items() if isinstance(d, Destination)]
    mail = Incoming(
        content=content,
        reverse_path="bounces@a.example",
        recipients=tuple(there),
        via="lmtp",
        host="mx1",
    )
    accept(rooms.conn, [mail], window=timedelta(days=1))
    rooms.conn.commit()


def found(rooms: Rooms, **wanted: Any) -> list[str | None]:
    return [one.message_id for one in search.search(rooms.conn, Wanted(**wanted)).rows]


def test_a_message_is_found_by_any_part(site: Rooms) -> None:
    """Message-ID, trace, author, reverse-path, list, subject, address, time: newest first."""
    one, two, three = "one@a.example", "two@b.example", "three@e.example"
    assert found(site) == [three, two, one]
    assert found(site, message_id=" <two@b.example> ") == [two]
    assert found(site, sender="BOB@") == [two]
    assert found(site, sender="bounces@a.example") == [three, two, one]
    assert found(site, subject="café AT") == [two]
    assert found(site, subject="_") == []
    assert found(site, recipient=NEWS.upper()) == [three]
    assert found(site, list_id=1, subject="question") == [one]
    assert found(site, until=now() - timedelta(hours=1)) == []
    assert found(site, since=now() - timedelta(hours=1), sender="eve") == [three]

    [waits] = search.search(site.conn, Wanted(sender="eve@e.example")).rows
    assert (waits.verdict, waits.stage, waits.list) == ("ready", "distribute", NEWS)
    [sent] = search.search(site.conn, Wanted(message_id=two)).rows
    assert (sent.verdict, sent.subject) == ("done", "Café at noon")
    assert sent.note == "post 2 to 12 recipients"
    assert found(site, trace=sent.trace) == [two]
    assert found(site, trace=uuid.uuid4()) == []


def test_what_was_found_is_paged(site: Rooms) -> None:
    """Pages go from what waits to what is history, and back."""
    first = search.search(site.conn, Wanted(), size=2)
    second = search.search(site.conn, Wanted(), cursor=first.after, size=2)
    assert [one.message_id for one in second.rows] == ["one@a.example"]
    assert second.after == ""
    back = search.search(site.conn, Wanted(), cursor=second.before, size=2)
    assert back.rows == first.rows


def test_each_recipient_has_a_line(site: Rooms) -> None:
    """All recipients in the order of packets; those of one state; forwards and back."""
    [outgoing] = site.rows("SELECT id FROM outgoing WHERE message_id = 'one@a.example'")
    conn, number = site.conn, outgoing.id
    first = recipients.page(conn, number, size=7)
    second = recipients.page(conn, number, cursor=first.after, size=7)
    everybody = [*first.rows, *second.rows]
    assert sorted(one.address for one in everybody) == sorted(MEMBERS)
    back = recipients.page(conn, number, cursor=second.before, size=7)
    assert back.rows == first.rows

    def of(state: recipients.State) -> list[str]:
        return [one.address for one in recipients.page(conn, number, state=state).rows]

    assert of("refused") == ["User5@d2.example"]
    assert of("deferred") == ["User7@d1.example"]
    assert len(of("delivered")) == 10
    assert of("pending") == of("expired") == []
    [refused] = recipients.page(conn, number, state="refused").rows
    assert (refused.code, refused.enhanced, refused.host) == (550, "5.1.1", "test")
    assert refused.reply == "no such user"


def test_recipients_of_what_has_not_left_are_pending(site: Rooms) -> None:
    """A message whose packets wait has all its recipients, none with an answer."""
    site.drain("distribute")
    [outgoing] = site.rows(
        "SELECT id FROM outgoing WHERE message_id = 'three@e.example'"
    )
    [late] = recipients.page(site.conn, outgoing.id, state="pending").rows
    assert (late.address, late.state, late.at) == ("late@d.example", "pending", None)


def test_an_addresss_copies_are_paged(site: Rooms) -> None:
    """What one address got, newest first, in whatever case it is asked for."""
    first = copies.page(site.conn, "uSER7@D1.example", size=1)
    second = copies.page(site.conn, "user7@d1.example", cursor=first.after, size=1)
    got = [copy.message_id for copy in (*first.rows, *second.rows)]
    assert got == ["two@b.example", "one@a.example"]
    assert second.after == ""
    assert first.rows[0].answers[-1].reply.startswith("mailbox full")
    assert copies.page(site.conn, "nobody@d1.example").rows == ()
    assert copies.page(site.conn, MEMBERS[0], list_id=2).rows == ()


def test_an_item_in_full(site: Rooms) -> None:
    """Envelope, lease and holder, decoded headers, text, error, traceback and its way."""
    minute = timedelta(minutes=1)
    [(item, _rank)] = store.claim(
        site.conn, stage="distribute", limit=1, lease=minute, owner="mx1/7"
    )
    me = Beat(name="mx1/7", host="mx1", pid=7, kind="worker", pool="distribution",
              version="1", age=1.0)  # fmt: skip
    processes.beat(site.conn, [me], [])
    worked = dossier.open_item(site.conn, item.id)
    assert worked is not None
    assert worked.holder is not None
    assert (worked.holder.host, worked.holder.alive) == ("mx1", True)
    assert worked.envelope.recipient == NEWS
    assert worked.preview is not None
    assert dict(worked.preview.headers)["From"] == "eve@e.example"
    assert worked.preview.text == "Hello,\nhow are you?\n"
    assert (worked.preview.size, worked.preview.cut) == (
        len(dossier.message(site.conn, worked.item)),
        False,
    )
    assert worked.story is not None
    assert worked.story.lines[0].text.startswith("accepted from <bounces@a.example>")

    store.settle(site.conn, item, Bury(reason="KeyError: 'x'\n\nTraceback\n  line 1\n"))
    buried = dossier.open_item(site.conn, item.id)
    assert buried is not None
    assert (buried.error, buried.traceback) == ("KeyError: 'x'", "Traceback\n  line 1")
    assert buried.holder is None
    assert dossier.open_item(site.conn, 999) is None


def test_a_packet_in_full(site: Rooms) -> None:
    """A packet shows the message that its recipients get, and leads to them."""
    [packet] = browse.waiting(
        site.conn, Filter(stage="send", state="deferred"), limit=1
    )
    opened = dossier.open_item(site.conn, packet.id)
    assert opened is not None
    assert opened.preview is not None
    assert "List-Id" in dict(opened.preview.headers)
    assert opened.outgoing_id is not None
    assert recipients.page(site.conn, opened.outgoing_id).rows
    assert b"how are you?" in dossier.message(site.conn, packet)


def test_a_large_or_missing_message_is_no_obstacle(site: Rooms) -> None:
    """Of 30 MB only the beginning is read; what is gone is said to be."""
    large = post_bytes(body="a line\r\n" * 4_000_000)
    number = site.put("distribute", large)
    opened = dossier.open_item(site.conn, number)
    assert opened is not None
    assert opened.preview is not None
    assert (opened.preview.size, opened.preview.cut) == (len(large), True)
    assert len(opened.preview.text) == 20_000

    site.conn.execute("DELETE FROM body WHERE id = (SELECT max(id) FROM body)")
    gone = dossier.open_item(site.conn, number)
    assert gone is not None
    assert gone.preview is None
    with pytest.raises(PermanentError, match="not kept any more"):
        dossier.message(site.conn, gone.item)
