"""Files and lists as sources, circles of lists, and what is refused."""

import pytest

from listhub.errors import UsageError
from listhub.lists import catalogue, files
from listhub.lists.files import Level
from listhub.lists.sources import kinds, register
from tests.rooms import DOMAIN, Rooms
from tests.spool.lists.sources.world import add, members, sync


def upload(rooms: Rooms, list_id: int, content: str) -> None:
    level = Level(scope="list", list_id=list_id, name="dev")
    files.write(rooms.conn, "data_sources/staff", content, level=level, actor="test")
    rooms.conn.commit()


def test_a_file_has_a_person_on_each_line(rooms: Rooms):
    """Address, perhaps a name, comments; or a table with a header."""
    dev = rooms.add_list()
    upload(
        rooms, dev, "# staff\n\nann@a.example Ann Example\r\nbob@b.example\nrubbish\n"
    )
    add(rooms, "file", {"file": "staff"})

    assert sync(rooms) == "members: 2 from sources, 2 added, 0 removed"
    names = rooms.rows("SELECT display_name FROM person ORDER BY address_key")
    assert [row.display_name for row in names] == ["Ann Example", ""]

    upload(
        rooms, dev, 'name;address\n"Example, Ann";ann@a.example\nEve;eve@e.example\n'
    )
    assert sync(rooms) == "members: 2 from sources, 1 added, 1 removed"
    assert members(rooms, dev) == ["ann@a.example", "eve@e.example"]


def test_a_file_that_is_gone_is_no_empty_file(rooms: Rooms):
    """Without its file a source has failed, and nobody goes."""
    dev = rooms.add_list()
    upload(rooms, dev, "ann@a.example\n")
    add(rooms, "file", {"file": "staff"})
    sync(rooms)
    level = Level(scope="list", list_id=dev, name="dev")
    files.write(rooms.conn, "data_sources/staff", None, level=level, actor="test")
    rooms.conn.commit()

    assert "staff failed: there is no file data_sources/staff" in sync(rooms)
    assert members(rooms, dev) == ["ann@a.example"]


def test_a_list_takes_the_members_of_another(rooms: Rooms):
    """All of them, or those of a reception or with an attribute; or its owners."""
    other = rooms.add_list("all", owners=["own@o.example"])
    rooms.subscribe(other, "ann@a.example", reception="digest")
    rooms.subscribe(other, "bob@b.example", attributes='{"faculty": "law"}')
    wanted = {
        "plain": ({}, ["ann@a.example", "bob@b.example"]),
        "digests": ({"reception": "digest, index"}, ["ann@a.example"]),
        "law": ({"attribute": "faculty=law"}, ["bob@b.example"]),
        "heads": ({"people": "owner"}, ["own@o.example"]),
    }
    for name, (fields, expected) in wanted.items():
        made = rooms.add_list(name)
        add(rooms, "list", {"list": f"all@{DOMAIN}", **fields}, list_name=name)
        sync(rooms)

        assert members(rooms, made) == expected, name


def test_lists_in_a_circle_are_refused(rooms: Rooms):
    """Neither itself, nor along others; owners from members are no circle."""
    for name in ("a", "b", "c"):
        rooms.add_list(name)
    add(rooms, "list", {"list": f"b@{DOMAIN}"}, list_name="a")
    add(rooms, "list", {"list": f"c@{DOMAIN}"}, list_name="b")

    with pytest.raises(UsageError, match="from itself"):
        add(rooms, "list", {"list": f"a@{DOMAIN}"}, list_name="a", name="self")
    with pytest.raises(UsageError, match="circle"):
        add(rooms, "list", {"list": f"a@{DOMAIN}"}, list_name="c")
    rooms.conn.rollback()

    add(rooms, "list", {"list": f"a@{DOMAIN}"}, list_name="c", role="owner")
    row = catalogue.find_list(rooms.conn, f"b@{DOMAIN}")
    found = register.find(rooms.conn, row, "staff", role="member")
    with pytest.raises(UsageError, match="circle"):
        register.change(
            rooms.conn, row, found, fields={"list": f"a@{DOMAIN}"}, actor="test"
        )


def test_a_closed_list_is_a_source_that_failed(rooms: Rooms):
    """Closing a list does not empty the lists that follow it."""
    rooms.add_list("all", members=["ann@a.example"])
    dev = rooms.add_list()
    add(rooms, "list", {"list": f"all@{DOMAIN}"})
    sync(rooms)
    row = catalogue.find_list(rooms.conn, f"all@{DOMAIN}")
    catalogue.set_status(rooms.conn, row, "closed", actor="test")
    rooms.conn.commit()

    assert f"the list all@{DOMAIN} is not open" in sync(rooms)
    assert members(rooms, dev) == ["ann@a.example"]


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("sqll", {}, "did you mean sql"),
        ("sql", {"url": "postgresql://x"}, "needs statement"),
        ("sql", {"url": "mysql://x", "statement": "x"}, "does not begin with"),
        ("sql", {"urll": "x"}, "did you mean url"),
        ("https", {"url": "http://x.example/"}, "begins with https://"),
        ("https", {"url": "https://u:p@x.example/"}, "use the fields user"),
        ("https", {"url": "https://x.example/", "seconds": "0"}, "from 1 to 600"),
        ("file", {"file": "../x"}, "no path"),
        ("list", {"list": "nobody@lists.example"}, "no list"),
        ("list", {"list": "dev@lists.example", "reception": "x"}, "are known"),
        ("list", {"list": "dev@lists.example", "attribute": "x"}, "id=value"),
        ("ldap", {"host": "http://x", "suffix": "x"}, "host is"),
        ("ldap", {"host": "x", "suffix": "x", "scope": "all"}, "base, one, sub"),
        ("ldap2", {"host": "x", "suffix": "x", "suffix1": "x"}, "needs attribute1"),
        (
            "ldap2",
            {"host": "x", "suffix": "x", "suffix1": "x", "attribute1": "uid"},
            "stands neither",
        ),
    ],
)
def test_what_no_source_can_be_is_refused(
    rooms: Rooms, kind: str, fields: dict[str, str], said: str
):
    """One sentence names the field and what is right."""
    rooms.add_list()

    with pytest.raises(UsageError, match=said):
        add(rooms, kind, fields)


def test_what_may_be_a_password_is_not_shown(rooms: Rooms):
    """The URL of a database is a secret as a whole."""
    rooms.add_list()
    add(rooms)
    row = catalogue.find_list(rooms.conn, f"dev@{DOMAIN}")
    found = register.find(rooms.conn, row, "staff", role="member")

    assert kinds.shown_fields(found)["url"] == "***"
