"""Lists of a family: made from a roll, changed with it, following it, leaving it."""

from typing import Any

import pytest

from listhub.errors import UsageError
from listhub.lists import files, grants, settings
from listhub.lists.by_setting import having
from listhub.lists.families import (
    following,
    instances,
    making,
    overview,
    register,
)
from listhub.lists.families.making import Order
from listhub.lists.files import Level
from listhub.stages.stage import Host
from tests import families
from tests.families import COURSES
from tests.rooms import DOMAIN, Rooms, post_bytes

ROLL = "list,code,language\nlaw,law,fr\nart,art,\n"
LOCKED_SUBJECT = COURSES.replace("[locked]", "[locked]\nsubject = true")


def whats(reports: list[making.Report]) -> list[str]:
    return [each.what for each in reports]


def holders(rooms: Rooms, name: str) -> list[str]:
    found = grants.holders(rooms.conn, families.find(rooms, name).id, kind="owner")
    rooms.conn.commit()
    return sorted(found)


@pytest.fixture
def courses(rooms: Rooms) -> Rooms:
    """A family with two lists."""
    families.put(rooms)
    assert whats(families.make(rooms, ROLL)) == ["made", "made"]
    return rooms


def test_lists_are_made(courses: Rooms):
    """Each has the family's settings and owners, and its own values."""
    law, art = families.in_force(courses, "law"), families.in_force(courses, "art")
    assert (law.subject, law.language, law.send) == ("Course law", "fr", "private")
    assert (art.subject, art.language) == ("Course art", "en")
    assert holders(courses, "law") == ["dean@o.example"]
    assert whats(families.make(courses, ROLL)) == ["same", "same"]


def test_a_dry_run_changes_nothing(rooms: Rooms):
    """The report is that of the real run; there is no list afterwards."""
    families.put(rooms)
    reports = families.make(rooms, ROLL, dry_run=True)
    assert whats(reports) == ["made", "made"]
    assert not rooms.rows("SELECT FROM mailing_list")
    assert not rooms.rows("SELECT FROM audit WHERE action = 'list.create'")


def test_a_post_meets_the_familys_level(courses: Rooms):
    """The way of a post reads the same settings: only members may post."""
    found = families.find(courses, "law")
    courses.put(
        "distribute",
        post_bytes("eve@e.example", to=found.address),
        recipient=found.address,
        reverse_path="eve@e.example",
        list_id=found.id,
    )
    courses.drain("distribute")
    assert courses.settled("distribute")[-1].verdict == "refused"


def test_what_is_locked_is_not_the_owners(courses: Rooms):
    """A fixed setting cannot be set, another one among the choices only."""
    with pytest.raises(UsageError, match="send is fixed in all lists of the family"):
        families.set_own(courses, "law", send="public")
    courses.conn.rollback()
    with pytest.raises(UsageError, match='reply_to may be "sender" or "list"'):
        families.set_own(courses, "law", reply_to="all")
    courses.conn.rollback()
    families.set_own(courses, "law", reply_to="list", max_size=1000)
    assert families.in_force(courses, "law").reply_to == "list"


def test_what_owners_changed_is_kept(courses: Rooms):
    """A change of the family or of the line does not overwrite an owner's."""
    families.set_own(courses, "law", subject="My course")
    families.put(courses, COURSES.replace("Course $", "The course $"))
    assert families.follow(courses) == "2 lists follow, 0 cannot"
    assert families.in_force(courses, "law").subject == "My course"
    assert families.in_force(courses, "art").subject == "The course art"
    [law, _] = families.make(courses, ROLL.replace("fr", "en"))
    assert (law.what, law.note) == ("changed", "its own: subject")
    assert families.in_force(courses, "law").subject == "My course"


def test_a_lock_takes_what_owners_had(courses: Rooms):
    """The family's value is in force, and the owners are told which they lost."""
    families.set_own(courses, "law", subject="My course", max_size=1000)
    families.put(courses, LOCKED_SUBJECT)
    families.follow(courses)
    law = families.in_force(courses, "law")
    assert (law.subject, law.max_size) == ("Course law", 1000)
    assert courses.sent_to() == ["dean@o.example"]
    assert "de law sont désormais ceux de sa famille" in courses.head().text("Subject")
    history = settings.history(
        courses.conn, scope="list", list_id=families.find(courses, "law").id
    )
    assert history[1].values["subject"] == "My course"


def test_a_list_that_cannot_follow_stays_as_it_was(courses: Rooms):
    """It is named with the reason; the others follow; a right line mends it."""
    families.put(courses, COURSES.replace('"Course ${code}"', '"${code} ${year}"'))
    families.make(courses, "list,code,year\nart,art,2026\n")
    assert families.follow(courses) == "0 lists follow, 1 cannot"
    assert families.follow(courses) == "0 lists follow, 0 cannot"
    assert families.in_force(courses, "law").subject == "Course law"
    assert families.in_force(courses, "art").subject == "art 2026"
    art, law = overview.members(courses.conn, "courses")
    assert (art.follows, art.problem) == (2, None)
    assert (law.follows, law.problem) == (1, "year is missing.")
    [report] = families.make(courses, "list,code,year\nlaw,law,2027\n")
    assert report.what == "changed"
    assert families.in_force(courses, "law").subject == "law 2027"


def test_owners_follow(courses: Rooms):
    """Who is named newly comes, who is named no more goes, others stay."""
    law = families.find(courses, "law")
    grants.grant(
        courses.conn,
        law.id,
        "own@o.example",
        kind="owner",
        name=law.address,
        actor="test",
    )
    families.put(courses, COURSES.replace("dean@", "rector@"))
    families.follow(courses)
    assert holders(courses, "law") == ["own@o.example", "rector@o.example"]
    families.make(courses, "list,code,owners\nlaw,law,ann@a.example\n")
    assert holders(courses, "law") == [
        "ann@a.example",
        "own@o.example",
        "rector@o.example",
    ]


def test_an_owner_who_gave_it_back_stays_out(courses: Rooms):
    """A change of something else does not make them an owner again."""
    law = families.find(courses, "law")
    grants.revoke(
        courses.conn,
        law.id,
        "dean@o.example",
        kind="owner",
        name=law.address,
        actor="dean",
    )
    families.put(courses, COURSES.replace("Course $", "The course $"))
    families.follow(courses)
    assert holders(courses, "law") == []


def source(rooms: Rooms, statement: str, name: str = "students") -> str:
    return f"""{COURSES}
[[sources]]
name = "{name}"
kind = "sql"
[sources.fields]
url = "{rooms.url}"
statement = "{statement}"
"""


def test_sources_follow(courses: Rooms):
    """They are added, changed and removed with the family; passwords are sealed."""

    def stored() -> list[tuple[Any, ...]]:
        rows = courses.rows(
            "SELECT source.name, config->>'statement' AS statement, config->>'url' AS url"
            "  FROM data_source AS source JOIN mailing_list AS list ON list.id = list_id"
            " WHERE list.name = 'law'"
        )
        assert all(row.url.startswith("sealed:") for row in rows)
        return [(row.name, row.statement) for row in rows]

    families.put(courses, source(courses, "SELECT '${code}@x.example'"))
    families.follow(courses)
    assert stored() == [("students", "SELECT 'law@x.example'")]
    [version] = courses.rows(
        "SELECT document->'sources'->0->'fields'->>'url' AS url FROM family_version"
        " ORDER BY version DESC LIMIT 1"
    )
    assert version.url.startswith("sealed:")

    families.put(courses, source(courses, "SELECT 'other@x.example'"))
    families.follow(courses)
    families.sync(courses)
    assert stored() == [("students", "SELECT 'other@x.example'")]
    assert courses.rows("SELECT address FROM person WHERE address LIKE 'other%%'")

    families.put(courses, source(courses, "SELECT 'new@x.example'", name="new"))
    families.follow(courses)
    assert stored() == [("new", "SELECT 'new@x.example'")]
    families.put(courses)
    families.follow(courses)
    assert stored() == []


def test_the_same_family_again_is_no_new_version(courses: Rooms):
    """Also with a password, which is sealed otherwise each time."""
    text = source(courses, "SELECT 'x@x.example'")
    assert families.put(courses, text) == families.put(courses, text) == 2


def test_lists_that_are_here_join_if_asked(courses: Rooms):
    """A list outside of the family is only taken in with --adopt; its own stays."""
    courses.add_list("gym", owners=["own@o.example"], max_size=1000)
    [report] = families.make(courses, "list,code\ngym,gym\n")
    assert (report.what, report.note) == (
        "refused",
        "is here already, outside of the family.",
    )
    [report] = families.make(courses, "list,code\ngym,gym\n", adopt=True)
    assert report.what == "joined"
    gym = families.in_force(courses, "gym")
    assert (gym.subject, gym.max_size) == ("Course gym", 1000)
    assert holders(courses, "gym") == ["dean@o.example", "own@o.example"]


def test_what_is_not_in_the_roll_is_closed_if_asked(courses: Rooms):
    """Its owners are told; a line of its own opens it again."""
    order = Order(actor="test", settings=courses.host.settings)
    keep = frozenset({f"law@{DOMAIN}"})
    [report] = making.close_others(courses.conn, "courses", order, keep=keep)
    courses.conn.commit()
    assert (report.address, report.what) == (f"art@{DOMAIN}", "closed")
    assert families.find(courses, "art").status == "closed"
    assert "closed with its family" in courses.head().text("Subject")
    assert whats(families.make(courses, ROLL)) == ["same", "opened"]
    assert families.find(courses, "art").status == "open"


def test_a_wrong_line_changes_nothing(courses: Rooms):
    """The list is as it was, and so are the others of the roll."""
    reports = families.make(courses, "list,code,reply_to\nlaw,law,all\nart,art,list\n")
    assert whats(reports) == ["refused", "changed"]
    assert "in this family it may be" in reports[0].note
    assert families.in_force(courses, "law").reply_to == "sender"


def test_a_list_may_leave(courses: Rooms):
    """It keeps the settings in force as its own, and nothing is locked any more."""
    families.set_own(courses, "law", max_size=1000)
    before = families.in_force(courses, "law")
    instances.leave(courses.conn, families.find(courses, "law"), actor="test")
    courses.conn.commit()
    assert families.in_force(courses, "law") == before
    families.set_own(courses, "law", send="public")
    families.put(courses, COURSES.replace("Course $", "The course $"))
    families.follow(courses)
    assert families.in_force(courses, "law").subject == "Course law"


def test_a_family_goes_last(courses: Rooms):
    """It is not removed while lists are open in it; its files go with it."""
    level = Level(scope="family", family="courses")
    files.write(courses.conn, "message_footer", "Bye", level=level, actor="test")
    with pytest.raises(UsageError, match="has 2 open lists, art@"):
        register.remove(courses.conn, "courses", actor="test")
    for name in ("law", "art"):
        instances.leave(courses.conn, families.find(courses, name), actor="test")
    register.remove(courses.conn, "courses", actor="test")
    assert register.families(courses.conn) == []
    assert files.history(courses.conn, "message_footer", level=level)[0].content is None


def test_lists_are_made_where_the_family_is(courses: Rooms):
    """A list of another domain is none of it."""
    courses.conn.execute("INSERT INTO domain (name) VALUES ('other.example')")
    courses.conn.commit()
    [report] = families.make(courses, "list,code\nlaw@other.example,law\n")
    assert report.what == "refused"
    assert "Lists of the family courses are in" in report.note
    assert not courses.rows("SELECT FROM mailing_list WHERE name = 'law' AND id > 2")


def test_two_hosts_let_lists_follow(courses: Rooms):
    """What one has in hand the other leaves alone; nothing is done twice."""
    roll = "list,code\n" + "".join(f"c{n},c{n}\n" for n in range(20))
    families.make(courses, roll)
    families.put(courses, COURSES.replace("Course $", "The course $"))
    other = Host(settings=courses.host.settings, name="other").connection()
    first = following.follow(
        courses.conn, "courses", actor="a", settings=courses.host.settings, limit=8
    )
    rest = following.follow(other, "courses", actor="b", settings=courses.host.settings)
    courses.conn.commit()
    other.commit()
    other.close()
    assert (len(first), len(rest)) == (8, 14)
    rows = courses.rows("SELECT count(*) FROM family_list WHERE version = 2")
    assert rows[0].count == 22


def test_queries_over_settings_see_the_familys(courses: Rooms):
    """Jobs and pages that look lists up by a setting find those of the family, too."""
    families.set_own(courses, "art", subject="Drawing")
    rows = courses.rows(
        f"SELECT address, value FROM ({having('subject')}) AS found"  # noqa: S608
        " ORDER BY address"
    )
    assert [(row.address, row.value) for row in rows] == [
        (f"art@{DOMAIN}", "Drawing"),
        (f"law@{DOMAIN}", "Course law"),
    ]


def test_scenarios_of_the_family_know_its_lists(courses: Rooms):
    """A file of the family comes first, and [family->code] is the list's value."""
    level = Level(scope="family", family="courses")
    rules = (
        "equal([family->code],'law') smtp,md5,smime -> do_it\n"
        "true() smtp,md5,smime -> reject(reason='send_owner')\n"
    )
    files.write(courses.conn, "scenari/send.private", rules, level=level, actor="test")
    courses.conn.commit()
    for name in ("law", "art"):
        found = families.find(courses, name)
        courses.put(
            "distribute",
            post_bytes("eve@e.example", to=found.address, message_id=f"{name}@e.x"),
            recipient=found.address,
            reverse_path="eve@e.example",
            list_id=found.id,
        )
    courses.drain("distribute")
    ends = {row.list_id: row.verdict for row in courses.settled("distribute")}
    wanted = {"law": "done", "art": "refused"}
    assert ends == {families.find(courses, n).id: end for n, end in wanted.items()}
