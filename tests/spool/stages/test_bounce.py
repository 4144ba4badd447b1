import pytest

from listhub.mail import verp
from tests.bouncing import report, sent, token_address
from tests.rooms import DOMAIN, Rooms, post_bytes


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
    assert (event.trouble, event.proof, event.kind) == (
        "no-such-user",
        "token",
        "bounce",
    )


def test_a_token_of_another_list_names_nobody(rooms: Rooms):
    """The numbers in a token belong together."""
    dev = rooms.add_list()
    other = rooms.add_list("staff")
    bob = rooms.subscribe(dev, "bob@b.example")
    to = token_address(rooms, bob, list_id=other)
    rooms.put("bounce", report(to), recipient=to, reverse_path="", list_id=None)

    rooms.drain("bounce")

    assert rooms.rows("SELECT * FROM bounce_event") == []


def xverp(rooms: Rooms, list_id: int, outgoing: int, who: str) -> str:
    """Return a reverse-path as a relay makes it: the base is signed, the rest is not."""
    base = verp.encode(rooms.host.verp_key, list_id=list_id, outgoing_id=outgoing)
    return f"{base}+{who}@{DOMAIN}"


def test_xverp_names_the_member_that_the_message_was_sent_to(rooms: Rooms):
    """A reverse-path made by the relay counts if the ledger has that very copy."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, "bob@b.example")
    eve = rooms.subscribe(dev, "eve@e.example")
    post = sent(rooms, dev, {"bob@b.example": bob})
    for who in ("bob=b.example", "eve=e.example"):
        to = xverp(rooms, dev, post, who)
        rooms.put("bounce", report(to), recipient=to, reverse_path="", list_id=None)

    rooms.drain("bounce")

    # Whoever got a copy knows the base and can write anybody behind it.
    [event] = rooms.rows("SELECT * FROM bounce_event")
    assert (event.subscription_id, event.outgoing_id) == (bob, post)
    assert event.proof == "ledger"
    assert event.subscription_id != eve


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


def test_a_delay_is_written_down_and_is_no_failure(rooms: Rooms):
    """What is still tried leaves an event that no score counts."""
    dev = rooms.add_list()
    to = token_address(rooms, rooms.subscribe(dev, "bob@b.example"))
    raw = report(to, action="delayed", status="4.4.1")
    rooms.put("bounce", raw, recipient=to, reverse_path="", list_id=None)

    rooms.drain("bounce")

    [event] = rooms.rows("SELECT action FROM bounce_event")
    assert event.action == "delayed"


def test_the_token_in_the_mail_that_came_back(rooms: Rooms):
    """Where the report went to the owners, the returned header tells whose copy it was."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, "bob@b.example")
    owner = f"dev-owner@{DOMAIN}"
    returned = f"Return-Path: <{token_address(rooms, bob)}>\r\n".encode()
    raw = report(owner, final="somebody@inside.example").replace(
        b"\r\n--b--\r\n",
        b"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        + returned
        + b"\r\n--b--\r\n",
    )
    rooms.put("bounce", raw, recipient=owner, reverse_path="")

    rooms.drain("bounce")

    [event] = rooms.rows("SELECT * FROM bounce_event")
    assert (event.subscription_id, event.proof) == (bob, "token")


def test_mail_from_nowhere_to_a_token_is_a_bounce_in_unknown_words(rooms: Rooms):
    """A mail system that nobody has read before is understood by its envelope."""
    dev = rooms.add_list()
    to = token_address(rooms, rooms.subscribe(dev, "bob@b.example"))
    raw = post_bytes("post@odd.example", to=to, subject="Brief nicht zustellbar")
    rooms.put("bounce", raw, recipient=to, reverse_path="", list_id=None)
    rooms.put("bounce", raw, recipient=to, reverse_path="x@y.example", list_id=None)

    rooms.drain("bounce")

    [event] = rooms.rows("SELECT * FROM bounce_event")
    assert (event.action, event.detector) == ("failed", "envelope")


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
