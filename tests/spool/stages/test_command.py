"""The command stage: mail that asks for something, done and answered."""

import re

from tests.rooms import DOMAIN, Rooms, open_rooms, post_bytes
from tests.spool.stages.asking import ask, members, report, texts

ANN, BOB, OWNER = "ann@a.example", "bob@b.example", "o@o.example"
KEY = re.compile(r"\[([0-9a-f]{32})\]")


def test_somebody_subscribes_and_leaves(rooms: Rooms) -> None:
    """SUBSCRIBE on an open list makes a member at once; SIGNOFF ends it."""
    rooms.add_list()

    ask(rooms, ANN, "SUBSCRIBE dev Ann Other")
    assert members(rooms) == [ANN]
    assert rooms.rows("SELECT display_name AS name FROM person")[0].name == "Ann Other"
    assert "Welcome to dev" in texts(rooms)
    assert "You are now a member of dev@lists.example." in report(rooms)

    ask(rooms, ANN, "signoff dev")
    assert members(rooms) == []
    assert "You are no longer a member of dev@lists.example." in report(rooms)
    actions = [row.action for row in rooms.rows("SELECT action FROM audit ORDER BY id")]
    assert actions == ["member.add", "member.del"]
