"""The directory: which list, and which room, an address of ours stands for.

The rules of addresses are in `listhub.mail.recipient`; here they meet the lists that
exist.  A whole batch of recipients costs one statement of two indexed look-ups, and
what was found can be kept for a moment (`Known`), since the addresses of bounces
differ in every mail while their domain does not.  Only for names that no list has a
second one asks whether a family would make it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.mail import address
from listhub.mail.recipient import AddressKind, split

#: Rank of what goes to people and not to a list; a list's own setting is for posts.
_COMMON_PRIORITY = 5

_ROOMS = {
    AddressKind.POST: "distribute",
    AddressKind.OWNER: "forward",
    AddressKind.EDITOR: "forward",
    AddressKind.LISTMASTER: "forward",
    AddressKind.BOUNCE: "bounce",
    AddressKind.COMMAND: "command",
    AddressKind.SUBSCRIBE: "command",
    AddressKind.UNSUBSCRIBE: "command",
}

#: The rooms that mail comes into from outside.
FROM_OUTSIDE = (*dict.fromkeys(_ROOMS.values()), "automatic")

# Each setting level is one index probe (setting_version_newest, last version first).
_LOOK_UP = """
SELECT 'domain', name, id, id, 'open', false, NULL
  FROM domain WHERE name = ANY(%(domains)s)
UNION ALL
SELECT 'list', list.address, list.id, list.domain_id, list.status, list.dormant,
       coalesce(own.priority, family.priority, shared.priority, site.priority)
  FROM mailing_list AS list
  LEFT JOIN LATERAL (
       SELECT values->>'priority' AS priority FROM setting_version
        WHERE scope = 'list' AND coalesce(domain_id, 0) = 0
          AND coalesce(list_id, 0) = list.id
        ORDER BY version DESC LIMIT 1) AS own ON true
  LEFT JOIN LATERAL (
       SELECT values->>'priority' AS priority FROM setting_version
        WHERE list.family IS NOT NULL
          AND scope = 'family' AND coalesce(domain_id, 0) = 0
          AND coalesce(list_id, 0) = list.id
        ORDER BY version DESC LIMIT 1) AS family ON true
  LEFT JOIN LATERAL (
       SELECT values->>'priority' AS priority FROM setting_version
        WHERE scope = 'domain' AND coalesce(domain_id, 0) = list.domain_id
          AND coalesce(list_id, 0) = 0
        ORDER BY version DESC LIMIT 1) AS shared ON true
  LEFT JOIN LATERAL (
       SELECT values->>'priority' AS priority FROM setting_version
        WHERE scope = 'site' AND coalesce(domain_id, 0) = 0
          AND coalesce(list_id, 0) = 0
        ORDER BY version DESC LIMIT 1) AS site ON true
 WHERE list.address = ANY(%(lists)s)
"""

_AUTOMATIC = """
SELECT asked.name || '@' || domain.name
  FROM unnest(%(names)s::text[], %(domains)s::text[]) AS asked (name, domain)
  JOIN domain ON domain.name = asked.domain
 WHERE EXISTS (SELECT FROM automatic_family(asked.name, domain.id))
"""

#: Where posts wait until their list is made, or has asked its sources for members.
_MAKING = "automatic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where mail to one recipient goes; `held`: a list of priority z."""

    kind: AddressKind
    stage: str
    domain_id: int
    list_id: int | None = None
    list_address: str | None = None
    priority: int = _COMMON_PRIORITY
    held: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why mail to one recipient is refused for good."""

    code: int
    enhanced: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownList:
    """What the directory needs to know of a list."""

    id: int
    domain_id: int
    closed: bool
    #: 0 to 9, or z.
    priority: str
    #: It has nobody yet; its sources are to be asked first.
    dormant: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Lists and domains that exist, by their addresses and names."""

    lists: Mapping[str, KnownList]
    domains: Mapping[str, int]
    #: Addresses of lists that a first post would make.
    automatic: Collection[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A recipient taken apart; `list_address` is empty where no list is meant."""

    recipient: str
    kind: AddressKind
    domain: str
    list_address: str

    @property
    def is_post(self) -> bool:
        return self.kind is AddressKind.POST


def find(
    conn: "psycopg.Connection[Any]", recipients: Sequence[str]
) -> dict[str, Destination | Refusal]:
    """Return for each recipient where its mail goes, or why it is refused."""
    asked = [read(recipient) for recipient in recipients]
    known = look_up(
        conn,
        lists={each.list_address for each in asked if each.list_address},
        domains={each.domain for each in asked},
    )
    return {each.recipient: judge(each, known) for each in asked}


def read(recipient: str) -> Asked:
    """Take an address apart; one without a domain has the empty one, never known."""
    local, at, domain = address.key(recipient).rpartition("@")
    if not at:
        local, domain = domain, ""
    name, kind = split(local)
    return Asked(
        recipient=recipient,
        kind=kind,
        domain=domain,
        list_address=f"{name}@{domain}" if name and domain else "",
    )


def look_up(
    conn: "psycopg.Connection[Any]", *, lists: Iterable[str], domains: Iterable[str]
) -> Known:
    """Return those of the lists and domains that exist."""
    wanted = set(lists)
    rows = conn.execute(_LOOK_UP, {"lists": list(wanted), "domains": list(domains)})
    found_lists: dict[str, KnownList] = {}
    found_domains: dict[str, int] = {}
    for what, key, row_id, domain_id, status, dormant, priority in rows:
        if what == "domain":
            found_domains[key] = row_id
        else:
            found_lists[key] = KnownList(
                id=row_id,
                domain_id=domain_id,
                closed=status == "closed",
                priority=priority or str(_COMMON_PRIORITY),
                dormant=dormant,
            )
    missing = wanted - found_lists.keys()
    return Known(
        lists=found_lists,
        domains=found_domains,
        automatic=_automatic(conn, missing) if missing else (),
    )


def _automatic(
    conn: "psycopg.Connection[Any]", addresses: Collection[str]
) -> frozenset[str]:
    """Return those of the addresses that a family would make a list of."""
    pairs = [each.rpartition("@") for each in addresses]
    values = {
        "names": [name for name, _, _ in pairs],
        "domains": [domain for _, _, domain in pairs],
    }
    return frozenset(row[0] for row in conn.execute(_AUTOMATIC, values))


def judge(asked: Asked, known: Known) -> Destination | Refusal:
    """Decide where mail goes, given what exists."""
    domain_id = known.domains.get(asked.domain)
    if domain_id is None:
        return Refusal(
            code=550, enhanced="5.1.2", text=f"No lists live at {asked.domain!r}."
        )
    stage = _ROOMS.get(asked.kind)
    # A post to nobody ("@domain") names no list either, and none is there.
    if not asked.list_address and asked.kind is not AddressKind.POST:
        if stage is None:
            return _not_served(asked)
        return Destination(kind=asked.kind, stage=stage, domain_id=domain_id)
    found = known.lists.get(asked.list_address)
    if found is None:
        return _to_none(asked, known, domain_id=domain_id)
    if stage is None:
        return _not_served(asked)
    return _to_list(asked, found, stage=stage)


def _to_none(asked: Asked, known: Known, *, domain_id: int) -> Destination | Refusal:
    if asked.is_post and asked.list_address in known.automatic:
        return Destination(
            kind=asked.kind,
            stage=_MAKING,
            domain_id=domain_id,
            list_address=asked.list_address,
        )
    return Refusal(code=550, enhanced="5.1.1", text=f"No list at {asked.recipient}.")


def _to_list(asked: Asked, found: KnownList, *, stage: str) -> Destination | Refusal:
    # Bounces of a list's last posts still come in after it was closed.
    if found.closed and asked.kind is not AddressKind.BOUNCE:
        return Refusal(
            code=550, enhanced="5.2.1", text=f"The list {asked.list_address} is closed."
        )
    return Destination(
        kind=asked.kind,
        stage=_MAKING if asked.is_post and found.dormant else stage,
        domain_id=found.domain_id,
        list_id=found.id,
        list_address=asked.list_address,
        priority=int(found.priority)
        if asked.is_post and found.priority.isdecimal()
        else _COMMON_PRIORITY,
        held=asked.is_post and found.priority == "z",
    )


def _not_served(asked: Asked) -> Refusal:
    """Refuse what answers our own notices: it must not start a loop."""
    return Refusal(
        code=550, enhanced="5.1.1", text=f"Nobody reads mail to {asked.recipient}."
    )
