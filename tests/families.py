"""A site with families: written as people write them, their lists made and looked at."""

from typing import Any

from listhub.jobs import follow_families, sync_sources, tend_automatic_lists
from listhub.lists import catalogue, settings
from listhub.lists.catalogue import ListRow
from listhub.lists.families import making, reading, register, roll
from listhub.lists.families.making import Order, Report
from listhub.lists.list_settings import ListSettings
from listhub.spool import store
from tests.rooms import DOMAIN, Rooms

COURSES = f"""
about = "One list for each course"
domain = "{DOMAIN}"
owners = ["dean@o.example"]

[settings]
subject = "Course ${{code}}"
send = "private"
reply_to = "sender"

[locked]
send = true
reply_to = ["sender", "list"]
"""


def domain(rooms: Rooms) -> None:
    """Make the domain of the tests."""
    rooms.conn.execute(
        "INSERT INTO domain (name) VALUES (%s) ON CONFLICT DO NOTHING", [DOMAIN]
    )
    rooms.conn.commit()


def put(rooms: Rooms, text: str = COURSES, *, name: str = "courses") -> int:
    """Write a family; its lists do not follow yet."""
    domain(rooms)
    family = reading.read(text, source="test")
    version = register.put(
        rooms.conn, name, family, actor="test", settings=rooms.host.settings
    )
    rooms.conn.commit()
    return version


def make(
    rooms: Rooms, text: str, *, name: str = "courses", **order: Any
) -> list[Report]:
    """Make the lists of a roll."""
    family = register.find(rooms.conn, name).family
    lines = roll.read(text, name="roll", family=family)
    wanted = Order(actor="test", settings=rooms.host.settings, **order)
    reports = list(making.make_all(rooms.conn, name, lines, wanted))
    rooms.conn.commit()
    return reports


def follow(rooms: Rooms) -> str:
    """Run the job that lets lists follow; return what it said."""
    said = follow_families.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()
    return said


def find(rooms: Rooms, name: str) -> ListRow:
    """Return a list of the domain of the tests."""
    found = catalogue.find_list(rooms.conn, f"{name}@{DOMAIN}")
    rooms.conn.commit()
    return found


def in_force(rooms: Rooms, name: str) -> ListSettings:
    """Return the settings of a list."""
    found = settings.load_list_settings(rooms.conn, find(rooms, name).id)
    rooms.conn.commit()
    return found


def set_own(rooms: Rooms, name: str, **values: object) -> None:
    """Set settings as an owner does."""
    catalogue.change_settings(rooms.conn, find(rooms, name), values, actor="owner")
    rooms.conn.commit()


def promote(rooms: Rooms, stage: str = "automatic") -> None:
    """Let what waits be due."""
    rooms.conn.execute("UPDATE spool_item SET due_at = now() WHERE stage = %s", [stage])
    store.promote(rooms.conn, stage=stage)
    rooms.conn.commit()


def sync(rooms: Rooms) -> None:
    """Go the rounds that are due, and those that wait."""
    sync_sources.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()
    rooms.drain("sync")


def tend(rooms: Rooms) -> str:
    """Run the job that looks after automatic lists; return what it said."""
    said = tend_automatic_lists.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()
    return said
