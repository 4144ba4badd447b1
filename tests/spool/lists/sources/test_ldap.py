"""People from a directory, which is a real one."""

from collections.abc import Iterator

import pytest

from listhub.lists.sources import kinds
from tests import slapd
from tests.rooms import Rooms
from tests.spool.lists.sources.world import add, members, state, sync

PEOPLE = 1300
#: More than the directory answers at once.
STAFF = [f"p{number}" for number in range(PEOPLE)]


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a directory with many people and two groups."""
    if reason := slapd.missing():
        pytest.skip(reason)
    entries = [
        *(slapd.person(uid, f"{uid}@x.example") for uid in STAFF),
        slapd.person("two*(names)", "one@y.example", "two@y.example"),
        slapd.group("heads", "p1", "p2", "two*(names)", "gone"),
        slapd.group("others", "p2", "p3"),
    ]
    with slapd.directory(tmp_path_factory.mktemp("slapd"), *entries) as uri:
        yield uri


def search(uri: str, **fields: str) -> dict[str, str]:
    """Return the fields of a search for people."""
    bound = {"bind_dn": slapd.ROOT, "password": slapd.PASSWORD}
    where = {"host": uri, "suffix": f"ou=people,{slapd.SUFFIX}"}
    return {**where, "filter": "(objectClass=inetOrgPerson)", **bound, **fields}


def test_one_level_reads_page_after_page(rooms: Rooms, uri: str):
    """More people than one answer holds come, each address of an entry and its name."""
    dev = rooms.add_list()
    fields = search(uri, bind_dn="", password="", name_attribute="cn")
    add(rooms, "ldap", fields)

    assert sync(rooms) == "members: 1,302 from sources, 1,302 added, 0 removed"

    assert {"one@y.example", "two@y.example"} < set(members(rooms, dev))
    found = rooms.rows("SELECT display_name FROM person WHERE address = 'p7@x.example'")
    assert found[0].display_name == "Person p7"


def test_two_levels_take_the_people_of_groups(rooms: Rooms, uri: str):
    """The values of the first search stand in the second, escaped; repeats count once."""
    dev = rooms.add_list()
    fields = search(uri, filter="(uid=[attrs1])", select="first")
    groups = {"suffix1": f"ou=groups,{slapd.SUFFIX}", "attribute1": "memberUid"}
    add(rooms, "ldap2", fields | groups)

    sync(rooms)

    found = members(rooms, dev)
    assert found == ["one@y.example", "p1@x.example", "p2@x.example", "p3@x.example"]


def test_two_levels_may_go_by_the_place_of_an_entry(rooms: Rooms, uri: str):
    """A value in the suffix is the base of the second search; what is gone is no error."""
    dev = rooms.add_list()
    fields = search(uri, suffix=f"uid=[attrs1],ou=people,{slapd.SUFFIX}", scope="base")
    groups = {
        "suffix1": f"ou=groups,{slapd.SUFFIX}",
        "filter1": "(cn=heads)",
        "attribute1": "memberUid",
        "regex1": "^(p|gone)",
    }
    add(rooms, "ldap2", fields | groups)

    assert sync(rooms) == "members: 2 from sources, 2 added, 0 removed"
    assert members(rooms, dev) == ["p1@x.example", "p2@x.example"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": "wrong"}, "the directory says: Invalid credentials"),
        ({"suffix": "ou=none,dc=example"}, "the directory says: No such object"),
        ({"host": "127.0.0.1:1"}, "the directory says: Can't contact LDAP server"),
        ({"filter": "(("}, "the directory says: Bad search filter"),
        ({"tls": "starttls"}, "the directory says: "),
    ],
)
def test_what_goes_wrong_is_said(
    rooms: Rooms, uri: str, fields: dict[str, str], said: str
):
    """The directory's own words reach whoever looks, and nobody comes or goes."""
    dev = rooms.add_list()
    add(rooms, "ldap", search(uri, **fields))

    assert said in sync(rooms)

    assert members(rooms, dev) == []
    assert state(rooms, dev).state == "failing"


def test_kinds_that_ask_a_directory_hide_their_password():
    """The password of bind_dn is not shown."""
    for kind in ("ldap", "ldap2"):
        assert kinds.by_name(kind).fields["password"].secret
