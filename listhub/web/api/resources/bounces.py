"""What comes back on a list: members by score, what was done about it, and undo."""

from datetime import date

from pydantic import Field

from listhub.i18n.text import Text
from listhub.lists.bouncing import browse, undo
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Address,
    Answer,
    Body,
    Count,
    Done,
    Moment,
    Number,
    Rows,
)
from listhub.web.door.answer import no_page
from listhub.web.door.need import Need
from listhub.web.pages.bounces import RESET


class Bouncing(Answer):
    """A member whose mail comes back."""

    address: Address
    level: Count
    """What the score has reached; 0: nothing."""

    score: Count | None
    """null: too little is known."""

    reports: Count
    first_at: Moment
    last_at: Moment
    status: str = Field(examples=["5.1.1"])
    """Of the last report (RFC 3463)."""

    trouble: str
    diagnostic: str = Field(examples=["550 5.1.1 no such user"])


class BounceAction(Answer):
    """What was done because of it."""

    id: Number
    at: Moment
    address: Address
    action: str = Field(examples=["remove"])
    why: str
    level: Count
    score: Count
    outcome: str
    undone_at: Moment | None
    undone_by: str | None


class SetAside(Answer):
    """A group of reports that do not count: too many at once have one cause."""

    opened_at: Moment
    destination: str = Field(examples=["a.example"])
    day: date
    bounced: Count
    recipients: Count
    trouble: str
    diagnostic: str


class ResetBody(Body):
    """Whose reports count no more."""

    addresses: list[str] = Field(
        min_length=1, max_length=1000, examples=[["m1@a.example"]]
    )


class UndoDayBody(Body):
    """Which day, in UTC."""

    day: date = Field(
        ge=date(2000, 1, 1), le=date(2999, 12, 31), examples=["2026-11-20"]
    )


class Undone(Answer):
    """What became of undoing one action."""

    id: Number
    address: Address
    action: str = Field(examples=["remove"])
    changed: bool
    sentence: str = Field(examples=["m1@a.example is a member again."])


def find(call: Call) -> Rows[Bouncing]:
    """Find the members whose mail comes back, the worst first."""
    names = Bouncing.model_fields.keys() - {"level"}
    rows = [
        {**{name: getattr(one.score, name) for name in names}, "level": one.level}
        for one in browse.bouncing(call.conn, call.list.id)
    ]
    return call.every(Bouncing, rows)


def actions(call: Call) -> Rows[BounceAction]:
    """Find what was done lately because mail came back, newest first."""
    return call.every(BounceAction, browse.log(call.conn, list_id=call.list.id))


def set_aside(call: Call) -> Rows[SetAside]:
    """Find groups of reports that do not count, newest first."""
    return call.every(SetAside, browse.breakers(call.conn, list_id=call.list.id))


def reset(call: Call, body: ResetBody) -> Done:
    """Let what was reported of members until now count no longer."""
    count = browse.reset(call.conn, call.list.id, body.addresses, actor=call.actor)
    return call.done(Text(RESET, count=count), changed=bool(count))


def undo_one(call: Call) -> Undone:
    """Take one action back, exactly; twice does it once."""
    number = call.asked.number_of("action")
    known = {each.id for each in browse.log(call.conn, list_id=call.list.id)}
    if number not in known:
        raise no_page()
    return call.give(Undone, undo.undo(call.conn, number, actor=call.actor))


def undo_day(call: Call, body: UndoDayBody) -> Rows[Undone]:
    """Take back all that was done on a day, with a result for each."""
    found = undo.undo_day(call.conn, body.day, list_id=call.list.id, actor=call.actor)
    return call.every(Undone, found)


_HERE = "/lists/{list}/bounces"

OPERATIONS = (
    Operation(
        method="GET",
        path=_HERE,
        name="find_bouncing",
        need=Need.OWNER,
        rights="read",
        function=find,
    ),
    Operation(
        method="GET",
        path=f"{_HERE}/actions",
        name="find_bounce_actions",
        need=Need.OWNER,
        rights="read",
        function=actions,
    ),
    Operation(
        method="GET",
        path=f"{_HERE}/set-aside",
        name="find_set_aside",
        need=Need.OWNER,
        rights="read",
        function=set_aside,
    ),
    Operation(
        method="POST",
        path=f"{_HERE}/reset",
        name="reset_bounces",
        need=Need.OWNER,
        rights="manage",
        function=reset,
    ),
    Operation(
        method="POST",
        path=f"{_HERE}/actions/{{action}}/undo",
        name="undo_bounce_action",
        need=Need.OWNER,
        rights="manage",
        function=undo_one,
    ),
    Operation(
        method="POST",
        path=f"{_HERE}/undo-day",
        name="undo_bounces_of_day",
        need=Need.OWNER,
        rights="manage",
        function=undo_day,
    ),
)
