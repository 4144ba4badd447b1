import pytest

from listhub.mail import verp
from tests.rooms import DOMAIN, Rooms

REPORT = """\
From: MAILER-DAEMON@mx.b.example\r
To: {to}\r
Subject: Undelivered\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
No.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.b.example\r
\r
Final-Recipient: rfc822; {final}\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; 550 no such user\r
\r
--b--\r
"""


def report(
    to: str,
    *,
    final: str = "bob@b.example",
    action: str = "failed",
    status: str = "5.1.1",
) -> bytes:
    return REPORT.format(to=to, final=final, action=action, status=status).encode()


def token_address(rooms: Rooms, subscription: int, *, outgoing: int = 7) -> str:
    local = verp.encode(
        rooms.host.verp_key,
        list_id=1,
        outgoing_id=outgoing,
        subscription_id=subscription,
    )
    return f"{local}@{DOMAIN}"


def test_our_token_names_the_subscriber_whatever_the_report_says(rooms: Rooms):
    """A report to a VERP address counts for the member whose copy it was."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, "bob@b.example")
    to = token_address(rooms, bob)
    rooms.put(
        "bounce",
        report(to, final="bob.renamed@inside.example"),
        recipient=to,
        reverse_path="",
        list_id=None,
    )

    rooms.drain("bounce")

    [event] = rooms.rows("SELECT * FROM bounce_event")
    assert (event.subscription_id, event.address) == (bob, "bob@b.example")
    assert (event.outgoing_id, event.status, event.action) == (7, "5.1.1", "failed")
    assert "no such user" in event.diagnostic


def test_xverp_names_the_member_behind_the_token(rooms: Rooms):
    """A reverse-path made by the relay leads to the member of that list."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, "bob@b.example")
    base = verp.encode(rooms.host.verp_key, list_id=dev, outgoing_id=7)
    to = f"{base}+bob=b.example@{DOMAIN}"
    rooms.put("bounce", report(to), recipient=to, reverse_path="", list_id=None)

    rooms.drain("bounce")

    [event] = rooms.rows("SELECT * FROM bounce_event")
    assert (event.subscription_id, event.outgoing_id) == (bob, 7)


def test_sympas_addresses_are_understood(rooms: Rooms):
    """Mail that Sympa sent before a change-over still bounces to the right member."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, "bob@b.example")
    to = verp.encode_sympa("bob@b.example", list_name="dev", domain=DOMAIN)
    rooms.put("bounce", report(to), recipient=to, reverse_path="", list_id=None)

    rooms.drain("bounce")

    assert rooms.rows("SELECT * FROM bounce_event")[0].subscription_id == bob


def test_a_report_without_token_counts_by_its_recipient(rooms: Rooms):
    """Without VERP the report's own recipient decides, if it is a member."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, "bob@b.example")
    owner = f"dev-owner@{DOMAIN}"
    rooms.put("bounce", report(owner), recipient=owner, reverse_path="")
    rooms.put("bounce", report(owner, final="x@y.example"), recipient=owner)

    rooms.drain("bounce")

    [event] = rooms.rows("SELECT * FROM bounce_event")
    assert event.subscription_id == bob
    verdicts = sorted(done.verdict for done in rooms.settled("bounce"))
    assert verdicts == ["done", "dropped"]


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_good_news_is_no_bounce(rooms: Rooms, action: str):
    """Reports of success leave no event."""
    dev = rooms.add_list()
    to = token_address(rooms, rooms.subscribe(dev, "bob@b.example"))
    rooms.put(
        "bounce", report(to, action=action, status="2.0.0"), recipient=to, list_id=None
    )

    rooms.drain("bounce")

    assert rooms.rows("SELECT * FROM bounce_event") == []


def test_a_forged_token_names_nobody(rooms: Rooms):
    """A token that we did not sign is no evidence against anybody."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, "bob@b.example")
    forged = verp.encode(b"another key", list_id=1, outgoing_id=7, subscription_id=bob)
    to = f"{forged}@{DOMAIN}"
    rooms.put("bounce", report(to), recipient=to, reverse_path="", list_id=None)

    rooms.drain("bounce")

    assert rooms.rows("SELECT * FROM bounce_event") == []


def test_an_auto_reply_is_no_bounce(rooms: Rooms):
    """A vacation message to a VERP address counts for nothing."""
    dev = rooms.add_list()
    to = token_address(rooms, rooms.subscribe(dev, "bob@b.example"))
    raw = b"From: bob@b.example\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n"
    rooms.put("bounce", raw, recipient=to, reverse_path="", list_id=None)

    rooms.drain("bounce")

    assert rooms.rows("SELECT * FROM bounce_event") == []


def test_a_hundred_reports_are_counted_once_each(rooms: Rooms):
    """A flood worked on in batches gives one event per report."""
    dev = rooms.add_list()
    to = token_address(rooms, rooms.subscribe(dev, "bob@b.example"))
    for n in range(100):
        raw = report(to).replace(b"Undelivered", b"Undelivered %d" % n)
        rooms.put("bounce", raw, recipient=to, reverse_path="", list_id=None)

    assert rooms.drain("bounce") == 100

    assert rooms.rows("SELECT count(*) AS n FROM bounce_event")[0].n == 100
