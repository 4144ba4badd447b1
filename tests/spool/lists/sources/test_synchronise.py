"""People come and go with the sources of their list, and never many unasked."""

from listhub.lists import catalogue, members as membership, posting, subscribing
from listhub.lists.settings import load_list_settings
from listhub.lists.sources import register, rounds
from tests.rooms import DOMAIN, Rooms
from tests.spool.lists.sources.world import add, fill, members, people, state, sync


def test_a_list_follows_its_source(rooms: Rooms):
    """Who is named comes, with a name; who is named no more goes; others stay."""
    dev = rooms.add_list(members=["asked@a.example"])
    fill(rooms, people(20))
    add(rooms)

    assert sync(rooms) == "members: 20 from sources, 20 added, 0 removed"
    assert members(rooms, dev) == ["asked@a.example", *people(20)]
    named = rooms.rows(
        "SELECT display_name FROM person WHERE address = %s", people(1)[0]
    )
    assert named[0].display_name == f"Name of {people(1)[0]}"

    fill(rooms, people(2, 22))
    assert sync(rooms) == "members: 20 from sources, 2 added, 2 removed"
    assert members(rooms, dev) == ["asked@a.example", *people(2, 22)]
    assert sync(rooms) == "members: 20 from sources, 0 added, 0 removed"
    assert state(rooms, dev).state == "ok"


def test_an_empty_answer_stops_and_the_owners_are_asked_once(rooms: Rooms):
    """Nobody goes while a source names nobody; its owners hear of it one time."""
    dev = rooms.add_list(owners=["own@o.example"])
    fill(rooms, people(3))
    add(rooms)
    sync(rooms)
    fill(rooms, [])

    assert sync(rooms).startswith("members: stopped: the sources name nobody any more")
    sync(rooms)

    assert members(rooms, dev) == people(3)
    assert state(rooms, dev).state == "stopped"
    assert rooms.sent_to() == ["own@o.example"]
    assert b"3 people would leave dev" in (rooms.head().get("Subject") or b"")


def test_many_going_stop_and_somebodys_word_lets_them(rooms: Rooms):
    """Of 100 people 11 may not go unasked; approved they do, and only so many."""
    dev = rooms.add_list()
    fill(rooms, people(100))
    add(rooms)
    sync(rooms)
    fill(rooms, [*people(11, 100), "new@x.example"])

    assert sync(rooms) == "members: stopped: 11 of 100 would go"
    assert "new@x.example" not in members(rooms, dev)

    rounds.approve(rooms.conn, state(rooms, dev).id, people=11)
    rooms.conn.commit()
    fill(rooms, people(12, 100))
    assert sync(rooms) == "members: stopped: 12 of 100 would go"

    fill(rooms, people(11, 100))
    assert sync(rooms) == "members: 89 from sources, 0 added, 11 removed"
    assert state(rooms, dev).approved == 0


def test_the_limit_is_the_lists_own(rooms: Rooms):
    """With source_safety at 50 %, 11 of 100 go."""
    rooms.add_list(source_safety=50)
    fill(rooms, people(100))
    add(rooms)
    sync(rooms)
    fill(rooms, people(11, 100))

    assert sync(rooms) == "members: 89 from sources, 0 added, 11 removed"


def test_nobody_goes_unless_all_sources_answered(rooms: Rooms):
    """With one source broken people come and nobody goes; once it is well they do."""
    dev = rooms.add_list()
    fill(rooms, people(5))
    fill(rooms, ["guest@g.example"], table="guests")
    add(rooms)
    add(rooms, name="guests", statement="SELECT address FROM guests")
    sync(rooms)
    fill(rooms, people(1, 6))
    rooms.conn.execute("ALTER TABLE guests RENAME TO away")
    rooms.conn.commit()

    said = sync(rooms)

    assert said.startswith(
        "members: 6 from sources, 1 added, 0 removed; guests failed:"
    )
    assert members(rooms, dev) == ["guest@g.example", *people(6)]
    assert state(rooms, dev).state == "failing"
    assert state(rooms, dev).failures == 1
    rooms.conn.execute("ALTER TABLE away RENAME TO guests")
    rooms.conn.commit()
    assert sync(rooms) == "members: 6 from sources, 0 added, 1 removed"
    assert members(rooms, dev) == ["guest@g.example", *people(1, 6)]


def test_listmasters_hear_of_a_source_that_keeps_failing(rooms: Rooms):
    """The third failure in a row is told, and no other."""
    rooms.add_list()
    add(rooms, statement="SELECT address FROM nowhere")
    rooms.conn.execute(
        "INSERT INTO role (domain_id, person_id, kind) VALUES (1, %s, 'listmaster')",
        [rooms.person("boss@m.example")],
    )
    rooms.conn.commit()
    for _ in range(5):
        sync(rooms)

    assert rooms.sent_to() == ["boss@m.example"]


def test_who_asked_for_it_stays_without_the_source(rooms: Rooms):
    """A member who is both asked for and given is a plain member after."""
    dev = rooms.add_list(members=["u000000@x.example"])
    fill(rooms, people(20))
    add(rooms)
    sync(rooms)
    fill(rooms, people(1, 20))

    assert sync(rooms) == "members: 19 from sources, 0 added, 0 removed"
    assert state(rooms, dev).detail["kept"] == 1
    assert members(rooms, dev) == people(20)


def test_who_was_removed_does_not_come_back_until_added(rooms: Rooms):
    """An owner's removal outlives the source; adding the person again ends that."""
    dev = rooms.add_list()
    row = catalogue.find_list(rooms.conn, f"dev@{DOMAIN}")
    fill(rooms, people(3))
    add(rooms)
    sync(rooms)
    gone = people(1)[0]
    membership.remove(rooms.conn, row, [gone], actor="test")
    rooms.conn.commit()

    sync(rooms)
    assert members(rooms, dev) == people(1, 3)

    assert subscribe(rooms, dev, gone)
    sync(rooms)
    fill(rooms, [])
    sync(rooms)
    assert gone in members(rooms, dev)


def test_who_signed_off_does_not_come_back(rooms: Rooms):
    """What people say of themselves counts for more than what a source says."""
    dev = rooms.add_list()
    fill(rooms, people(3))
    add(rooms)
    sync(rooms)
    row = posting.find_list(rooms.conn, dev)
    assert row is not None
    subscribing.sign_off(rooms.conn, row, people(1)[0], actor="test", how="mail")
    rooms.conn.commit()

    sync(rooms)

    assert members(rooms, dev) == people(1, 3)


def test_a_member_by_a_source_may_ask_for_it_too(rooms: Rooms):
    """Subscribing makes an included member one who stays."""
    dev = rooms.add_list()
    fill(rooms, people(20))
    add(rooms)
    sync(rooms)

    assert not subscribe(rooms, dev, people(1)[0])
    fill(rooms, people(1, 20))
    sync(rooms)

    assert members(rooms, dev) == people(20)


def test_owners_come_from_sources_too(rooms: Rooms):
    """A source of owners makes owners, beside those whom somebody named."""
    dev = rooms.add_list(owners=["own@o.example"])
    fill(rooms, people(2))
    add(rooms, role="owner")

    assert sync(rooms) == "owners: 2 from sources, 2 added, 0 removed"

    owners = rooms.rows(
        "SELECT granted FROM role WHERE list_id = %s AND kind = 'owner' ORDER BY id",
        dev,
    )
    assert [row.granted for row in owners] == [True, False, False]
    assert members(rooms, dev) == []


def test_people_go_with_a_source_that_is_removed_unless_kept(rooms: Rooms):
    """Whoever removes a source has said that its people may go; --keep keeps them."""
    dev = rooms.add_list()
    row = catalogue.find_list(rooms.conn, f"dev@{DOMAIN}")
    fill(rooms, people(30))
    fill(rooms, people(20, 40), table="guests")
    add(rooms)
    add(rooms, name="guests", statement="SELECT address FROM guests")
    sync(rooms)

    source = register.find(rooms.conn, row, "staff", role="member")
    assert register.remove(rooms.conn, row, source, keep=False, actor="test") == 20
    rooms.conn.commit()
    assert sync(rooms) == "members: 20 from sources, 0 added, 20 removed"

    source = register.find(rooms.conn, row, "guests", role="member")
    assert register.remove(rooms.conn, row, source, keep=True, actor="test") == 0
    rooms.conn.commit()
    assert sync(rooms) == "members: 0 from sources, 0 added, 0 removed"
    assert members(rooms, dev) == people(20, 40)


def test_what_is_no_address_is_counted_and_passed_over(rooms: Rooms):
    """A source with rubbish in it gives its people all the same."""
    dev = rooms.add_list()
    fill(rooms, ["ok@x.example", "no address", "", f"dev@{DOMAIN}", "OK@X.example"])
    add(rooms)

    sync(rooms)

    assert members(rooms, dev) == ["ok@x.example"]
    assert rooms.rows("SELECT last_rows, last_refused FROM data_source") == [(2, 3)]


def subscribe(rooms: Rooms, list_id: int, address: str) -> bool:
    """Have somebody subscribe themselves."""
    row = posting.find_list(rooms.conn, list_id)
    assert row is not None
    done = subscribing.subscribe(
        rooms.conn,
        row,
        subscribing.Newcomer(address=address),
        settings=load_list_settings(rooms.conn, list_id),
        actor="test",
        how="mail",
    )
    rooms.conn.commit()
    return done
