"""The command stage: mail that asks for something, done and answered."""

import pytest

from tests.rooms import DOMAIN, Rooms, post_bytes
from tests.spool.stages.asking import ask, key_for, mails, members, report, texts

ANN, BOB, OWNER = "ann@a.example", "bob@b.example", "own@o.example"


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


def test_what_is_so_already_is_said_and_done_once(rooms: Rooms) -> None:
    """Asking twice has one effect, and a sentence that says so."""
    rooms.add_list()

    ask(rooms, ANN, "SUBSCRIBE dev\nSUBSCRIBE dev\nSIGNOFF dev\nSIGNOFF dev")

    assert members(rooms) == []
    assert len(rooms.rows("SELECT 1 AS one FROM audit")) == 2
    assert "You are a member of dev@lists.example already." in report(rooms)
    assert "Not done: You are not a member of dev@lists.example." in report(rooms)


@pytest.mark.parametrize("way", ["AUTH", "CONFIRM", "reply"])
def test_a_subscription_is_confirmed_by_key(rooms: Rooms, way: str) -> None:
    """Nothing is done until the key comes back: with the command, alone, or in a reply."""
    rooms.add_list(subscribe="auth")
    ask(rooms, ANN, "SUBSCRIBE dev")
    assert members(rooms) == []
    assert "has to be confirmed" in report(rooms)
    key = key_for(rooms, ANN)

    if way == "AUTH":
        ask(rooms, ANN, "", subject=f"AUTH {key} SUBSCRIBE dev")
    elif way == "CONFIRM":
        ask(rooms, ANN, f"CONFIRM {key}")
    else:
        ask(rooms, ANN, "confirm\n> AUTH x", subject=f"Re: SUBSCRIBE [{key}]")

    assert members(rooms) == [ANN]
    assert "You are now a member" in report(rooms)


def test_a_key_is_for_its_own_command(rooms: Rooms) -> None:
    """AUTH with another command than the one that waits does nothing."""
    rooms.add_list(subscribe="auth")
    rooms.add_list("staff", subscribe="auth")
    ask(rooms, ANN, "SUBSCRIBE dev")
    key = key_for(rooms, ANN)

    ask(rooms, ANN, f"AUTH {key} SUBSCRIBE staff")

    assert (members(rooms, 1), members(rooms, 2)) == ([], [])
    assert "Not done: This key is for the command SUBSCRIBE dev" in report(rooms)


def test_owners_approve_a_subscription(rooms: Rooms) -> None:
    """A list whose owners decide asks them; their answer makes the member."""
    rooms.add_list(owners=[OWNER], subscribe="owner")
    ask(rooms, ANN, "SUBSCRIBE dev")
    assert members(rooms) == []
    assert "waits for the owners of dev@lists.example" in report(rooms)

    ask(rooms, OWNER, "accept", subject=f"Re: to join [{key_for(rooms, OWNER)}]")

    assert members(rooms) == [ANN]


def test_addresses_imply_the_command(rooms: Rooms) -> None:
    """Mail to -subscribe and -unsubscribe needs no words."""
    rooms.add_list()

    ask(rooms, f"Ann Other <{ANN}>", "hello", to=f"dev-subscribe@{DOMAIN}", list_id=1)
    assert members(rooms) == [ANN]
    assert rooms.rows("SELECT display_name AS name FROM person")[0].name == "Ann Other"

    ask(rooms, ANN, "", to=f"dev-unsubscribe@{DOMAIN}", list_id=1)
    assert members(rooms) == []


def test_a_letter_to_the_owners_that_is_a_command(rooms: Rooms) -> None:
    """`subscribe` to -request is the command; any other subject is for the owners."""
    rooms.add_list(owners=[OWNER])
    to = f"dev-request@{DOMAIN}"
    for number, subject in enumerate(("Subscribe dev", "subscribe me please")):
        raw = post_bytes(ANN, to=to, subject=subject, message_id=f"{number}@a.example")
        rooms.put("forward", raw, recipient=to, reverse_path=ANN)

    rooms.drain("forward")
    rooms.drain("command")

    assert members(rooms) == [ANN]
    assert OWNER in rooms.sent_to()


def test_options_are_set(rooms: Rooms) -> None:
    """SET changes reception, visibility and pauses; what the list lacks is refused."""
    rooms.add_list(members=[ANN], receptions=["each", "notice", "not_me", "none"])
    rooms.add_list("staff", members=[ANN])

    ask(rooms, ANN, "SET dev NOTICE\nset dev conceal\nSET dev SUSPEND 2027-01-01")
    ask(rooms, ANN, "SET dev URLIZE\nSET dev NOTICE")
    assert (
        "Not done: dev@lists.example does not send posts as URLIZE; choose among MAIL"
        in report(rooms)
    )
    assert "were NOTICE already" in report(rooms)
    ask(rooms, ANN, "SET * not_me")

    found = rooms.rows("SELECT * FROM subscription ORDER BY list_id")
    assert [(row.reception, row.own_posts) for row in found] == [("each", False)] * 2
    assert (found[0].concealed, found[1].concealed) == (True, False)
    assert found[0].suspended_at is not None
    ask(rooms, ANN, "WHICH")
    assert "NOT_ME" in report(rooms)


def test_only_owners_review_a_list(rooms: Rooms) -> None:
    """REVIEW shows the members to whom the scenario allows it, to others why not."""
    rooms.add_list(members=[ANN, BOB], owners=[OWNER])

    ask(rooms, ANN, "REVIEW dev")
    assert "Only owners may see the members" in report(rooms)
    assert BOB not in report(rooms)

    ask(rooms, OWNER, "REVIEW dev")
    assert ANN in report(rooms)
    assert BOB in report(rooms)


def test_hidden_members_are_hidden_from_members(rooms: Rooms) -> None:
    """REVIEW on a public list names who is not hidden, and counts the others."""
    dev = rooms.add_list(members=[ANN], review="public")
    rooms.subscribe(dev, BOB, concealed=True)

    ask(rooms, "x@y.example", "REVIEW dev")

    assert ANN in report(rooms)
    assert BOB not in report(rooms)


def test_an_owner_adds_and_removes(rooms: Rooms) -> None:
    """ADD and DEL change others; a list may want the owner to confirm."""
    rooms.add_list(owners=[OWNER], add="auth", delete="auth")

    ask(rooms, OWNER, f'ADD dev {BOB} "Bob B."')
    ask(rooms, OWNER, f"CONFIRM {key_for(rooms, OWNER)}")
    assert members(rooms) == [BOB]
    assert f"{BOB} is now a member of dev@lists.example." in report(rooms)
    assert "You have been added to dev" in texts(rooms)

    ask(rooms, OWNER, f"DEL dev {BOB}")
    ask(rooms, OWNER, f"CONFIRM {key_for(rooms, OWNER)}")
    assert members(rooms) == []


def test_a_vain_request_tells_the_target_and_nobody_else(rooms: Rooms) -> None:
    """Whoever signs others off reads the same whether they are members or not."""
    rooms.add_list(members=[BOB])
    said = []
    for target in (BOB, "none@b.example"):
        ask(rooms, "x@y.example", f"SIGNOFF dev {target}")
        said.append(report(rooms).replace(target, "T"))

    assert said[0] == said[1]
    assert members(rooms) == [BOB]
    to_target = [s for r, s, _ in mails(rooms) if r == ["none@b.example"]]
    assert to_target == ["A request about you and dev"]


def test_one_that_fails_does_not_undo_the_others(rooms: Rooms) -> None:
    """Each command has its own fate."""
    rooms.add_list(max_members=1)
    rooms.add_list("staff")
    rooms.subscribe(1, BOB)

    ask(rooms, ANN, "SUBSCRIBE staff\nSUBSCRIBE dev\nSUBSCRIBE none\nWHICH\nbye now")

    assert members(rooms, 2) == [ANN]
    said = report(rooms)
    assert "dev@lists.example is full" in said
    assert "There is no list none@lists.example." in said
    assert "This is not a command" in said


def test_the_wrong_domain_is_named(rooms: Rooms) -> None:
    """A list of another domain is told where to ask."""
    rooms.add_list()

    ask(rooms, ANN, "SUBSCRIBE dev@other.example")

    assert "write to sympa@other.example" in report(rooms)


def test_quiet_is_quiet(rooms: Rooms) -> None:
    """With QUIET only what goes wrong is answered."""
    rooms.add_list(members=[ANN])

    ask(rooms, ANN, "QUIET SET dev NOTICE")
    assert mails(rooms) == []
    ask(rooms, ANN, "QUIET SET none NOTICE")
    assert "There is no list" in report(rooms)


def test_no_command_is_reported_once(rooms: Rooms) -> None:
    """A mail without commands gets a report of delivery, 5.6.1."""
    rooms.add_list()

    ask(rooms, ANN, "Dear Sir,\nSUBSCRIBE dev")

    assert members(rooms) == []
    assert b"Status: 5.6.1" in bytes(rooms.rows("SELECT head FROM outgoing")[0].head)


def test_the_same_mail_twice_is_done_once(rooms: Rooms) -> None:
    """A Message-ID that this address has had is a duplicate; others have had it not."""
    rooms.add_list()
    for _ in range(2):
        ask(rooms, ANN, "SUBSCRIBE dev\nSIGNOFF dev", message_id="same@a.example")

    verdicts = [row.verdict for row in rooms.settled("command")]
    assert verdicts == ["done", "duplicate"]


@pytest.mark.parametrize(
    ("reverse_path", "extra"),
    [
        ("", ""),
        (ANN, "Auto-Submitted: auto-replied\r\n"),
        (ANN, "Content-Type: multipart/report; boundary=x\r\n"),
        (ANN, f"X-Loop: sympa@{DOMAIN}\r\n"),
    ],
)
def test_programs_get_no_answer(rooms: Rooms, reverse_path: str, extra: str) -> None:
    """Null reverse-path, reports, automates and loops are dropped, with the reason."""
    rooms.add_list()
    raw = post_bytes(ANN, subject="SUBSCRIBE dev", extra=extra)

    rooms.put("command", raw, recipient=f"sympa@{DOMAIN}", reverse_path=reverse_path)
    rooms.drain("command")

    [settled] = rooms.settled("command")
    assert (settled.verdict, bool(settled.note)) == ("dropped", True)
    assert (members(rooms), mails(rooms)) == ([], [])


def test_what_only_tells(rooms: Rooms) -> None:
    """HELP, LISTS, INFO, STATS and VERIFY answer anybody who may ask."""
    rooms.add_list(
        visibility="noconceal", subject="The campus network", review="public"
    )

    ask(rooms, ANN, "HELP\nLISTS\nINFO dev\nSTATS dev\nVERIFY dev")

    said = report(rooms)
    assert "The campus network" in said
    assert "SIGNOFF LIST" in said
    assert "Not done" not in said


def test_the_archive_by_mail(rooms: Rooms) -> None:
    """INDEX names the months, GET and LAST send posts as they came."""
    rooms.add_list(members=[ANN], archive_mail_access="public")
    rooms.put("distribute", post_bytes(subject="Old news"))
    rooms.drain("distribute")
    rooms.drain("archive")

    ask(rooms, ANN, "INDEX dev\nGET dev 2026-11\nGET dev 2020-01\nLAST dev")

    said = report(rooms)
    assert "2026-11" in said
    assert "has no posts of 2020-01" in said
    heads = [bytes(row.head) for row in rooms.rows("SELECT head FROM outgoing")]
    assert sum(b"message/rfc822" in head and b"Old news" in head for head in heads) == 2


def test_moderation_by_command(rooms: Rooms) -> None:
    """MODINDEX is for moderators; DISTRIBUTE needs the key and the right list."""
    rooms.add_list(owners=[OWNER])
    rooms.add_list("staff", owners=[OWNER])

    ask(rooms, ANN, f"MODINDEX dev\nDISTRIBUTE dev {'0' * 32}")
    assert "Only the moderators of dev@lists.example" in report(rooms)
    assert "This key is not known here" in report(rooms)
    ask(rooms, OWNER, "MODINDEX dev")
    assert "Not done" not in report(rooms)


@pytest.mark.parametrize(("verb", "sent"), [("DISTRIBUTE", 1), ("QUIET REJECT", 0)])
def test_a_held_post_is_decided_by_command(rooms: Rooms, verb: str, sent: int) -> None:
    """The key that came with the post lets it through, once, or ends it."""
    rooms.add_list(members=[ANN, BOB], owners=[OWNER], send="editorkey")
    rooms.put("distribute", post_bytes(ANN))
    rooms.drain("distribute")
    key = key_for(rooms, OWNER)

    ask(rooms, OWNER, f"{verb} staff@other.example {key}")
    assert "Not done" in report(rooms)
    ask(rooms, OWNER, f"{verb} dev {key}")
    ask(rooms, OWNER, f"{verb} dev {key}")
    assert "Not done: Already" in report(rooms)
    rooms.drain("distribute")

    copies = [s for _, s, _ in mails(rooms) if s == "A question"]
    assert len(copies) == sent


def test_somebody_else_is_signed_off_once_they_confirm(rooms: Rooms) -> None:
    """The key goes to the member, who alone can use it."""
    rooms.add_list(members=[BOB])

    ask(rooms, "x@y.example", f"SIGNOFF dev {BOB}")
    assert members(rooms) == [BOB]
    ask(rooms, BOB, f"CONFIRM {key_for(rooms, BOB)}")

    assert members(rooms) == []
    assert "You have left dev" in texts(rooms)


def test_answers_are_in_the_language_of_the_person(rooms: Rooms) -> None:
    """Who chose French reads French."""
    rooms.add_list()
    rooms.conn.execute(
        "UPDATE person SET language = 'fr' WHERE id = %s", [rooms.person(ANN)]
    )
    rooms.conn.commit()

    ask(rooms, ANN, "SUBSCRIBE dev")

    [text] = [t for _, subject, t in mails(rooms) if "commandes" in subject]
    assert "dev@lists.example" in text
    assert "You are now" not in text
