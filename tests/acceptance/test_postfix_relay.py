"""ListHub's mail leaves through a real Postfix; what it bounces comes home."""

from collections.abc import Iterator

import pytest

from listhub.embedded.process import wait_until
from listhub.embedded.relay import CatchingRelay
from listhub.mail import verp
from tests.postfix import Postfix, skip_without_postfix
from tests.rooms import open_rooms, post_bytes

MEMBERS = [f"user{n}@d{n % 3}.example" for n in range(30)]


@pytest.fixture
def postfix(catcher: CatchingRelay) -> Iterator[Postfix]:
    """Return a Postfix that passes everything on to the catching server."""
    skip_without_postfix()
    relayhost = f"[127.0.0.1]:{catcher.port}"
    with Postfix(main={"relayhost": relayhost}) as postfix:
        yield postfix


def caught_recipients(catcher: CatchingRelay) -> list[str]:
    return sorted(to for one in catcher.transactions() for to in one.recipients)


def subscriptions(rooms) -> dict[str, int]:
    rows = rooms.rows(
        "SELECT p.address, s.id FROM subscription s JOIN person p ON p.id = s.person_id"
    )
    return {row.address: row.id for row in rows}


@pytest.mark.parametrize("xverp", [True, False], ids=["XVERP", "one-by-one"])
def test_verp_through_postfix(
    database_url: str, postfix: Postfix, catcher: CatchingRelay, xverp: bool
):
    """Every copy arrives once, and its reverse-path leads to its own subscription."""
    with open_rooms(database_url, relays=(postfix.url,), xverp=xverp) as rooms:
        rooms.add_list(members=MEMBERS, send="public", verp_rate=100)
        rooms.put("distribute", post_bytes())
        rooms.drain("distribute")
        rooms.drain("send")

        assert wait_until(
            lambda: len(caught_recipients(catcher)) >= len(MEMBERS), timeout=60
        ), postfix.log
        assert caught_recipients(catcher) == sorted(MEMBERS)
        known = subscriptions(rooms)
        for one in catcher.transactions():
            [recipient] = one.recipients
            token = verp.decode(
                rooms.host.verp_key, one.reverse_path.rpartition("@")[0]
            )
            assert token is not None
            if xverp:
                assert token.recipient == recipient
            else:
                assert token.subscription_id == known[recipient]
        offered = postfix.log.count("client=localhost") + postfix.log.count(
            "client=unknown"
        )
        if xverp:
            assert offered < len(MEMBERS)
