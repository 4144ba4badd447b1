"""Kinds `ldap` and `ldap2`: people in a directory, found by one search or by two.

With two levels the first search finds values, such as the members of groups, and the
second is made once for each of them, with the value for [attrs1].
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists.sources.directory import (
    ENCRYPTIONS,
    SCOPES,
    Directory,
    Entry,
    Search,
    Session,
    escaped,
    values,
)
from listhub.lists.sources.kind import Field, Kind, number, one_of
from listhub.lists.sources.source import Found, Reader

#: What stands for a value of the first level, as Sympa has it.
_VALUE = "[attrs1]"


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first of two levels: which values it takes."""

    search: Search
    attribute: str
    regex: "re.Pattern[str] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ldap:
    """The people of a directory."""

    directory: Directory
    search: Search
    attribute: str
    name: str
    #: Of an entry with several addresses: only the first.
    only_first: bool
    first: First | None = None

    def read(self, _conn: "psycopg.Connection[Any]") -> Iterator[Found]:
        """Yield the people that the searches find."""
        with self.directory.opened() as session:
            for search in self._searches(session):
                for entry in session.search(search):
                    yield from self._people(entry)

    def _people(self, entry: Entry) -> Iterator[Found]:
        name = next(iter(values(entry, self.name)), "") if self.name else ""
        found = values(entry, self.attribute)
        for address in found[:1] if self.only_first else found:
            yield Found(address, name)

    def _searches(self, session: Session) -> Iterator[Search]:
        if self.first is None:
            yield self.search
            return
        # All of them first: the pages of two searches are not to be mixed.
        for value in list(_first_values(session, self.first)):
            yield Search(
                base=self.search.base.replace(_VALUE, value),
                scope=self.search.scope,
                filter=self.search.filter.replace(_VALUE, escaped(value)),
                attributes=self.search.attributes,
                # A group may name people who have gone.
                may_lack=_VALUE in self.search.base,
            )


def _first_values(session: Session, first: First) -> Iterator[str]:
    seen: set[str] = set()
    for entry in session.search(first.search):
        for value in values(entry, first.attribute):
            if value not in seen and (
                first.regex is None or first.regex.search(value) is not None
            ):
                seen.add(value)
                yield value


def _make(fields: Mapping[str, str], _list_id: int) -> Reader:
    attributes = filter(None, (fields["attribute"], fields["name_attribute"]))
    return Ldap(
        directory=_directory(fields),
        search=Search(
            base=fields["suffix"],
            scope=SCOPES[one_of(fields, "scope", tuple(SCOPES))],
            filter=fields["filter"],
            attributes=tuple(attributes),
        ),
        attribute=fields["attribute"],
        name=fields["name_attribute"],
        only_first=one_of(fields, "select", ("all", "first")) == "first",
        first=_first(fields) if "suffix1" in fields else None,
    )


def _first(fields: Mapping[str, str]) -> First:
    if _VALUE not in fields["filter"] + fields["suffix"]:
        raise UsageError(f"{_VALUE} stands neither in filter nor in suffix.")
    try:
        regex = re.compile(fields["regex1"]) if fields["regex1"] else None
    except re.error as error:
        raise UsageError(
            f"regex1 is {shown(fields['regex1'])}, which is wrong: {error}."
        ) from None
    return First(
        search=Search(
            base=fields["suffix1"],
            scope=SCOPES[one_of(fields, "scope1", tuple(SCOPES))],
            filter=fields["filter1"],
            attributes=(fields["attribute1"],),
        ),
        attribute=fields["attribute1"],
        regex=regex,
    )


def _directory(fields: Mapping[str, str]) -> Directory:
    encryption = one_of(fields, "tls", ENCRYPTIONS)
    host = fields["host"]
    uri = host if "://" in host else f"{_scheme(encryption)}://{host}"
    if not uri.startswith(("ldap://", "ldaps://")):
        raise UsageError(
            f"host is {shown(host)}; ldap://, ldaps:// and names are right."
        )
    return Directory(
        uri=uri,
        starttls=encryption == "starttls",
        ca_file=fields["ca_file"],
        bind_dn=fields["bind_dn"],
        password=fields["password"],
        timeout=number(fields, "seconds", most=600),
    )


def _scheme(encryption: str) -> str:
    return "ldaps" if encryption == "ldaps" else "ldap"


_REACHED = {
    "host": Field(about="the directory, such as ldap.example.org:636.", required=True),
    "tls": Field(about="none, starttls or ldaps.", default="none"),
    "ca_file": Field(about="the certificates to trust, a file of each host."),
    "bind_dn": Field(about="as whom to ask; without it as nobody."),
    "password": Field(about="the password of bind_dn.", secret=True),
    "seconds": Field(about="the longest that it may be silent.", default="30"),
}
_PEOPLE = {
    "suffix": Field(about="where to search.", required=True),
    "scope": Field(about="base, one or sub.", default="sub"),
    "filter": Field(about="which entries.", default="(objectClass=*)"),
    "attribute": Field(about="the attribute with addresses.", default="mail"),
    "name_attribute": Field(about="the attribute with names, such as cn."),
    "select": Field(about="all addresses of an entry, or the first.", default="all"),
}
_FIRST = {
    "suffix1": Field(about="where the first search begins.", required=True),
    "scope1": Field(about="base, one or sub.", default="sub"),
    "filter1": Field(about="its entries.", default="(objectClass=*)"),
    "attribute1": Field(about="the attribute whose values it takes.", required=True),
    "regex1": Field(about="only values that match."),
}

KIND = Kind(
    name="ldap",
    about="A search in a directory.",
    fields=_REACHED | _PEOPLE,
    make=_make,
)
KIND_TWO_LEVELS = Kind(
    name="ldap2",
    about="Two searches in a directory: groups first, then their people.",
    fields=_REACHED | _FIRST | _PEOPLE,
    make=_make,
)
