"""INVITE and REMIND: mail about a list to people who have not asked for it."""

from tests.rooms import Rooms
from tests.spool.stages.asking import ask, key_for, mails, report, texts

ANN, BOB, OWNER = "ann@a.example", "bob@b.example", "own@o.example"


def test_invitations_and_reminders(rooms: Rooms) -> None:
    """INVITE writes to somebody, REMIND to all members, in pieces."""
    many = [f"m{number:03}@a.example" for number in range(230)]
    rooms.add_list(members=[ANN, *many], owners=[OWNER], invite="public")

    ask(rooms, ANN, f"INVITE dev {BOB}")
    assert f"{ANN} invites you" in texts(rooms)
    ask(rooms, OWNER, "REMIND dev")
    ask(rooms, OWNER, f"CONFIRM {key_for(rooms, OWNER)}")

    reminded = [r[0] for r, subject, _ in mails(rooms) if "You are a member" in subject]
    assert sorted(reminded) == sorted([ANN, *many])


def test_all_lists_are_reminded_on_one_word(rooms: Rooms) -> None:
    """REMIND * asks the listmaster once, whatever number of lists there are."""
    for name in ("dev", "staff", "team"):
        rooms.add_list(name, members=[ANN, BOB])
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person(OWNER)],
    )
    rooms.conn.commit()

    ask(rooms, ANN, "REMIND *")
    assert "Only listmasters may remind the members of all lists." in report(rooms)
    ask(rooms, OWNER, "REMIND *")
    assert len([s for r, s, _ in mails(rooms) if r == [OWNER] and "[" in s]) == 1
    ask(rooms, OWNER, f"CONFIRM {key_for(rooms, OWNER)}")

    reminded = [r[0] for r, subject, _ in mails(rooms) if "You are a member" in subject]
    assert sorted(reminded) == [ANN] * 3 + [BOB] * 3


def test_nobody_is_invited_who_may_not_come(rooms: Rooms) -> None:
    """An invitation to a list that nobody can join would be a promise broken."""
    rooms.add_list(invite="public", subscribe="closed")

    ask(rooms, ANN, f"INVITE dev {BOB}")

    assert "Not done: Nobody can subscribe to this list." in report(rooms)
    assert BOB not in rooms.sent_to()
