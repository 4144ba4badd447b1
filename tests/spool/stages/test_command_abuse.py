"""What forgers, spammers and programs get out of the command address: nothing of use."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from listhub.commands import limiter
from listhub.commands.table import COMMANDS
from listhub.lists.notices import command_replies
from listhub.lists.notices.notice import Nothing, Place
from listhub.lists.notices.words import write
from tests.rooms import DOMAIN, Rooms, open_rooms, post_bytes
from tests.spool.stages.asking import ask, mails, members, report, texts

ANN, BOB, OWNER = "ann@a.example", "bob@b.example", "own@o.example"
MASTER = "master@m.example"
SPAM = "X-Spam-Status: Yes, score=9\r\n"


def add_scenario(rooms: Rooms, path: str, text: str) -> None:
    """Write a scenario of the site, unchecked as an old database may hold it."""
    rooms.conn.execute(
        "INSERT INTO custom_file (scope, path, content, changed_by)"
        " VALUES ('site', %s, %s, 'test')",
        [f"scenari/{path}", text],
    )
    rooms.conn.commit()


def add_listmaster(rooms: Rooms) -> None:
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person(MASTER)],
    )
    rooms.conn.commit()


@pytest.mark.parametrize(
    ("to", "body"),
    [
        (f"sympa@{DOMAIN}", "Buy now"),
        (f"sympa@{DOMAIN}", "SUBSCRIBE dev"),
        (f"dev-subscribe@{DOMAIN}", "Buy now"),
    ],
)
def test_spam_is_neither_done_nor_answered(rooms: Rooms, to: str, body: str) -> None:
    """Its From is forged: whoever it belongs to gets no report, welcome or key."""
    rooms.add_list()

    ask(rooms, ANN, body, to=to, extra=SPAM)

    assert [row.note for row in rooms.settled("command")] == ["marked as spam"]
    assert (members(rooms), mails(rooms)) == ([], [])


def test_a_site_may_take_commands_that_look_like_spam(rooms: Rooms) -> None:
    """Where the domain ignores the filter's marks, commands are done."""
    rooms.add_list()
    rooms.conn.execute(
        "INSERT INTO setting_version (scope, version, values, changed_by)"
        " VALUES ('site', 1, '{\"spam\": \"ignore\"}', 'test')"
    )
    rooms.conn.commit()

    ask(rooms, ANN, "SUBSCRIBE dev", extra=SPAM)

    assert members(rooms) == [ANN]


def test_a_reply_that_came_over_a_list_is_not_answered(rooms: Rooms) -> None:
    """A guessed key in the subject of somebody's newsletter writes to nobody."""
    rooms.add_list()
    subject = f"Re: yours [{'0' * 32}]"

    ask(rooms, ANN, "accept", subject=subject, extra="List-Id: <x.y.example>\r\n")
    assert mails(rooms) == []
    ask(rooms, ANN, "accept", subject=subject)
    assert "This key is not known here" in report(rooms)


def test_replies_count_as_commands(rooms: Rooms) -> None:
    """From the limit on replies to our mail are not answered either."""
    rooms.add_list()
    for _ in range(limiter.MOST):
        limiter.count(rooms.conn, ANN)
    rooms.conn.commit()

    ask(rooms, ANN, "accept", subject=f"Re: yours [{'0' * 32}]")

    assert ANN not in rooms.sent_to()


@pytest.mark.parametrize("command", ["INVITE dev", "SIGNOFF dev"])
def test_nobody_is_buried_under_what_others_ask(rooms: Rooms, command: str) -> None:
    """Who is invited, or signed off in vain, twenty times reads of it once a day."""
    rooms.add_list(members=[ANN], invite="public")

    ask(rooms, ANN, f"{command} {BOB}\n" * 20)
    ask(rooms, "eve@e.example", f"{command} {BOB}")

    assert rooms.sent_to().count(BOB) == 1
    assert "Not done" not in report(rooms)


def test_a_scenario_that_fails_is_told_once(rooms: Rooms) -> None:
    """The sender reads that it is a mistake of ours; the listmasters hear of it, grouped."""
    rooms.add_list(subscribe="odd")
    add_listmaster(rooms)
    add_scenario(
        rooms, "subscribe.odd", "search(none.txt,[sender]) smtp,md5 -> do_it\n"
    )

    for number in range(8):
        ask(rooms, f"a{number}@a.example", "SUBSCRIBE dev")

    assert members(rooms) == []
    assert "because of a mistake in the configuration" in report(rooms)
    assert 0 < rooms.sent_to().count(MASTER) < 8
    kept = rooms.rows("SELECT detail FROM notice_waiting")
    assert len(kept) == 8
    assert kept[0].detail["line"] == 1
    assert "none.txt" in kept[0].detail["problem"]


def test_a_scenario_that_wants_nobody_told(rooms: Rooms) -> None:
    """`reject,quiet` is a refusal without an answer."""
    rooms.add_list(subscribe="hush")
    add_scenario(
        rooms,
        "subscribe.hush",
        "true() smtp -> reject(reason='subscribe_closed'),quiet\n",
    )

    ask(rooms, ANN, "SUBSCRIBE dev")

    assert mails(rooms) == []


def test_one_welcome_for_two_mails_at_once(database_url: str) -> None:
    """Two hosts that do the same command in the same instant greet the member once."""
    with open_rooms(database_url) as one, open_rooms(database_url) as two:
        one.add_list(owners=[OWNER], subscribe="open_notify", unsubscribe="open_notify")
        for number, words in enumerate(["SUBSCRIBE dev", "SIGNOFF dev"] * 4):
            for copy in (1, 2):
                raw = post_bytes(
                    ANN, subject=words, message_id=f"{number}.{copy}@a.example"
                )
                to = f"sympa@{DOMAIN}"
                one.put("command", raw, recipient=to, reverse_path=ANN, list_id=None)
            _at_once(one, two)

        subjects = [subject for _, subject, _ in mails(one)]
        for about in ("Welcome to dev", "You have left dev"):
            assert subjects.count(about) == 4
        assert one.sent_to().count(OWNER) == 8
        assert one.waiting("command") == []


def _at_once(one: Rooms, two: Rooms) -> None:
    start = threading.Barrier(2)

    def work(rooms: Rooms) -> int:
        start.wait(10)
        return rooms.drain("command")

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, (one, two))) == 2


def test_one_broken_list_does_not_hide_the_others(rooms: Rooms) -> None:
    """LISTS leaves out a list whose settings cannot be used, and tells the rest."""
    rooms.add_list(visibility="noconceal")
    rooms.add_list("staff", visibility="noconceal", max_size="huge")

    ask(rooms, ANN, "LISTS")

    assert f"dev@{DOMAIN}" in report(rooms)
    assert "staff" not in report(rooms)


def test_one_broken_list_keeps_back_no_other(rooms: Rooms) -> None:
    """With * a list whose settings cannot be used is named, and the others are done."""
    rooms.add_list(members=[ANN])
    rooms.add_list("staff", members=[ANN], max_size="huge")

    ask(rooms, ANN, "SET * NOTICE\nSIGNOFF *")

    assert (members(rooms, 1), members(rooms, 2)) == ([], [ANN])
    assert report(rooms).count(f"staff@{DOMAIN} cannot be used at the moment") == 2


def test_no_key_is_written_down(
    rooms: Rooms, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys are in the mail that brings them, and in no log, trace, audit or table."""
    rooms.add_list(subscribe="auth")
    ask(rooms, ANN, "SUBSCRIBE dev")
    [key] = [s.rpartition("[")[2][:32] for _, s, _ in mails(rooms) if "[" in s]
    ask(rooms, ANN, f"CONFIRM {key}\nCONFIRM {key}\nAUTH {key} SUBSCRIBE dev")
    ask(rooms, ANN, "what?", subject=f"[{key}]")

    assert members(rooms) == [ANN]
    said = capsys.readouterr()
    assert key not in said.out + said.err
    for table in ("audit", "request", "request_key", "spool_history", "notice_count"):
        written = rooms.rows(f"SELECT row_to_json(t)::text AS row FROM {table} AS t")  # noqa: S608
        assert all(key not in each.row for each in written), table


def test_help_names_every_command() -> None:
    """What the table has, HELP tells, in both languages."""
    for language in ("en", "fr"):
        place = Place(domain=DOMAIN)
        said = write(
            command_replies.HELP, Nothing(), place=place, language=language
        ).text
        lost = [each.name for each in COMMANDS if f" {each.name} " not in f" {said} "]
        assert lost == []


def test_french_people_read_french(rooms: Rooms) -> None:
    """What a list refuses is said in the reader's language."""
    rooms.add_list(max_members=1, members=[BOB])
    rooms.conn.execute(
        "UPDATE person SET language = 'fr' WHERE id = %s", [rooms.person(ANN)]
    )
    rooms.conn.commit()

    ask(rooms, ANN, "SUBSCRIBE dev")

    assert f"dev@{DOMAIN} est complète" in " ".join(texts(rooms).split())
