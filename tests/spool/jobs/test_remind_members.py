"""Reminders by the clock: who is reminded, how often, and with which words."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from listhub.config import Web
from listhub.delivery.keyring import Keyring
from listhub.delivery.preparing import Preparer
from listhub.delivery.treatment import Treatment
from listhub.jobs import remind_members, schedule
from listhub.lists import reminding
from listhub.lists.files import Level, write
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.message import parse
from listhub.mail.personal import Reader
from tests.rooms import Rooms

MANY = [f"m{n:03}@d{n % 7}.example" for n in range(60)]


def founded(rooms: Rooms, list_id: int, ago: str) -> None:
    """Make a list as old as that."""
    rooms.conn.execute(
        "UPDATE mailing_list SET created_at = now() - %s::interval WHERE id = %s",
        [ago, list_id],
    )
    rooms.conn.commit()


def tick(rooms: Rooms) -> int:
    """Have the job made due and done once; return how many mails there are in all."""
    rooms.conn.execute("UPDATE job_run SET due_at = due_at - interval '1 hour'")
    schedule.tick(rooms.conn, [remind_members.JOB])
    rooms.conn.commit()
    rooms.drain("task")
    return len(rooms.sent_to())


def test_a_list_is_reminded_once_in_its_period(rooms: Rooms) -> None:
    """A month old and set to monthly: everybody is reminded, and then nobody again."""
    list_id = rooms.add_list(members=MANY, remind_task="monthly")
    founded(rooms, list_id, "1 month 2 hours")

    assert tick(rooms) == len(MANY)
    assert tick(rooms) == len(MANY)
    assert sorted(rooms.sent_to()) == sorted(MANY)
    [round_] = rooms.rows(
        "SELECT reminded, ended_at IS NOT NULL AS e FROM reminder_round"
    )
    assert round_ == (len(MANY), True)
    assert {item.priority for item in rooms.waiting("send")} == {reminding.PRIORITY}


@pytest.mark.parametrize(
    ("cadence", "ago"),
    [
        ("never", "1 month 2 hours"),
        ("monthly", "20 days"),
        ("monthly", "1 month 9 days"),
        ("yearly", "11 months"),
        ("3month", "2 months 1 hour"),
    ],
)
def test_it_is_not_time(rooms: Rooms, cadence: str, ago: str) -> None:
    """Nobody is reminded between two periods, nor long after one began."""
    founded(rooms, rooms.add_list(members=MANY[:3], remind_task=cadence), ago)

    assert tick(rooms) == 0


def test_the_site_may_say_so_for_all_lists(rooms: Rooms) -> None:
    """A list that sets nothing has what the site says; a closed one reminds nobody."""
    first = rooms.add_list("first", members=["a@a.example"])
    rooms.add_list("never", members=["b@a.example"], remind_task="never")
    closed = rooms.add_list("closed", members=["c@a.example"])
    rooms.conn.execute(
        "INSERT INTO setting_version (scope, version, values, changed_by)"
        """ VALUES ('site', 1, '{"remind_task": "yearly"}', 'test')"""
    )
    rooms.conn.execute(
        "UPDATE mailing_list SET status = 'closed' WHERE id = %s", [closed]
    )
    for list_id in range(first, closed + 1):
        founded(rooms, list_id, "2 years 1 hour")

    tick(rooms)

    assert rooms.sent_to() == ["a@a.example"]


def test_many_are_reminded_in_pieces(rooms: Rooms) -> None:
    """A piece is a transaction; whoever comes at once does not do the same one."""
    list_id = rooms.add_list(members=MANY, remind_task="monthly")
    founded(rooms, list_id, "1 month 2 hours")

    def piece(_number: int) -> int:
        with psycopg.connect(rooms.url) as conn:
            found = reminding.remind(
                conn, list_id, settings=rooms.host.settings, limit=25
            )
            return found.people

    with ThreadPoolExecutor(5) as pool:
        done = sorted(pool.map(piece, range(5)))

    assert done == [0, 0, 10, 25, 25]
    assert sorted(rooms.sent_to()) == sorted(MANY)


def test_a_piece_that_fails_is_done_again_whole(rooms: Rooms) -> None:
    """Mails and how far it came are one commit."""
    list_id = rooms.add_list(members=MANY, remind_task="monthly")
    founded(rooms, list_id, "1 month 2 hours")
    settings = rooms.host.settings
    reminding.remind(rooms.conn, list_id, settings=settings, limit=25)
    rooms.conn.commit()
    reminding.remind(rooms.conn, list_id, settings=settings, limit=25)
    rooms.conn.rollback()

    assert tick(rooms) == len(MANY)
    assert sorted(rooms.sent_to()) == sorted(MANY)


def test_the_silent_are_not_reminded(rooms: Rooms) -> None:
    """Who suspended their mail, or gets none of the domain's, gets no reminder either."""
    list_id = rooms.add_list(members=["ann@a.example"], remind_task="monthly")
    rooms.subscribe(list_id, "off@a.example", suspended_at="2026-01-01")
    rooms.subscribe(list_id, "back@a.example", suspended_at="2026-01-01")
    rooms.subscribe(list_id, "web@a.example", reception="none")
    rooms.subscribe(list_id, "spam@a.example")
    rooms.conn.execute(
        "UPDATE subscription SET suspended_until = now() FROM person"
        " WHERE person.id = person_id AND address = 'back@a.example'"
    )
    rooms.conn.execute(
        "INSERT INTO suppression (domain_id, address_key, why)"
        " SELECT domain_id, 'spam@a.example', 'complaint' FROM mailing_list"
    )
    founded(rooms, list_id, "1 month 2 hours")

    tick(rooms)

    assert sorted(rooms.sent_to()) == [
        "ann@a.example",
        "back@a.example",
        "web@a.example",
    ]


def copies(rooms: Rooms) -> dict[str, str]:
    """Return head and text of each copy as its reader has it."""
    preparer = Preparer(Keyring(""), one_click_key=lambda: b"k" * 32)
    found = {}
    for row in rooms.rows(
        "SELECT head, treatment, list_id, packet.recipients, packet.subscriptions"
        "  FROM packet JOIN outgoing ON outgoing.id = outgoing_id"
    ):
        raw = bytes(row.head)
        headers = Headers.parse(raw)
        for address, subscription in zip(
            row.recipients, row.subscriptions, strict=True
        ):
            [since] = rooms.rows(
                "SELECT created_at AS at FROM subscription WHERE id = %s", subscription
            )
            copy = preparer.copy(
                Draft(headers=headers, body=raw[headers.body_offset :]),
                Treatment.from_json(row.treatment),
                list_id=row.list_id,
                reader=Reader(address=address, since=since.at),
                subscription=subscription,
            )
            text = parse(copy).get_content()
            found[address] = f"{copy.decode()}\n{' '.join(text.split())}"
    return found


def test_each_reads_what_is_theirs(rooms: Rooms) -> None:
    """Address, day and reception are the member's own, in the member's language."""
    list_id = rooms.add_list(
        members=["ann@a.example", "eva@f.example"],
        remind_task="yearly",
        subject="On {{ braces }} and {% such %}",
    )
    rooms.conn.execute(
        "UPDATE person SET language = 'fr' WHERE address = 'eva@f.example'"
    )
    rooms.conn.execute("UPDATE subscription SET created_at = '2025-03-14 12:00+00'")
    rooms.subscribe(list_id, "dig@a.example", reception="digest")
    founded(rooms, list_id, "3 years 1 day")
    tick(rooms)

    made = copies(rooms)
    assert (
        "ann@a.example has been a member of the list dev@lists.example since"
        in (made["ann@a.example"])
    )
    assert "2025" in made["ann@a.example"]
    assert "reception MAIL" in made["ann@a.example"]
    assert "reception DIGEST" in made["dig@a.example"]
    assert "eva@f.example" in made["eva@f.example"]
    assert "Subject: You are" not in made["eva@f.example"]
    assert "To: dev-request@lists.example" in made["ann@a.example"]
    assert "List-Unsubscribe: " in made["ann@a.example"]
    assert "{{" not in "".join(made.values())


def test_a_click_leaves_the_list(rooms: Rooms) -> None:
    """Where the site has web pages, each reminder has its own one-click address."""
    settings = rooms.host.settings
    list_id = rooms.add_list(members=["ann@a.example"], remind_task="monthly")
    founded(rooms, list_id, "1 month 2 hours")
    site = type(settings)(
        database=settings.database,
        site=settings.site,
        web=Web(url="https://lists.example/"),
    )

    reminding.remind(rooms.conn, list_id, settings=site)
    rooms.conn.commit()

    made = copies(rooms)["ann@a.example"]
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in made
    assert "/one-click/TOKEN-OF" not in made


def test_words_of_the_owners_own(rooms: Rooms) -> None:
    """Owners may write it anew; what cannot be filled in gives way to ours, and is told."""
    list_id = rooms.add_list(
        members=["ann@a.example"], owners=["own@o.example"], remind_task="monthly"
    )
    founded(rooms, list_id, "1 month 2 hours")
    level = Level(scope="list", list_id=list_id, name="dev@lists.example")

    def reminded(words: str) -> str:
        write(rooms.conn, "mail_tt2/remind", words, level=level, actor="test")
        rooms.conn.execute("DELETE FROM reminder_round")
        rooms.conn.execute("DELETE FROM outgoing")
        tick(rooms)
        return copies(rooms)["ann@a.example"]

    own = reminded("Subject: Still here?\nDear {{ person }}, we think of you.")
    assert "Subject: Still here?" in own
    assert "Dear ann@a.example, we think of you." in own
    broken = reminded("Dear {{ nobody.at.all }}")
    assert "ann@a.example has been a member" in broken
    harmful = reminded("{{ '{{' }} user {{ '}}' }} {{ '{% if' }}")
    assert "ann@a.example has been a member" in harmful
    [told] = rooms.rows(
        "SELECT count(*) AS n FROM notice_waiting WHERE list_id IS NOT NULL"
    )
    assert told.n >= 1
