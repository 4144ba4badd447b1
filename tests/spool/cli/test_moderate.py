import json

from tests.held import add_moderators, hold_post, state
from tests.rooms import DOMAIN, Rooms, post_bytes
from tests.spool.cli.conftest import Run

EVE, OWNER = "eve@e.example", "owner@a.example"


def held(rooms: Rooms, **given: str) -> int:
    return hold_post(
        rooms, rooms.add_list(owners=[OWNER]), post_bytes(EVE, **given)
    ).request_id


def test_what_waits_is_listed_and_shown(rooms: Rooms, listhub_command: Run):
    """The operator sees what waits, its facts, and the message itself."""
    number = held(rooms, subject="Steer\x1b[31m me")

    listed = json.loads(listhub_command("moderate", "ls", "--json").stdout)
    shown = listhub_command("moderate", "show", str(number))
    raw = listhub_command("moderate", "show", str(number), "--message")

    assert [row["request"] for row in listed] == [number]
    assert listed[0]["list"] == f"dev@{DOMAIN}"
    assert "A rule." in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "how are you?" in raw.stdout
    other = listhub_command("moderate", "ls", "--list", "nolist@lists.example")
    assert other.returncode == 64


def test_a_decision_and_the_next_one(rooms: Rooms, listhub_command: Run):
    """A decision is one sentence; the second one says who was first, and is no error."""
    number = held(rooms)

    first = listhub_command("moderate", "approve", str(number), "--allow")
    second = listhub_command("moderate", "reject", str(number), "--reason", "No.")

    assert (first.returncode, first.stdout) == (0, "Approved: A question\n")
    assert second.returncode == 0
    assert second.stdout.startswith("Already approved by cli:")
    assert state(rooms, number) == "approved"
    assert len(rooms.waiting("distribute")) == 1


def test_each_way_to_end(rooms: Rooms, listhub_command: Run):
    """reject, discard and spam do what they say; a note decides nothing."""
    list_id = rooms.add_list(owners=[OWNER])
    add_moderators(rooms, list_id, "mod@a.example")
    ends = {"reject": "rejected", "discard": "discarded", "spam": "spam"}
    for word, expected in ends.items():
        number = hold_post(rooms, list_id, post_bytes(EVE, message_id=word)).request_id
        assert listhub_command("moderate", "note", str(number), "Hm.").returncode == 0
        assert state(rooms, number) == "waiting"
        assert listhub_command("moderate", word, str(number), "--block").returncode == 0
        assert state(rooms, number) == expected
    assert len(rooms.rows("SELECT FROM custom_file")) == 1


def test_a_request_that_is_not_there(listhub_command: Run):
    """A wrong number is one sentence and exit code 64, for each command."""
    for words in (("show", "7"), ("approve", "7"), ("note", "7", "x")):
        done = listhub_command("moderate", *words)
        assert (done.returncode, done.stdout) == (64, "")
        assert "There is no request 7" in done.stderr


def test_many_at_once(rooms: Rooms, listhub_command: Run):
    """A group of alike posts is decided by a filter; it can be undone, or is done."""
    list_id = rooms.add_list()
    for n in range(3):
        raw = post_bytes(f"u{n}@e.example", subject=f"Buy {n}", message_id=f"{n}@e")
        hold_post(rooms, list_id, raw)
    other = hold_post(rooms, list_id, post_bytes(EVE, subject="Letter")).request_id

    groups = json.loads(listhub_command("moderate", "groups", "--json").stdout)
    assert groups[1]["value"] == "buy #"
    like = ("--like", "subject", "buy #")
    page = json.loads(
        listhub_command("moderate", "ls", *like, "--limit", "2", "--json").stdout
    )
    rest = listhub_command("moderate", "ls", *like, "--after", page[1]["cursor"])
    assert len(rest.stdout.splitlines()) == 2
    nothing = listhub_command("moderate", "all", "discard")
    assert nothing.returncode == 64

    begun = listhub_command("moderate", "all", "discard", *like, "--json")
    number = json.loads(begun.stdout)["decision"]
    back = listhub_command("moderate", "undo", str(number))
    assert back.stdout == "Undone; it waits again.\n"
    again = json.loads(
        listhub_command("moderate", "all", "discard", *like, "--json").stdout
    )
    rooms.conn.execute("UPDATE decision SET due_at = now()")
    rooms.conn.commit()
    while rooms.drain("decide"):
        pass
    told = listhub_command("moderate", "progress", str(again["decision"]))
    assert "3 of 3 done" in told.stdout
    assert state(rooms, other) == "waiting"
