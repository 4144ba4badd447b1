"""What replies mean: the table row by row, with replies as servers give them."""

import random
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import listhub.delivery
from listhub.delivery.classify import classify, next_try, standard
from listhub.delivery.transaction import Reply

TABLE = tomllib.loads(
    (Path(listhub.delivery.__file__).with_name("classes.toml")).read_text()
)

ROWS = [
    # By status, whatever the text says (IANA, SMTP Enhanced Status Codes).
    (550, "5.1.1", "Not here", "refused", "no_such_user"),
    (450, "4.1.1", "Unverified address", "deferred", "no_such_user"),
    (550, "5.1.2", "Bad destination host", "refused", "no_such_user"),
    (556, "5.1.10", "Recipient has null MX", "refused", "no_such_user"),
    (550, "5.2.1", "Mailbox disabled", "refused", "no_such_user"),
    (450, "4.2.1", "Receiving mail too quickly", "deferred", "policy"),
    (452, "4.2.2", "Mailbox full", "deferred", "mailbox_full"),
    (552, "5.2.2", "Over quota", "refused", "mailbox_full"),
    (552, "5.2.3", "Too big for this mailbox", "refused", "size"),
    (552, "5.3.4", "Too big for this system", "refused", "size"),
    (452, "4.3.1", "System full", "deferred", "transient"),
    (421, "4.3.2", "Going down", "deferred", "transient"),
    (451, "4.4.1", "No answer from host", "deferred", "network"),
    (554, "5.4.6", "Routing loop detected", "refused", "network"),
    (452, "4.5.3", "Too many recipients", "deferred", "too_many_recipients"),
    (552, "5.5.3", "Too many recipients", "deferred", "too_many_recipients"),
    (554, "5.6.0", "Bad MIME", "refused", "content"),
    (553, "5.6.7", "No UTF-8", "refused", "content"),
    (451, "4.6.3", "No 8BITMIME", "deferred", "content"),
    (550, "5.7.26", "No DMARC alignment", "refused", "authentication"),
    (550, "5.7.515", "Access denied, sending domain", "refused", "authentication"),
    (535, "5.7.8", "Credentials invalid", "deferred", "relay"),
    # A vague status or none: the text tells.
    (554, "5.7.1", "<a@example.org>: Relay access denied", "deferred", "relay"),
    (550, "5.7.1", "Unable to relay", "deferred", "relay"),
    (530, "5.7.0", "Must issue a STARTTLS command first", "deferred", "relay"),
    (550, "5.7.1", "Fails the DMARC policy", "refused", "authentication"),
    (550, "5.7.1", "Listed at zen.spamhaus.example", "refused", "policy"),
    (450, "4.7.1", "Greylisted, see the wiki", "deferred", "policy"),
    (450, "", "Grey-listing in action", "deferred", "policy"),
    (550, "", "User unknown", "refused", "no_such_user"),
    (550, "", "No such user here", "refused", "no_such_user"),
    (550, "5.0.0", "Mailbox bob does not exist", "refused", "no_such_user"),
    (550, "", "Requested action not taken: mailbox unavailable", "refused", "no_such_user"),
    (552, "", "Too many recipients", "deferred", "too_many_recipients"),
    (552, "", "Requested mail action aborted: mailbox full", "refused", "mailbox_full"),
    (552, "", "Message size exceeds fixed limit", "refused", "size"),
    (450, "4.7.1", "Your host exceeds its rate limit", "deferred", "policy"),
    (451, "", "Temporary lookup failure", "deferred", "transient"),
    (451, "4.0.0", "Connection timed out with mx.example.org", "deferred", "network"),
    (554, "", "Virus found", "refused", "content"),
    # Neither: the vague status or the code.
    (550, "5.7.1", "No", "refused", "policy"),
    (421, "", "Bye", "deferred", "network"),
    (450, "", "Later", "deferred", "transient"),
    (530, "", "No", "deferred", "relay"),
    # Nothing known.
    (550, "", "No", "refused", "unknown"),
    (554, "5.0.0", "Transaction failed", "refused", "unknown"),
    (499, "4.9.9", "Hm", "deferred", "unknown"),
    # Nothing that SMTP has.
    (354, "", "Go on", "deferred", "unknown"),
    (999, "", "Hm", "deferred", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "outcome", "reply_class"),
    ROWS,
    ids=[f"{code} {enhanced} {text}" for code, enhanced, text, *_ in ROWS],
)
def test_reply_is_classified(
    code: int, enhanced: str, text: str, outcome: str, reply_class: str
) -> None:
    """Status first, then text, then code."""
    classified = classify(Reply(code, enhanced, text))

    assert (classified.outcome, classified.reply_class) == (outcome, reply_class)


def test_every_class_has_a_row_here() -> None:
    """A class that no reply reaches is a mistake in the table."""
    assert {row[-1] for row in ROWS} == set(standard().classes)


def test_accepted_is_delivered() -> None:
    """2yz ends the matter."""
    assert classify(Reply(250, "2.0.0", "Too many recipients")).outcome == "delivered"


def test_no_status_or_code_stands_twice_in_the_table() -> None:
    """The order of classes matters for texts only."""
    for column in ("enhanced", "vague", "codes"):
        count = Counter(
            value for entry in TABLE["class"] for value in entry.get(column, [])
        )
        assert [value for value, times in count.items() if times > 1] == []


def test_table_has_no_key_that_nobody_reads() -> None:
    """A misspelt key would be silent."""
    keys = {"name", "outcome", "enhanced", "texts", "vague", "codes", "retry"}

    assert {key for entry in TABLE["class"] for key in entry} <= keys
    assert all(
        re.fullmatch(r"([245]\.)?\d\.\d{1,3}", status)
        for entry in TABLE["class"]
        for status in (*entry.get("enhanced", ()), *entry.get("vague", ()))
    )


class Middle:
    """A die that always shows the middle, so that nothing is spread."""

    def random(self) -> float:
        return 0.5


def test_waits_grow_up_to_the_longest() -> None:
    """Exponential, and never longer than the class allows."""
    waits = [next_try("unknown", n, Middle()).total_seconds() for n in range(1, 9)]

    assert waits == [300, 600, 1200, 2400, 4800, 9600, 14400, 14400]
    assert next_try("unknown", 10_000, Middle()).total_seconds() == 14400
    assert next_try("unknown", 0, Middle()).total_seconds() == 300


def test_waits_differ_by_class() -> None:
    """The rest of a packet goes on at once, a full mailbox takes hours to empty."""
    assert next_try("too_many_recipients", 1, Middle()).total_seconds() == 1
    assert next_try("mailbox_full", 1, Middle()).total_seconds() == 3600


def test_waits_are_spread() -> None:
    """What was deferred together does not come back together."""
    rng = random.Random(1)
    waits = [next_try("unknown", 1, rng).total_seconds() for _ in range(1000)]

    assert min(waits) >= 240
    assert max(waits) <= 360
    assert max(waits) - min(waits) > 100
