import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from listhub.mail.dsn import ORIGINAL_LIMIT, DsnRecipient, compose_dsn, read_dsn
from listhub.mail.headers import Headers
from listhub.mail.message import parse
from tests.corpora import broken, files

REPORTS = files("dsn")
FAILED = DsnRecipient(
    address="bob@example.net",
    action="failed",
    status="5.1.1",
    diagnostic="550 5.1.1 <bob@example.net>: Recipient address"
    "    rejected: User unknown (in table)",
)


def recipient(address: str, action: str, status: str, **more: str) -> DsnRecipient:
    return DsnRecipient(address=address, action=action, status=status, **more)


EXPECTED: dict[str, tuple[DsnRecipient, ...]] = {
    "failed": (FAILED,),
    "bare_lf": (FAILED,),
    "no_message_id": (FAILED,),
    "base64_status": (FAILED,),
    "forwarded": (FAILED,),
    "unclosed": (FAILED,),
    "delayed": (recipient("bob@example.net", "delayed", "4.4.1"),),
    "several_recipients": (
        recipient("carol@example.net", "failed", "5.2.2"),
        recipient("dave@example.net", "delivered", "2.0.0"),
        recipient("erin@example.net", "failed", "5.7.1", diagnostic="554 blocked"),
    ),
    "comments": (recipient("bob@example.net", "failed", "5.1.1"),),
    "no_type_prefix": (
        recipient(
            "bob@example.net", "failed", "5.1.1", diagnostic="550 #5.1.1 unknown"
        ),
    ),
    "global": (recipient("élodie@bücher.example", "failed", "5.1.1"),),
    "global_xtext": (recipient("élodie@example.net", "failed", "5.1.1"),),
    "x400_recipient": (recipient("bob@example.net", "failed", "5.1.1"),),
    "unreadable_recipient": (recipient("", "failed", "5.1.1"),),
    "forwarded_twice": (),
    "report_in_returned_message": (),
    "no_boundary": (),
    "not_a_report": (),
    "disposition": (),
}


def compose(**changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "sender": "dev-request@lists.example.org",
        "to": "alice@example.org",
        "reporting_mta": "lists.example.org",
        "message_id": "dsn.1@lists.example.org",
        "date": datetime(2026, 3, 2, 10, tzinfo=UTC),
        "text": "Your message was not distributed.",
        "recipients": [recipient("dev@lists.example.org", "failed", "5.7.1")],
    }
    return compose_dsn(**fields | changes)


@pytest.mark.parametrize("name", REPORTS)
def test_reports_of_other_systems(name: str) -> None:
    """Each report in the corpus says of its recipients what a person reads in it."""
    assert read_dsn(REPORTS[name]) == EXPECTED[name]


def test_a_report_of_ours() -> None:
    """It has the fields of RFC 3464 and 3834, CRLF, and the original's header."""
    original = b"From: Alice <alice@example.org>\nSubject: Hello\n there\n\n"
    raw = compose(original_headers=original, loop="dev@lists.example.org")
    message = parse(raw)
    text, status, returned = message.iter_parts()

    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert message.get_content_type() == "multipart/report"
    assert message["content-type"].params["report-type"] == "delivery-status"
    assert message["auto-submitted"] == "auto-replied"
    assert message["x-loop"] == "dev@lists.example.org"
    assert message["message-id"] == "<dsn.1@lists.example.org>"
    assert message["date"] == "Mon, 02 Mar 2026 10:00:00 +0000"
    assert "was not distributed" in text.get_content()
    assert status.get_content_type() == "message/delivery-status"
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "Subject: Hello\n there\n" in returned.get_content().replace("\r", "")
    assert not message.defects


addresses = st.sampled_from(
    ["a@x.org", "élo@x.org", "a@bücher.example", '"a b"@x.org', "a=b+c@x.org"]
)
statuses = st.sampled_from(["5.7.1", "4.3.0", "2.1.5"])


@given(
    st.lists(
        st.builds(
            DsnRecipient,
            address=addresses,
            action=st.sampled_from(["failed", "delayed", "delivered"]),
            status=statuses,
            diagnostic=st.text(st.characters(categories=("L", "N", "P")), max_size=300),
        ),
        min_size=1,
        max_size=5,
    ),
    st.binary(max_size=200),
    st.text(max_size=200),
)
def test_what_we_write_we_can_read(
    recipients: list[DsnRecipient], original: bytes, text: str
) -> None:
    """Recipients, actions and status come back, whatever the texts beside them."""
    found = read_dsn(
        compose(recipients=recipients, original_headers=original, text=text)
    )

    assert [(r.address, r.action, r.status) for r in found] == [
        (r.address, r.action, r.status) for r in recipients
    ]


@pytest.mark.parametrize(
    ("given_recipient", "kind"),
    [
        (recipient("élo@x.org", "failed", "5.1.1"), b"message/global-delivery-status"),
        (recipient("a@x.org", "failed", "5.1.1"), b"message/delivery-status"),
        (
            recipient("a@x.org", "failed", "5.1.1", diagnostic="refusé"),
            b"message/global-delivery-status",
        ),
    ],
)
def test_global_forms_only_where_needed(
    given_recipient: DsnRecipient, kind: bytes
) -> None:
    """RFC 6533 is for what ASCII cannot say."""
    assert b"Content-Type: " + kind in compose(recipients=[given_recipient])


def test_only_sound_fields_of_the_original_go_back() -> None:
    """NUL, stray CR and over-long lines stay here, and the whole is limited."""
    original = (
        b"Subject: kept\n"
        b"X-Nul: a\0b\n"
        b"X-Cr: a\rb\n"
        b"X-Long: " + b"x" * 2000 + b"\n"
        b"X-Latin: caf\xe9\n" + b"X-Many: y\n" * 20_000 + b"\nbody"
    )
    raw = compose(original_headers=original)

    assert b"Subject: kept\r\n" in raw
    assert b"X-Latin: caf\xe9\r\n" in raw
    assert not any(mark in raw for mark in (b"X-Nul", b"X-Cr", b"X-Long", b"\0"))
    assert len(raw) < 2 * ORIGINAL_LIMIT
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("address", ["", "a b@x.org", "a@x.org\r\nBcc: eve@x.org", "a"])
def test_a_report_goes_to_an_address(address: str) -> None:
    """What is no address is refused before it gets into a field."""
    with pytest.raises(ValueError, match="not an address"):
        compose(to=address)


@given(
    st.lists(
        st.sampled_from([b"Content-Type: multipart/report; boundary=b", b"\n", b"--b"])
        | st.sampled_from([b"Content-Type: message/delivery-status", b"\n\n", b"\r\n"])
        | st.sampled_from([b"Final-Recipient: ", b"rfc822; ", b"a@b", b"\\x{110000}"])
        | st.sampled_from([b"\\x{D800}", b"Status: 5.1.1", b"(", b"Action: x"])
        | st.binary(max_size=4)
    ).map(b"".join)
)
def test_any_bytes_can_be_read_as_a_report(raw: bytes) -> None:
    """Nothing raises, and what is found can be stored."""
    for found in read_dsn(raw):
        assert Headers.parse(found.address.encode()) is not None
        assert "\0" not in found.diagnostic + found.action + found.address


@pytest.mark.parametrize("name", broken())
def test_broken_mail_is_no_report(name: str) -> None:
    """Depth and breadth cost next to nothing: milliseconds, not minutes."""
    start = time.process_time()

    assert read_dsn(broken()[name]) == ()
    assert time.process_time() - start < 10
