"""Accept against a real database: commits, two connections, what is left behind."""

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.intake.accept import Answer, Incoming, accept
from listhub.lists import directory
from listhub.lists.directory import Destination

DAY = timedelta(days=1)
Conn = psycopg.Connection[Any]


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO domain (name) VALUES ('example.org')")
        for name, status in (("post", "open"), ("old", "closed"), ("slow", "open")):
            conn.execute(
                """
                INSERT INTO mailing_list (domain_id, name, address, status)
                SELECT id, %(n)s, %(n)s || '@' || name, %(s)s FROM domain
                """,
                {"n": name, "s": status},
            )
        conn.commit()
        yield conn


def incoming(
    conn: Conn, *recipients: str, content: bytes = b"", sender: str = "a@example.net"
) -> Incoming:
    found = directory.find(conn, recipients)
    known = []
    for recipient in recipients:
        destination = found[recipient]
        assert isinstance(destination, Destination)
        known.append((recipient, destination))
    return Incoming(
        content=content or mail(),
        reverse_path=sender,
        recipients=tuple(known),
        via="lmtp",
        host="mx.example.org",
        helo="client.example.net",
        client="192.0.2.1",
    )


def mail(text: bytes = b"text") -> bytes:
    number = os.urandom(8).hex().encode()
    return b"From: a@example.net\nMessage-ID: <%b@x>\n\n%b\n" % (number, text)


def one(conn: Conn, statement: str) -> Any:
    row = conn.execute(statement).fetchone()
    return None if row is None else row[0]


def codes(answers: list[Answer]) -> list[list[int]]:
    return [[reply.code for reply in answer.replies] for answer in answers]


def test_one_item_for_each_recipient_and_one_body(conn: Conn) -> None:
    """A mail to three rooms is stored once, with one item for each."""
    recipients = (
        "post@example.org",
        "post-request@example.org",
        "bounce+x@example.org",
    )
    [answer] = accept(conn, [incoming(conn, *recipients)], window=DAY)
    conn.commit()
    assert answer.stages == {"distribute", "forward", "bounce"}
    assert one(conn, "SELECT count(*) FROM body") == 1
    rows = conn.execute(
        """
        SELECT recipient, stage, state, list_id IS NULL, message_id LIKE '%@x',
               reverse_path, meta->>'via', meta->>'client', trace::text
          FROM spool_item ORDER BY id
        """
    ).fetchall()
    common = (True, "a@example.net", "lmtp", "192.0.2.1")
    traces = [reply.text.rpartition(" ")[2] for reply in answer.replies]
    assert [row[:4] for row in rows] == [
        ("post@example.org", "distribute", "ready", False),
        ("post-request@example.org", "forward", "ready", False),
        ("bounce+x@example.org", "bounce", "ready", True),
    ]
    assert all(row[4:8] == common for row in rows)
    assert [row[8] for row in rows] == traces


def test_the_bytes_are_kept(conn: Conn) -> None:
    """NULs, bare CR and LF, 8-bit octets and a missing last line end come out again."""
    content = b"From: a@b\r\n\n\0\xff\r\r\n.\n..\nno end"
    accept(conn, [incoming(conn, "post@example.org", content=content)], window=DAY)
    assert one(conn, "SELECT content FROM body") == content


def test_a_retry_is_answered_alike_and_stored_once(conn: Conn) -> None:
    """The MTA that missed our answer gets the same one; there is no second post."""
    again = incoming(conn, "post@example.org")
    [first] = accept(conn, [again], window=DAY)
    conn.commit()
    [second] = accept(conn, [again], window=DAY)
    conn.commit()
    assert second.replies == first.replies
    assert first.stages == {"distribute"}
    assert not second.stages
    assert one(conn, "SELECT count(*) FROM spool_item") == 1


def test_a_retry_after_the_window_is_a_new_mail(conn: Conn) -> None:
    """Beyond the window the same bytes count again."""
    again = incoming(conn, "post@example.org")
    accept(conn, [again], window=DAY)
    conn.execute("UPDATE intake_retry SET at = now() - interval '25 hours'")
    conn.commit()
    accept(conn, [again], window=DAY)
    assert one(conn, "SELECT count(*) FROM spool_item") == 2
    assert one(conn, "SELECT at > now() - interval '1 minute' FROM intake_retry")


@pytest.mark.parametrize("change", ["recipient", "sender", "content"])
def test_what_differs_is_no_retry(conn: Conn, change: str) -> None:
    """Another recipient, sender or octet makes another mail."""
    content = mail()
    accept(conn, [incoming(conn, "post@example.org", content=content)], window=DAY)
    other = incoming(
        conn,
        "slow@example.org" if change == "recipient" else "post@example.org",
        content=content + (b"\n" if change == "content" else b""),
        sender="b@example.net" if change == "sender" else "a@example.net",
    )
    accept(conn, [other], window=DAY)
    assert one(conn, "SELECT count(*) FROM spool_item") == 2


def test_the_same_mail_twice_in_a_batch(conn: Conn) -> None:
    """Two connections that bring the same mail at once bring one."""
    content = mail()
    mails = [incoming(conn, "post@example.org", content=content) for _ in range(3)]
    answers = accept(conn, mails, window=DAY)
    assert codes(answers) == [[250], [250], [250]]
    assert one(conn, "SELECT count(*) FROM spool_item") == 1


def test_the_same_recipient_twice_in_a_mail(conn: Conn) -> None:
    """Each RCPT has its answer, and the list gets one post."""
    [answer] = accept(
        conn, [incoming(conn, "post@example.org", "post@example.org")], window=DAY
    )
    assert codes([answer]) == [[250, 250]]
    assert one(conn, "SELECT count(*) FROM spool_item") == 1


def test_two_hosts_with_the_same_mail(conn: Conn, database_url: str) -> None:
    """The second waits for the first's commit and then knows it."""
    again = incoming(conn, "post@example.org")
    accept(conn, [again], window=DAY)
    answers: list[Answer] = []

    def other_host() -> None:
        with psycopg.connect(database_url) as other:
            answers.extend(accept(other, [again], window=DAY))

    thread = threading.Thread(target=other_host)
    thread.start()
    conn.commit()
    thread.join()
    assert codes(answers) == [[250]]
    assert answers[0].stages == frozenset()
    assert one(conn, "SELECT count(*) FROM spool_item") == 1


def test_a_rolled_back_accept_leaves_nothing(conn: Conn) -> None:
    """Without a commit the mail is not ours, and its retry is no retry."""
    again = incoming(conn, "post@example.org")
    accept(conn, [again], window=DAY)
    conn.rollback()
    for table in ("body", "spool_item", "intake_retry"):
        assert one(conn, f"SELECT count(*) FROM {table}") == 0  # noqa: S608  our names
    assert accept(conn, [again], window=DAY)[0].stages == {"distribute"}


@pytest.mark.parametrize(
    "content",
    [
        b"To: post@example.org\n\ntext\n",
        b"From: a@x\nFrom: b@x\n\ntext\n",
        b"",
        b"\0\0\0",
    ],
    ids=["no From", "two From", "empty", "garbage"],
)
def test_a_post_without_one_author_is_refused(conn: Conn, content: bytes) -> None:
    """554 5.6.0 for the list; the owners and the bounce room may have it."""
    mails = incoming(conn, "post@example.org", "post-owner@example.org")
    broken = Incoming(
        content=content,
        reverse_path="",
        recipients=mails.recipients,
        via="lmtp",
        host="mx",
    )
    [answer] = accept(conn, [broken], window=DAY)
    assert [(each.code, each.enhanced) for each in answer.replies] == [
        (554, "5.6.0"),
        (250, "2.0.0"),
    ]
    assert answer.stages == {"bounce"}


def test_broken_mime_is_taken(conn: Conn) -> None:
    """Defects below the header are data."""
    content = b"From: a@x\nContent-Type: multipart/mixed; boundary=\n\n--\0\xff"
    answers = accept(
        conn, [incoming(conn, "post@example.org", content=content)], window=DAY
    )
    assert codes(answers) == [[250]]


def test_nothing_to_accept(conn: Conn) -> None:
    """An empty batch and a mail without recipients touch nothing."""
    assert accept(conn, [], window=DAY) == []
    assert accept(conn, [incoming(conn)], window=DAY)[0].replies == ()


def test_priority_of_the_list(conn: Conn) -> None:
    """A list's priority ranks its posts and nothing else; z holds them."""
    for address, priority in (("post@example.org", "2"), ("slow@example.org", "z")):
        conn.execute(
            """
            INSERT INTO setting_version (scope, list_id, version, values, changed_by)
            SELECT 'list', id, 1, jsonb_build_object('priority', %s::text), 'test'
              FROM mailing_list WHERE address = %s
            """,
            [priority, address],
        )
    recipients = ("post@example.org", "post-editor@example.org", "slow@example.org")
    accept(conn, [incoming(conn, *recipients)], window=DAY)
    rows = conn.execute("SELECT priority, state FROM spool_item ORDER BY id").fetchall()
    assert rows == [(2, "ready"), (5, "ready"), (5, "held")]
