from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from listhub.mail import verp
from listhub.spool import store
from listhub.stages.drain import drain
from listhub.stages.packets import PacketDesk
from tests.relay_thread import relay_in_thread
from tests.rooms import Rooms, open_rooms, post_bytes
from tests.smtp_server import ALL, KILL, Answer, Script

MEMBERS = [f"user{n}@d{n % 3}.example" for n in range(12)]


def fill(rooms: Rooms, **settings: Any) -> None:
    """Have one post of twelve members wait in the sending room."""
    rooms.add_list(members=MEMBERS, send="public", **settings)
    rooms.put("distribute", post_bytes())
    rooms.drain("distribute")


def states(rooms: Rooms) -> Counter[str]:
    """Return how many recipients have each state; attempts count each."""
    counted: Counter[str] = Counter()
    for row in rooms.rows("SELECT state, last - first + 1 AS n FROM outcome"):
        counted[row.state] += row.n
    return counted


@pytest.mark.parametrize("rate", [0, 33, 100])
def test_every_member_gets_one_copy_and_one_outcome(database_url: str, rate: int):
    """Plain, VERP or mixed: each recipient has one copy and one answer on record."""
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            fill(rooms, verp_rate=rate)
            rooms.drain("send")

            got = [to for mail in relay.received for to in mail.recipients]
            assert sorted(got) == sorted(MEMBERS)
            assert states(rooms) == {"delivered": 12}
            assert rooms.waiting("send") == []


def test_verp_reverse_paths_name_the_subscription(database_url: str):
    """Each copy's reverse-path is a token that leads back to its subscription."""
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            fill(rooms, verp_rate=100)
            rooms.drain("send")

            known = {
                row.id: row.address
                for row in rooms.rows(
                    "SELECT s.id, p.address FROM subscription s"
                    " JOIN person p ON p.id = s.person_id"
                )
            }
            for mail in relay.received:
                local = mail.mail.partition("<")[2].partition("@")[0]
                token = verp.decode(rooms.host.verp_key, local)
                assert token is not None
                assert known[token.subscription_id] == mail.recipients[0]


def test_xverp_goes_many_at_a_time(database_url: str):
    """A relay that announces XVERP gets a packet in one transaction."""
    script = Script(extensions=(*ALL, "XVERP"))
    with relay_in_thread(script) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            fill(rooms, verp_rate=100)
            rooms.drain("send")

            assert len(relay.received) < len(MEMBERS)
            assert all("XVERP=+=" in mail.mail for mail in relay.received)
            assert states(rooms) == {"delivered": 12}


def test_a_refused_member_has_a_bounce_event(database_url: str):
    """A 550 at RCPT is final, recorded for that member, and harms no neighbour."""

    def rcpt(command: str) -> Answer | None:
        return "550 5.1.1 no such user" if "user7@" in command else None

    with relay_in_thread(Script(answers={"rcpt": rcpt})) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            fill(rooms, verp_rate=0)
            rooms.drain("send")

            assert states(rooms) == {"delivered": 11, "refused": 1}
            [event] = rooms.rows("SELECT * FROM bounce_event")
            assert (event.address, event.source, event.status) == (
                "user7@d1.example",
                "smtp",
                "5.1.1",
            )
            assert (event.trouble, event.proof) == ("no-such-user", "token")


def test_a_deferred_member_is_tried_again_alone(database_url: str):
    """A 451 makes the packet wait; the next try goes to that recipient only."""
    answers = iter(["451 4.2.0 later"])

    def rcpt(command: str) -> Answer | None:
        return next(answers, None) if "user7@" in command else None

    with relay_in_thread(Script(answers={"rcpt": rcpt})) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            fill(rooms, verp_rate=0)
            rooms.drain("send")

            [item] = rooms.waiting("send", "deferred")
            assert item.due_at > item.created_at
            assert states(rooms) == {"delivered": 11, "deferred": 1}
            before = len(relay.received)

            rooms.conn.execute("UPDATE spool_item SET due_at = now()")
            store.promote(rooms.conn, stage="send")
            rooms.conn.commit()
            rooms.drain("send")

            [again] = relay.received[before:]
            assert again.recipients == ("user7@d1.example",)
            assert states(rooms) == {"delivered": 12, "deferred": 1}
            assert rooms.waiting("send", "deferred") == []


def test_a_lost_answer_is_a_possible_duplicate(database_url: str):
    """A relay that dies over the content: another gets it, and that is written down."""
    script = Script(answers={"content": [KILL, "250 2.0.0 ok"]})
    with relay_in_thread(script) as relay:
        # One server under two names: the first one's failure rests only itself.
        urls = (f"smtp://127.0.0.1:{relay.port}", f"smtp://localhost:{relay.port}")
        with open_rooms(database_url, relays=urls) as rooms:
            rooms.add_list(members=MEMBERS[:1], send="public", verp_rate=100)
            rooms.put("distribute", post_bytes())
            rooms.drain("distribute")
            rooms.drain("send")

            assert states(rooms) == {"possible_duplicate": 1, "delivered": 1}
            assert len(relay.received) == 1


def test_after_a_crash_only_what_has_no_outcome_goes_out(database_url: str):
    """A packet whose worker died goes on where its outcomes end."""
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            rooms.add_list(members=MEMBERS[:4], send="public", verp_rate=100)
            rooms.put("distribute", post_bytes())
            rooms.drain("distribute")
            # A worker that claims, records two answers and dies.
            lost = store.claim(
                rooms.conn,
                stage="send",
                limit=1,
                lease=timedelta(0),
                owner="somebody who died",
            )
            packet = lost[0][0].ref
            rooms.conn.execute(
                "INSERT INTO outcome (packet_id, first, last, state, attempt, relay,"
                " code, enhanced, reply, host)"
                " VALUES (%s, 1, 2, 'delivered', 1, '', 250, '', '', '')",
                [packet],
            )
            rooms.conn.commit()

            rooms.drain("send")

            whole = rooms.rows("SELECT recipients FROM packet")[0].recipients
            got = [to for mail in relay.received for to in mail.recipients]
            assert got == whole[2:]
            [row] = rooms.rows(
                "SELECT first, last FROM outcome WHERE state = 'possible_duplicate'"
            )
            assert (row.first, row.last) == (3, 3)


def test_no_relay_means_waiting_untouched(database_url: str):
    """While no relay answers, packets stay ready and no attempt is counted."""
    with open_rooms(database_url, relays=("smtp://127.0.0.1:9",)) as rooms:
        fill(rooms)
        rooms.drain("send")

        waiting = rooms.waiting("send")
        assert waiting
        assert {item.attempts for item in waiting} == {0}
        assert states(rooms) == {}


def test_no_relay_ends_the_drain_whatever_is_waiting(database_url: str):
    """Packets behind the one that found no relay are given back too, at once."""
    url = "smtp://127.0.0.1:1"
    with open_rooms(database_url, relays=(url,), connections=1) as rooms:
        fill(rooms)
        assert rooms.drain("send") == 0

        waiting = rooms.waiting("send")
        assert len(waiting) > 1
        assert all(item.lease_until is None for item in waiting)


def test_told_to_stop_gives_back_what_has_not_begun(database_url: str):
    """A drain that must end does so with packets at hand, and releases them."""
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,), connections=1) as rooms:
            fill(rooms)
            host = replace(rooms.host, stopping=lambda: bool(relay.received))
            drain("send", host)
            host.close()

            waiting = rooms.waiting("send")
            assert relay.received
            assert waiting
            assert all(item.lease_until is None for item in waiting)


def test_what_no_relay_takes_in_time_expires_visibly(database_url: str):
    """After delivery.expiry a recipient is given up: outcome, event, notice to owners."""
    with open_rooms(database_url, expiry=60.0) as rooms:
        rooms.add_list(
            members=MEMBERS[:2], owners=["own@o.example"], send="public", verp_rate=100
        )
        rooms.put("distribute", post_bytes())
        rooms.drain("distribute")
        rooms.conn.execute("UPDATE packet SET created_at = now() - interval '1 hour'")
        rooms.conn.commit()

        rooms.drain("send")

        assert states(rooms) == {"expired": 2}
        assert len(rooms.rows("SELECT * FROM bounce_event")) == 2
        [notice] = rooms.rows("SELECT * FROM outgoing WHERE mode = 'notice'")
        assert b"user0@d0.example" in notice.head
        assert len(rooms.waiting("send")) == 1


class Slow:
    """Flow control that makes one domain wait."""

    def admit(self, destination_domain: str, n: int) -> float:
        return 60.0 if destination_domain == "d1.example" else 0.0


def test_flow_control_makes_packets_wait(database_url: str):
    """A packet for a destination that must wait is deferred, unsent and untried."""
    with open_rooms(database_url) as rooms:
        rooms.add_list(members=["a@d1.example"], send="public")
        rooms.put("distribute", post_bytes())
        rooms.drain("distribute")

        assert PacketDesk(rooms.host, Slow()).claim(10) == []

        [item] = rooms.waiting("send", "deferred")
        assert item.attempts == 0
        assert rooms.rows("SELECT tries FROM packet")[0].tries == 0


def test_a_packet_without_its_body_harms_no_neighbour(database_url: str):
    """What cannot be prepared is deferred by itself; the others of its claim go out."""
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            rooms.add_list(members=MEMBERS[:1], send="public")
            for n in range(2):
                rooms.put("distribute", post_bytes(message_id=f"{n}@a.example"))
            rooms.drain("distribute")
            rooms.conn.execute(
                "ALTER TABLE outgoing DROP CONSTRAINT outgoing_body_id_fkey"
            )
            rooms.conn.execute("UPDATE outgoing SET body_id = -1 WHERE sequence = 1")
            rooms.conn.commit()

            rooms.drain("send")

            assert len(relay.received) == 1
            [item] = rooms.waiting("send", "deferred")
            assert "body -1 does not exist" in item.reason
