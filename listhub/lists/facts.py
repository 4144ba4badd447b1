"""What scenarios ask of the database: a `policy.facts.Facts` over one connection.

One statement answers one kind of question, and is asked once for each evaluation.  What
another database or a directory knows is asked with `ask`, between transactions.
"""

import dataclasses
import functools
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg

from listhub.config import Settings
from listhub.config.fields import specs
from listhub.lists.families.values import values as family_values
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.settings import load_list_settings
from listhub.mail.address import key
from listhub.outside import ldap_filter, sql_filter
from listhub.outside.answers import Ask
from listhub.outside.filter_file import FilterError, Hit
from listhub.policy import filters
from listhub.policy.facts import (
    ConditionError,
    CustomCondition,
    Resolve,
    Values,
    call_custom,
)
from listhub.policy.library import FILTERS

#: The group of entry points of custom conditions.
CONDITIONS = "listhub.conditions"

_STANDING = """
SELECT list.address,
       EXISTS (SELECT FROM subscription
                WHERE list_id = list.id AND person_id = person.id),
       EXISTS (SELECT FROM role WHERE list_id = list.id AND kind = 'owner'
                  AND person_id = person.id),
       EXISTS (SELECT FROM role WHERE list_id = list.id AND kind = 'moderator'
                  AND person_id = person.id),
       EXISTS (SELECT FROM role WHERE list_id = list.id AND kind = 'moderator'),
       list.domain_id
  FROM mailing_list AS list
  LEFT JOIN person ON person.address_key = %(address)s
 WHERE list.address = ANY(%(lists)s)
"""
_IS_LISTMASTER = """
SELECT EXISTS (
    SELECT FROM role JOIN person ON person.id = role.person_id
     WHERE role.kind = 'listmaster' AND person.address_key = %(address)s
       AND (role.domain_id IS NULL OR role.domain_id = %(domain_id)s))
"""
_SUBSCRIPTION = """
SELECT subscription.reception, subscription.concealed, subscription.created_at,
       person.display_name, subscription.attributes, subscription.topics
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.list_id = %(list_id)s AND person.address_key = %(address)s
"""
_PERSON = "SELECT display_name, language FROM person WHERE address_key = %s"
_MEMBERS = "SELECT count(*) FROM subscription WHERE list_id = %s"

#: What Sympa's scenarios call the receptions.
_RECEPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "each": "mail",
        "digest_text": "digestplain",
        "index": "summary",
        "text": "txt",
        "none": "nomail",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where the question is asked: a domain, and a list of it or none."""

    domain_id: int
    list_id: int | None = None
    family: str | None = None
    #: The list's name; it need not be there yet.
    list_name: str = ""


class _Standing(NamedTuple):
    """What one address is on one list."""

    member: bool = False
    owner: bool = False
    moderator: bool = False
    #: Whether anybody moderates the list.
    moderated: bool = False
    domain_id: int | None = None


_NOBODY = _Standing()


class Standings:
    """Who people are, on lists and on domains: each asked once, lists many at a time."""

    def __init__(self, conn: "psycopg.Connection[Any]") -> None:
        self._conn = conn
        self._known: dict[tuple[str, str], _Standing] = {}
        self._listmasters: dict[tuple[str, int | None], bool] = {}

    def fetch(self, lists: Sequence[str], address: str) -> None:
        """Read what somebody is on several lists in one statement."""
        person = key(address)
        wanted = [name for name in lists if (name, person) not in self._known]
        if not wanted:
            return
        self._known.update(dict.fromkeys(((name, person) for name in wanted), _NOBODY))
        values = {"lists": wanted, "address": person}
        for name, *standing in self._conn.execute(_STANDING, values):
            self._known[name, person] = _Standing(*standing)

    def of(self, mailing_list: str, address: str) -> _Standing:
        self.fetch([mailing_list], address)
        return self._known[mailing_list, key(address)]

    def is_listmaster(self, address: str, domain_id: int | None) -> bool:
        asked = (key(address), domain_id)
        if asked not in self._listmasters:
            values = {"address": asked[0], "domain_id": domain_id}
            row = self._conn.execute(_IS_LISTMASTER, values).fetchone()
            self._listmasters[asked] = bool(row and row[0])
        return self._listmasters[asked]


class DbFacts:
    """The facts of one evaluation; `standings` may have been read for many of them."""

    def __init__(
        self,
        conn: "psycopg.Connection[Any]",
        ask: Ask,
        *,
        scene: Scene,
        files: DbFiles,
        settings: Settings,
        standings: Standings | None = None,
    ) -> None:
        self._conn = conn
        self._ask = ask
        self._scene = scene
        self._files = files
        self._settings = settings
        self._standings = standings or Standings(conn)

    def is_subscriber(self, mailing_list: str, address: str) -> bool:
        return self._standings.of(mailing_list, address).member

    def is_owner(self, mailing_list: str, address: str) -> bool:
        standing = self._standings.of(mailing_list, address)
        return standing.owner or self._is_listmaster(address, standing.domain_id)

    def is_editor(self, mailing_list: str, address: str) -> bool:
        standing = self._standings.of(mailing_list, address)
        return standing.moderator if standing.moderated else standing.owner

    def is_listmaster(self, address: str) -> bool:
        return self._is_listmaster(address, self._scene.domain_id)

    def _is_listmaster(self, address: str, domain_id: int | None) -> bool:
        site = key(self._settings.site.listmaster)
        return key(address) == site or self._standings.is_listmaster(address, domain_id)

    # --- values -----------------------------------------------------------------------

    @functools.cached_property
    def _list_settings(self) -> ListSettings | None:
        list_id = self._scene.list_id
        return load_list_settings(self._conn, list_id) if list_id is not None else None

    def list_value(self, name: str) -> Values | None:
        if name == "total":
            row = self._conn.execute(_MEMBERS, [self._scene.list_id]).fetchone()
            return (str(row[0] if row else 0),)
        wanted = "language" if name == "lang" else name
        if self._list_settings is None or wanted not in specs(ListSettings):
            return None
        return _texts(getattr(self._list_settings, wanted))

    def conf_value(self, name: str) -> Values | None:
        known = {"listmaster": "site.listmaster", "lang": "site.language"}
        section_name, _, setting = known.get(name, name).partition(".")
        sections = {field.name for field in dataclasses.fields(self._settings)}
        if section_name not in sections:
            return None
        section = getattr(self._settings, section_name)
        spec = specs(section.__class__).get(setting)
        # What is masked is a secret, and scenarios are shown to many.
        if spec is None or spec.rule.mask:
            return None
        return _texts(getattr(section, setting))

    def custom_value(self, name: str) -> Values | None:  # noqa: ARG002 - the port's
        return None

    def family_value(self, name: str) -> Values | None:
        return self._family_values.get(name)

    @functools.cached_property
    def _family_values(self) -> Mapping[str, Values]:
        scene = self._scene
        if scene.family is None:
            return {}
        return family_values(
            self._conn, scene.family, list_id=scene.list_id, list_name=scene.list_name
        )

    def user_value(self, address: str, name: str) -> Values | None:
        if name == "email":
            return (address,)
        row = self._conn.execute(_PERSON, [key(address)]).fetchone()
        known = {"gecos": row[0], "lang": row[1] or ""} if row else {}
        return (known[name],) if name in known else None

    def user_attribute(self, address: str, name: str) -> Values | None:  # noqa: ARG002
        return None

    def subscriber_value(self, address: str, name: str) -> Values | None:
        values = {"list_id": self._scene.list_id, "address": key(address)}
        row = self._conn.execute(_SUBSCRIPTION, values).fetchone()
        if row is None:
            return None
        reception, concealed, since, display_name, attributes, topics = row
        known: dict[str, object] = {
            **attributes,
            "reception": _RECEPTIONS.get(reception, reception),
            "visibility": "conceal" if concealed else "noconceal",
            "date": int(since.timestamp()),
            "gecos": display_name,
            "email": address,
            "topics": tuple(topics),
        }
        return _texts(known[name]) if name in known else None

    # --- filters and conditions of others -----------------------------------------------

    def search(self, name: str, values: Values, resolve: Resolve) -> bool:
        """Whether a named filter has one of the values; ConditionError if it is broken."""
        path = f"{FILTERS}/{name}"
        if name.endswith(".txt"):
            found = self._files.find_all(path)
            if not found and name != filters.BLOCKLIST:
                raise ConditionError(f"there is no file {path}")
            return filters.matches([file.content for file in found], values)
        file = self._files.find(path)
        if file is None:
            raise ConditionError(f"there is no file {path}")
        return self._elsewhere(name, file.content, values, resolve)

    def _elsewhere(
        self, name: str, text: str, values: Values, resolve: Resolve
    ) -> bool:
        def value(variable: str) -> str:
            if variable == "[sender]" and values:
                return values[0]
            return resolve(variable)[0]

        try:
            hit: Hit = self._ask(
                sql_filter.question(text, value)
                if name.endswith(".sql")
                else ldap_filter.question(text, value)
            )
        except FilterError as error:
            raise ConditionError(f"the filter {name} is broken: {error}") from error
        if hit.error:
            raise ConditionError(f"the filter {name} could not be asked: {hit.error}")
        return hit.found

    def custom_condition(self, name: str, arguments: tuple[Values, ...]) -> bool:
        return call_custom(_installed(name), name, arguments)


@functools.cache
def _installed(name: str) -> CustomCondition | None:
    """Return the custom condition that a package brings along, None without one."""
    for found in importlib.metadata.entry_points(group=CONDITIONS, name=name):
        loaded: CustomCondition = found.load()
        return loaded
    return None


def _texts(value: object) -> Values:
    if isinstance(value, tuple | list):
        return tuple(map(str, value)) or ("",)
    if isinstance(value, bool):
        return ("on" if value else "off",)
    return (str(value),)
