"""Nothing that comes back makes a detector raise, loop or take its time."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from listhub.mail import encoded_words
from listhub.mail.bounce.anatomy import READ_LIMIT
from listhub.mail.bounce.recognise import MOST_RECIPIENTS, recognise, unread
from tests.corpora import files

SAMPLES = files("bounces")
LONGEST = 3.0  # seconds, on a busy machine; each takes well under one alone

DAEMON = b"From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n"
REPORT = (
    DAEMON + b"Content-Type: multipart/report; report-type=delivery-status;"
    b" boundary=b\n\n--b\n\nNot delivered.\n--b\nContent-Type: message/delivery-status\n\n"
    b"Reporting-MTA: dns; mx.example.net\n\n"
)
BLOCK = b"Final-Recipient: rfc822; bob%d@example.net\nAction: failed\nStatus: 5.1.1\n\n"
#: What opens the eyes of each detector for words.
INTRODUCTIONS = (
    b"Hi. This is the qmail-send program at mx.example.net.\n\n"
    b"The Postfix program\n"
    b"Delivery to the following recipient failed permanently:\n"
    b"A message that you sent could not be delivered\n"
    b"The following recipient(s) could not be reached\n"
    b"Your message\nYour message could not be delivered to\n"
    b"did not reach the following recipient(s):\n"
    b"transcript of session follows\n"
    b"This Message was undeliverable due to the following reason:\n"
)


def words(line: bytes) -> bytes:
    return DAEMON + b"\n" + INTRODUCTIONS + (line + b"\n") * (READ_LIMIT // len(line))


def mixed_words(line: bytes) -> bytes:
    text = INTRODUCTIONS + (line + b"\n") * (READ_LIMIT // len(line))
    head = b"X-Mailer: Novell\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\n"
    return DAEMON + head + text + b"\n--m--\n"


HOSTILE: dict[str, Callable[[], bytes]] = {
    "ten thousand blocks": lambda: (
        REPORT + b"".join(BLOCK % number for number in range(10_000))
    ),
    "blocks of blanks": lambda: REPORT + b"\n \n\t\n" * 80_000,
    "one endless block": lambda: REPORT + b"X: y\n" * 100_000,
    "endless recipient": lambda: (
        REPORT + b"Final-Recipient: rfc822; " + b"a" * 400_000 + b"\n"
    ),
    "recipient of comments": lambda: (
        REPORT + b"Final-Recipient: " + b"(" * 400_000 + b"\n"
    ),
    "endless diagnostic": lambda: (
        REPORT + BLOCK[:-1] % 1 + b"Diagnostic-Code: smtp; " + b"user " * 80_000
    ),
    "multiparts 200 levels deep": lambda: (
        DAEMON
        + b"".join(
            b"Content-Type: multipart/report; boundary=l%d\n\n--l%d\n" % (level, level)
            for level in range(200)
        )
        + REPORT
    ),
    "messages 200 levels deep": lambda: (
        DAEMON + b"Content-Type: message/rfc822\n\n" * 200 + REPORT
    ),
    "ten thousand parts": lambda: (
        DAEMON
        + b"Content-Type: multipart/mixed; boundary=p\n\n"
        + b"--p\nContent-Type: text/plain\n\n<a@b.example>: 550 x\n" * 10_000
    ),
    "giant header": lambda: DAEMON + b"X-Field: y\n" * 50_000 + b"\nText.\n",
    "giant field": lambda: (
        b"Subject: " + b"=?utf-8?q?a?= " * 30_000 + b"\n" + DAEMON + b"\nText.\n"
    ),
    "giant From": lambda: b"From: " + b"<a@b.example>, (" * 30_000 + b"\n\nText.\n",
    "giant Content-Type": lambda: (
        DAEMON
        + b"Content-Type: multipart/report; "
        + b"a=b; " * 90_000
        + b"\n\nText.\n"
    ),
    "failed recipients": lambda: (
        b"X-Failed-Recipients: " + b"bob@example.net, " * 30_000 + b"\n\nText.\n"
    ),
    "feedback of fields": lambda: (
        b"Content-Type: multipart/report; boundary=b\n\n--b\n"
        b"Content-Type: message/feedback-report\n\n"
        + b"Original-Rcpt-To: <xbob@example.net>\n"
        * 12_000
    ),
    "page of tags": lambda: (
        DAEMON + b"Content-Type: text/html\n\n" + b"<p><div class='" * 35_000
    ),
    "text of blanks": lambda: words(b" " * 2000),
    "text of letters": lambda: words(b"a" * 2000),
    "text of at signs": lambda: words(b"@" * 2000),
    "text of brackets": lambda: words(b"<" * 2000),
    "text of addresses": lambda: words(b"<a@b.example>: 550 user unknown, " * 3),
    "text of many addresses": lambda: (
        DAEMON
        + b"\n"
        + b"".join(b"<bob%d@example.net>: 550 no\n" % n for n in range(15_000))
    ),
    "text of short lines": lambda: words(b"<a"),
    "text of dashes": lambda: words(b"-" * 78),
    "text of digits and dots": lambda: words(b"5.1." * 60),
    "text of dotted names": lambda: words(b"a.b." * 60),
    "text of almost addresses": lambda: words(b"a.a.a.a@a-a-a-a." * 15),
    "text of delays": lambda: words(b"will attempts retard " * 10),
    "text of spam words": lambda: words(b"rejected due to spf exceeded mailbox " * 6),
    "mixed text of brackets": lambda: mixed_words(b"<a" * 100),
    "mixed text of commas": lambda: mixed_words(b",a@,a@ " * 30),
    "mixed text of blanks": lambda: mixed_words(b" a" * 100),
    "octets of all kinds": lambda: DAEMON + b"\n" + bytes(range(256)) * 2000,
    "no line end at all": lambda: b"From: MAILER-DAEMON" + b"a" * READ_LIMIT,
}


def answer(raw: bytes) -> None:
    """Ask everything there is to ask of a mail; what comes is text that can be kept."""
    found = recognise(raw)
    texts = [found.reason, found.original.message_id, *found.original.reverse_paths]
    for one in (*found.recipients, unread(raw)):
        texts += [one.address, one.status, one.failure_class, one.diagnostic]
        assert len(one.diagnostic) <= 900

    assert len(found.recipients) <= MOST_RECIPIENTS
    assert texts == [encoded_words.safe(text) for text in texts]


@pytest.mark.parametrize("name", HOSTILE)
def test_takes_no_time(name: str) -> None:
    """Whatever was made to keep a detector busy is done with at once."""
    raw = HOSTILE[name]()
    start = time.process_time()

    answer(raw)

    assert time.process_time() - start < LONGEST


@pytest.mark.parametrize("name", HOSTILE)
def test_size_is_bounded(name: str) -> None:
    """Twenty times as much of it takes hardly more: the rest is not looked at."""
    raw = HOSTILE[name]()
    start = time.process_time()

    recognise(raw * 20)

    assert time.process_time() - start < LONGEST


@given(st.binary(max_size=2000))
def test_any_octets(raw: bytes) -> None:
    """No octets make it raise."""
    answer(raw)


@given(st.binary(max_size=400))
def test_any_octets_in_a_report(octets: bytes) -> None:
    """No octets in place of the fields, or of the text, of a report make it raise."""
    answer(REPORT + octets)
    answer(DAEMON + b"\n" + INTRODUCTIONS + octets)


@settings(max_examples=300)
@given(st.data())
def test_any_change_of_a_sample(data: st.DataObject) -> None:
    """A sample cut, doubled, spliced with another or with a few wrong octets is read."""
    raw = SAMPLES[data.draw(st.sampled_from(sorted(SAMPLES)))]
    other = SAMPLES[data.draw(st.sampled_from(sorted(SAMPLES)))]
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    filling = data.draw(
        st.sampled_from([b"", raw[start:end] * 2, other, b"\r\n\r\n", b"\0", b"--"])
        | st.binary(max_size=20)
    )

    answer(raw[:start] + filling + raw[end:])
