"""Posts of a list and how far each is, down to where somebody's own message is."""

import uuid
from datetime import timedelta

import pytest

from listhub.clock import now
from listhub.lists import sent
from listhub.lists.operators import recipients
from listhub.lists.posting import ListRow
from tests.shelves import Driver, add_list, all_pages, counted

ANN = "Ann@a.example"
NOW = now()


@pytest.fixture
def row(driver: Driver) -> ListRow:
    return add_list(driver)


def send(
    driver: Driver,
    row: ListRow,
    *people: str,
    sequence: int | None = 1,
    mode: str = "each",
    trace: uuid.UUID | None = None,
    days: float = 1,
    author: str = ANN,
) -> tuple[int, int]:
    """Put a message on its way with one packet; return its and the packet's number."""
    at = NOW - timedelta(days=days)
    made = driver.execute(
        "INSERT INTO outgoing (list_id, trace, message_id, sequence, head,"
        " bounce_address, author, mode, recipients, created_at)"
        " VALUES (%s, %s, %s, %s, %s, '', %s, %s, %s, %s) RETURNING id",
        [
            *(row.id, trace or uuid.uuid4(), f"m{sequence}@a.example", sequence),
            *(f"Subject: =?utf-8?q?N=C2=B0_{sequence}?=\r\n\r\n".encode(), author),
            *(mode, len(people), at),
        ],
    ).fetchone()
    assert made is not None
    packet = driver.execute(
        "INSERT INTO packet (outgoing_id, n, verp, recipients, subscriptions,"
        " first_key, last_key, created_at)"
        " VALUES (%s, 1, false, %s, %s, '', 'z', %s) RETURNING id",
        [made[0], list(people), [0] * len(people), at],
    ).fetchone()
    assert packet is not None
    return made[0], packet[0]


def answer(
    driver: Driver, packet: int, first: int, last: int, state: str, attempt: int = 1
) -> None:
    driver.execute(
        "INSERT INTO outcome (packet_id, first, last, state, attempt, relay, code,"
        " enhanced, reply, host) VALUES (%s, %s, %s, %s, %s, 'mx', 250, '', '', 'h')",
        [packet, first, last, state, attempt],
    )


PEOPLE = tuple(f"m{n}@m.example" for n in range(10))


def test_how_far_a_post_is(driver: Driver, row: ListRow) -> None:
    """By reception: delivered, refused, given up, to be tried again, not tried yet."""
    trace = uuid.uuid4()
    _, each = send(driver, row, *PEOPLE, trace=trace)
    answer(driver, each, 1, 4, "delivered")
    answer(driver, each, 5, 5, "refused")
    answer(driver, each, 6, 8, "deferred")
    answer(driver, each, 6, 6, "deferred", attempt=2)
    answer(driver, each, 7, 7, "delivered", attempt=2)
    answer(driver, each, 4, 4, "possible_duplicate")
    driver.execute("UPDATE packet SET tries = 2 WHERE id = %s", [each])
    _, waits = send(driver, row, *PEOPLE[:3], trace=trace, mode="notice")
    _, over = send(driver, row, *PEOPLE[:3], trace=trace, mode="text")
    answer(driver, over, 1, 2, "delivered")
    answer(driver, over, 3, 3, "expired")
    driver.execute(
        "UPDATE packet SET settled_at = now(), tries = 9 WHERE id = %s", [over]
    )
    del waits

    [post] = sent.page(driver, row.id).rows
    assert (post.kind, post.sequence, post.subject) == ("post", 1, "N° 1")
    parts = {part.mode: part.tally for part in post.parts}
    tally = parts["each"]
    assert (tally.delivered, tally.refused, tally.deferred) == (5, 1, 4)
    assert (tally.pending, tally.doubled) == (0, 1)
    assert (parts["notice"].pending, parts["notice"].delivered) == (3, 0)
    assert (parts["text"].expired, parts["text"].delivered) == (1, 2)
    assert (post.tally.recipients, post.tally.waiting, post.tally.failed) == (16, 7, 2)
    assert sent.post(driver, row.id, trace) == post
    assert sent.post(driver, row.id + 1, trace) is None


def test_posts_and_digests_page_by_page(driver: Driver, row: ListRow) -> None:
    """The newest first, each once; notices of the list are none of them."""
    for number in range(5):
        send(driver, row, *PEOPLE[:2], sequence=number, days=10 - number)
    send(driver, row, ANN, sequence=None, mode="digest", days=1)
    send(driver, row, ANN, sequence=None, mode="notice", days=0.5)
    send(driver, add_list(driver, "other"), ANN, sequence=9)

    rows = all_pages(lambda cursor: sent.page(driver, row.id, cursor=cursor, size=2))
    assert [one.sequence for one in rows] == [None, 4, 3, 2, 1, 0]
    assert rows[0].kind == "digest"
    first = sent.page(driver, row.id, size=2)
    second = sent.page(driver, row.id, size=2, cursor=first.after)
    assert sent.page(driver, row.id, size=2, cursor=second.before) == first
    with counted(driver) as asked:
        sent.page(driver, row.id)
    assert len(asked) == 3


def test_down_to_the_recipient(driver: Driver, row: ListRow) -> None:
    """Recipients are found by part of their address, with the state they are in."""
    number, packet = send(driver, row, *PEOPLE, "Odd_One@x.example")
    answer(driver, packet, 1, 10, "delivered")

    def found(text: str, **more: object) -> list[str]:
        page = recipients.page(driver, number, text=text, **more)  # type: ignore[arg-type]
        return [one.address for one in page.rows]

    assert found("odd_one@") == ["Odd_One@x.example"]
    assert found("M3@") == ["m3@m.example"]
    assert found("odd", state="delivered") == []
    assert found("odd", state="pending") == ["Odd_One@x.example"]
    assert found("%") == found("\0nobody") == []


def test_where_is_my_message(driver: Driver, row: ListRow) -> None:
    """Waiting, held, to be confirmed, rejected and why, or sent: the newest first."""
    _, packet = send(driver, row, *PEOPLE[:2], days=3)
    answer(driver, packet, 1, 2, "delivered")
    send(driver, row, ANN, sequence=2, author="bob@b.example")
    send(driver, row, ANN, sequence=3, days=40)
    for state, waits_for, days in (
        ("waiting", "moderators", 2),
        ("waiting", "person", 1),
        ("rejected", "moderators", 4),
        ("approved", "moderators", 5),
    ):
        driver.execute(
            "INSERT INTO request (kind, waits_for, state, list_id, domain_id, subject,"
            " author, author_key, trace, expires_at, created_at, reason)"
            " VALUES ('post', %s, %s, %s, %s, %s, %s, 'ann@a.example',"
            " gen_random_uuid(), now(), now() - %s * interval '1 day', 'No.')",
            [waits_for, state, row.id, row.domain_id, state, ANN, days],
        )
    driver.execute(
        "INSERT INTO spool_item (stage, trace, list_id, reverse_path, message_id)"
        " VALUES ('distribute', gen_random_uuid(), %s, 'ANN@a.example', 'new@a')",
        [row.id],
    )

    found = sent.own(driver, row, "ann@A.example")
    assert [one.state for one in found] == [
        "waiting", "unconfirmed", "held", "sent", "rejected",
    ]  # fmt: skip
    assert found[3].sent is not None
    assert found[3].sent.tally.delivered == 2
    assert found[4].reason == "No."
    assert sent.own(driver, row, "nobody@x.example") == ()
    assert sent.own(driver, row, "\0") == ()
