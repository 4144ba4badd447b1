"""Kind `list`: the people of another list of this system, of any domain."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists.options import NOT_ME
from listhub.lists.sources.kind import Field, Kind, one_of
from listhub.lists.sources.source import ROLES, Found, Reader, SourceError
from listhub.mail.receptions import RECEPTIONS

_STATUS = "SELECT status FROM mailing_list WHERE address = %s"
_MEMBERS = """
SELECT person.address, person.display_name
  FROM mailing_list AS list
  JOIN subscription ON subscription.list_id = list.id
  JOIN person ON person.id = subscription.person_id
 WHERE list.address = %(list)s
   AND (%(receptions)s::text[] = '{}' OR subscription.reception = ANY(%(receptions)s))
   AND (%(attribute)s::text = ''
        OR subscription.attributes->>%(attribute)s = %(value)s)
"""
_HOLDERS = """
SELECT person.address, person.display_name
  FROM mailing_list AS list
  JOIN role ON role.list_id = list.id AND role.kind = %(role)s
  JOIN person ON person.id = role.person_id
 WHERE list.address = %(list)s
"""
_BETWEEN = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherList:
    """The members of a list who pass the filter, or its owners or moderators."""

    address: str
    role: str
    receptions: tuple[str, ...]
    attribute: str
    value: str

    def read(self, conn: "psycopg.Connection[Any]") -> Iterator[Found]:
        """Yield the people as they are now."""
        wanted = {
            "list": self.address,
            "role": self.role,
            "receptions": list(self.receptions),
            "attribute": self.attribute,
            "value": self.value,
        }
        status = conn.execute(_STATUS, [self.address]).fetchone()
        query = _MEMBERS if self.role == "member" else _HOLDERS
        rows = conn.execute(query, wanted)
        # The rows are here: nothing is held open while they are read.
        conn.commit()
        if status is None or status[0] != "open":
            raise SourceError(f"the list {self.address} is not open")
        yield from map(Found._make, rows)


def _make(fields: Mapping[str, str], _list_id: int) -> Reader:
    receptions = tuple(filter(None, _BETWEEN.split(fields["reception"])))
    for mode in receptions:
        if mode not in RECEPTIONS:
            known = ", ".join(mode for mode in RECEPTIONS if mode != NOT_ME)
            raise UsageError(f"reception is {shown(mode)}; {known} are known.")
    attribute, equals, value = fields["attribute"].partition("=")
    if fields["attribute"] and not (attribute.strip() and equals):
        raise UsageError("attribute is written as id=value, such as faculty=law.")
    return OtherList(
        address=fields["list"].lower(),
        role=one_of(fields, "people", ROLES),
        receptions=receptions,
        attribute=attribute.strip(),
        value=value.strip(),
    )


KIND = Kind(
    name="list",
    about="The members of another list here, of any domain.",
    fields={
        "list": Field(about="the address of the other list.", required=True),
        "people": Field(
            about="its member, owner or moderator: whom to take.", default="member"
        ),
        "reception": Field(about="only members with one of these receptions."),
        "attribute": Field(about="only members with this attribute, as id=value."),
    },
    make=_make,
)
