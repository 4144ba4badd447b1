"""Loops of commands end, whichever host works on them."""

from listhub.commands import limiter
from tests.rooms import DOMAIN, open_rooms, post_bytes

ANN = "ann@a.example"


def test_two_hosts_count_together(database_url: str) -> None:
    """From 200 mails on a sender is not answered, on any host; listmasters hear once."""
    with open_rooms(database_url) as one, open_rooms(database_url) as two:
        one.add_list(members=[ANN])
        one.conn.execute(
            "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
            [one.person("master@m.example")],
        )
        for _ in range(limiter.MOST // 2 - 1):
            for rooms in (one, two):
                limiter.count(rooms.conn, ANN)
                rooms.conn.commit()
        for number in range(6):
            rooms = (one, two)[number % 2]
            raw = post_bytes(
                ANN, subject="SET dev NOTICE", message_id=f"{number}@a.example"
            )
            to = f"sympa@{DOMAIN}"
            rooms.put("command", raw, recipient=to, reverse_path=ANN)
            rooms.drain("command")

        notes = [row.note for row in one.settled("command")]
        assert [note.endswith("(not answered)") for note in notes] == [
            False, False, True, True, True, True,
        ]  # fmt: skip
        assert one.sent_to().count("master@m.example") == 1
        assert one.sent_to().count(ANN) == 2


def test_the_counter_is_halved_every_hour(database_url: str) -> None:
    """An hour later half of it is left, and the sender is answered again."""
    with open_rooms(database_url) as rooms:
        for _ in range(limiter.MOST):
            assert limiter.count(rooms.conn, ANN).answered
        assert not limiter.count(rooms.conn, ANN).answered
        rooms.conn.execute(
            "UPDATE notice_count SET kind = to_char(at, '\"command \"HH24'), day = at::date"
            "  FROM (SELECT now() AT TIME ZONE 'UTC' - interval '1 hour' AS at) AS past"
            " WHERE kind LIKE 'command %'"
        )
        assert limiter.count(rooms.conn, ANN).count == limiter.MOST // 2 + 1
