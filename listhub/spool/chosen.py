"""Which items are meant: a filter as people give it, and its condition in SQL."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

#: What `state` says of a ready item that somebody is working on.
LEASED = "leased"

#: The states by which items can be chosen.
STATES = ("ready", LEASED, "deferred", "parked", "held", "buried")

#: The state as people see it, of a row called `item`.
SHOWN_STATE = (
    "CASE WHEN item.state = 'ready' AND item.lease_until >= statement_timestamp()"
    " THEN 'leased' ELSE item.state END"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which items are meant; what is None does not matter."""

    stage: str | None = None
    #: One of STATES.
    state: str | None = None
    list_id: int | None = None
    #: Of lists of this domain.
    domain: str | None = None
    trace: uuid.UUID | None = None
    recipient: str | None = None
    #: The reverse-path; "" is that of reports.
    sender: str | None = None
    #: Buried with an error like this (`errors.alike`).
    error: str | None = None
    #: The reason's first line, which says the error, has this in it, in any case.
    text: str | None = None
    #: Tried at least so often.
    attempts: int | None = None
    #: Put longer ago than this.
    older: timedelta | None = None
    #: Put no longer ago than this.
    younger: timedelta | None = None
    #: Numbers above this one: the next page.
    after: int | None = None
    #: Numbers up to this one: what was there when a page was made.
    upto: int | None = None


_CONDITIONS: Mapping[str, str] = {
    "list_id": "list_id = %(list_id)s",
    "domain": "list_id IN (SELECT list.id FROM mailing_list AS list"
    " JOIN domain ON domain.id = list.domain_id WHERE domain.name = lower(%(domain)s))",
    "trace": "trace = %(trace)s",
    "recipient": "lower(recipient) = lower(%(recipient)s)",
    "sender": "lower(reverse_path) = lower(%(sender)s)",
    "error": "coalesce(error, '') = %(error)s",
    "text": "position(lower(%(text)s) IN lower(left(split_part(reason, E'\\n', 1), 300)))"
    " > 0",
    "attempts": "attempts >= %(attempts)s",
    "older": "created_at < statement_timestamp() - %(older)s",
    "younger": "created_at >= statement_timestamp() - %(younger)s",
    "after": "id > %(after)s",
    "upto": "id <= %(upto)s",
}

# Literals: only by them the planner knows which partial index holds the rows.
_STATES: Mapping[str, str] = {
    "ready": "state = 'ready' AND (lease_until IS NULL"
    " OR lease_until < statement_timestamp())",
    LEASED: "state = 'ready' AND lease_until >= statement_timestamp()",
    "deferred": "state = 'deferred'",
    "parked": "state = 'parked'",
    "held": "state = 'held'",
    "buried": "state = 'buried'",
}


def condition(wanted: Filter) -> str:
    """Return the condition on `spool_item`, its values named as the filter's fields."""
    parts = [
        text for key, text in _CONDITIONS.items() if getattr(wanted, key) is not None
    ]
    if wanted.state is not None:
        parts.append(_STATES.get(wanted.state, "false"))
    if wanted.stage is not None:
        parts.append("stage = %(stage)s" if wanted.state else _ANY_STATE)
    return " AND ".join(parts) or "true"


# Every state, spelt out: a room is then the sum of three indexes, not a whole table.
_ANY_STATE = (
    "((stage = %(stage)s AND state = 'ready')"
    " OR (stage = %(stage)s AND state = 'deferred')"
    " OR (stage = %(stage)s AND state IN ('parked', 'held', 'buried')))"
)


def values(wanted: Filter) -> dict[str, object]:
    """Return the values of the condition."""
    return asdict(wanted)
