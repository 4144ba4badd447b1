"""Complaints: the member is found by our tokens alone, leaves, and hears nothing."""

import pytest

from listhub.config import derived_key
from listhub.mail import one_click, verp
from tests.bouncing import actions, complaint, members, sent, token_address
from tests.rooms import DOMAIN, Rooms

BOB = "bob@b.example"
OWNER = f"dev-owner@{DOMAIN}"


def arrive(rooms: Rooms, raw: bytes, *, to: str = OWNER) -> None:
    """Let a complaint come, and do all that follows."""
    rooms.put("bounce", raw, recipient=to, reverse_path="fbl@fbl.example")
    rooms.drain("bounce")
    rooms.drain("bouncers")


def one_click_header(rooms: Rooms, list_id: int, subscription: int) -> str:
    token = one_click.encode(
        derived_key(rooms.host.settings, one_click.PURPOSE),
        list_id=list_id,
        subscription_id=subscription,
    )
    return f"List-Unsubscribe: <https://lists.example/one-click/{token}>\r\n"


@pytest.mark.parametrize("found_by", ["recipient", "return-path", "one-click"])
def test_a_complaint_ends_the_membership_in_silence(rooms: Rooms, found_by: str):
    """Wherever our token is; nothing is sent to anybody."""
    dev = rooms.add_list(owners=["own@o.example"], members=["ann@a.example"])
    bob = rooms.subscribe(dev, BOB)
    token = token_address(rooms, bob)
    headers = {
        "return-path": f"Return-Path: <{token}>\r\n",
        "one-click": one_click_header(rooms, dev, bob),
    }.get(found_by, "")
    to = token if found_by == "recipient" else OWNER

    arrive(rooms, complaint(to, headers=headers), to=to)

    assert members(rooms, dev) == ["ann@a.example"]
    assert actions(rooms) == [("remove", "complaint", "", BOB)]
    assert rooms.sent_to() == []
    [event] = rooms.rows("SELECT kind, proof FROM bounce_event")
    assert tuple(event) == ("complaint", "token")


def test_an_address_in_a_complaint_is_nobody(rooms: Rooms):
    """A complaint without a token of ours names nobody, whatever it says."""
    dev = rooms.add_list(members=[BOB])
    raw = complaint(OWNER).replace(b"redacted-b@b.example", BOB.encode())

    arrive(rooms, raw)

    assert members(rooms, dev) == [BOB]
    assert rooms.rows("SELECT * FROM bounce_event") == []


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus"])
def test_other_feedback_is_no_complaint(rooms: Rooms, kind: str):
    """Who says that it is no spam stays."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, BOB)
    to = token_address(rooms, bob)

    arrive(rooms, complaint(to, kind=kind), to=to)

    assert members(rooms, dev) == [BOB]


def test_a_list_may_keep_who_complains(rooms: Rooms):
    """The setting complaints: written down, and no more."""
    dev = rooms.add_list(complaints="record")
    bob = rooms.subscribe(dev, BOB)
    to = token_address(rooms, bob)

    arrive(rooms, complaint(to), to=to)

    assert members(rooms, dev) == [BOB]
    assert len(rooms.rows("SELECT * FROM bounce_event")) == 1


def test_twice_is_once(rooms: Rooms):
    """A loop that repeats itself ends one membership."""
    dev = rooms.add_list(suppression="domain")
    bob = rooms.subscribe(dev, BOB)
    to = token_address(rooms, bob)
    for n in range(2):
        raw = complaint(to) + b"%d\r\n" % n
        rooms.put("bounce", raw, recipient=to, reverse_path="fbl@fbl.example")
    rooms.drain("bounce")
    rooms.drain("bouncers")

    assert actions(rooms) == [("remove", "complaint", "", BOB)]
    assert len(rooms.rows("SELECT * FROM suppression")) == 1


def test_what_relays_made_of_a_base_token_is_recorded_only(rooms: Rooms):
    """XVERP: anybody with a copy could complain for another; nobody is removed."""
    dev = rooms.add_list()
    bob = rooms.subscribe(dev, BOB)
    post = sent(rooms, dev, {BOB: bob})
    base = verp.encode(rooms.host.verp_key, list_id=dev, outgoing_id=post)
    to = f"{base}+bob=b.example@{DOMAIN}"

    arrive(rooms, complaint(to), to=to)

    assert members(rooms, dev) == [BOB]
    [event] = rooms.rows("SELECT kind, proof FROM bounce_event")
    assert tuple(event) == ("complaint", "ledger")
