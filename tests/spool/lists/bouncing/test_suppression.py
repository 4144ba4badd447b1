"""Suppression: who gets nothing of a domain's lists any more, and who does again."""

import pytest

from listhub.lists import subscribing
from listhub.lists.bouncing import browse, complaints
from listhub.lists.posting import find_list
from listhub.lists.settings import load_list_settings
from listhub.lists.subscribing import Newcomer
from tests.rooms import Rooms, post_bytes

BOB, OWN = "bob@b.example", "own@o.example"


def complain(rooms: Rooms) -> int:
    """Let Bob complain about one of two lists; return the other."""
    dev = rooms.add_list(suppression="domain")
    staff = rooms.add_list("staff", members=[BOB, "ann@a.example"], send="public")
    complaints.end(rooms.conn, dev, rooms.subscribe(dev, BOB))
    rooms.conn.commit()
    return staff


def test_posts_of_other_lists_leave_the_suppressed_out(rooms: Rooms):
    """The membership stays, and the copies go to the others."""
    staff = complain(rooms)
    raw = post_bytes(to="staff@lists.example")
    rooms.put("distribute", raw, recipient="staff@lists.example", list_id=staff)

    rooms.drain("distribute")

    assert rooms.sent_to() == ["ann@a.example"]


@pytest.mark.parametrize(("actor", "left"), [(BOB, 0), (OWN, 1)])
def test_who_subscribes_again_gets_mail_again(rooms: Rooms, actor: str, left: int):
    """Of their own wish, that is: an owner cannot wish it for somebody."""
    complain(rooms)
    row = find_list(rooms.conn, 1)
    assert row is not None

    subscribing.subscribe(
        rooms.conn,
        row,
        Newcomer(address=BOB),
        settings=load_list_settings(rooms.conn, 1),
        actor=actor,
        how="mail",
    )

    assert len(browse.suppressed(rooms.conn, domain_id=row.domain_id)) == left
