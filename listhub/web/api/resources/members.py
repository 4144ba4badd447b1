"""Members of a list: found, looked at, added, changed and removed, one or many."""

from typing import Literal

from pydantic import Field

from listhub.archive.hiding import hide
from listhub.i18n.text import N_, Text
from listhub.lists import options
from listhub.lists.roster import change, page as roster, record as records
from listhub.lists.roster.change import MOST, Outcome
from listhub.lists.roster.page import Sort, Wanted
from listhub.lists.settings import load_list_settings
from listhub.lists.subscribing import Newcomer
from listhub.spool import store
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.resources.me import Choices, OptionsBody
from listhub.web.api.shape import (
    Address,
    Answer,
    Body,
    Count,
    Done,
    Moment,
    Number,
    Paged,
    Rows,
    Sentence,
    WithMark,
)
from listhub.web.door.answer import Refused
from listhub.web.door.need import Need
from listhub.web.pages import guest
from listhub.web.pages.member import NO_MEMBER, SAVED

UNCHANGED = N_("Nothing was changed.")


class MembersWanted(Paged):
    """Which members, and in what order."""

    q: str = Field("", max_length=200)
    """Part of the address or the name."""

    reception: str | None = Field(None, max_length=40)
    concealed: bool | None = None
    suspended: bool | None = None
    bouncing: bool | None = None
    source_only: bool | None = None
    """Those whom only another system made members."""

    sort: Sort = "address"
    descending: bool = False


class Member(Answer):
    """A member among others."""

    id: Number
    address: Address
    name: str = Field(examples=["Ann Author"])
    reception: str = Field(examples=["each"])
    own_posts: bool
    concealed: bool
    suspended_at: Moment | None
    suspended_until: Moment | None
    topics: list[str] = Field(examples=[[]])
    since: Moment
    subscribed: bool
    """Whether somebody said so, and not another system alone."""

    from_source: bool
    bouncing: bool
    """Whether their mail comes back."""


class Visible(Answer):
    """A member as others see them; to strangers addresses are cut."""

    address: Address
    name: str = Field(examples=["Ann Author"])


class Deed(Answer):
    """Something that was done to a membership."""

    at: Moment
    actor: str = Field(examples=["otto@o.example"])
    action: str = Field(examples=["member.add"])
    how: str = Field(examples=["web"])


class Report(Answer):
    """A copy that came back."""

    at: Moment
    kind: str
    status: str = Field(examples=["5.1.1"])
    trouble: str
    """What class of failure it is."""

    diagnostic: str = Field(examples=["550 5.1.1 no such user"])


class BounceAction(Answer):
    """What was done because mail came back."""

    id: Number
    at: Moment
    action: str = Field(examples=["suspend"])
    why: str
    level: Count
    score: Count
    outcome: str
    undone_at: Moment | None
    undone_by: str | None


class MemberRecord(WithMark):
    """All that the list knows of a member."""

    address: Address
    name: str
    options: Choices
    roles: list[str] = Field(examples=[[]])
    subscribed: bool
    sources: list[str] = Field(examples=[[]])
    """Other systems that say that they are a member."""

    came: Deed | None
    changes: list[Deed]
    """The newest first."""

    level: Count
    """What the score of their bounces has reached; 0: none."""

    suppressed: str
    """Why no list of the domain writes to them; "": nothing forbids it."""

    reports: list[Report]
    actions: list[BounceAction]


class Newly(Body):
    """Who is to become a member."""

    address: str = Field(max_length=320, examples=["new@a.example"])
    name: str = Field("", max_length=200)
    reception: str | None = Field(None, max_length=40)
    concealed: bool | None = None


class AddBody(Body):
    """Whom to add."""

    members: list[Newly] = Field(min_length=1, max_length=MOST)
    greet: bool = False
    """Whether each is told; for few at once."""


class RemoveBody(Body):
    """Whom to remove."""

    addresses: list[str] = Field(
        min_length=1, max_length=MOST, examples=[["m2@a.example"]]
    )
    greet: bool = False


class ChangeBody(Body):
    """What is to be otherwise for whom."""

    addresses: list[str] = Field(
        min_length=1, max_length=MOST, examples=[["m3@a.example"]]
    )
    changes: OptionsBody


class Result(Answer):
    """What became of one address."""

    address: Address
    state: Literal["added", "already", "removed", "changed", "same", "refused"]
    done: bool
    """Whether it is now as it was to be."""

    said: Sentence = Field(examples=["new@a.example is a member now."])
    notes: list[Sentence] = Field(examples=[[]])
    """What is worth knowing besides."""


class Results(Answer):
    """What became of each address, in the order in which they came."""

    results: list[Result]


def find(call: Call, query: MembersWanted) -> Rows[Member]:
    """Find members, searched, narrowed and sorted."""
    wanted = Wanted(
        text=query.q.strip(),
        reception=query.reception,
        concealed=query.concealed,
        suspended=query.suspended,
        bouncing=query.bouncing,
        source_only=query.source_only,
        sort=query.sort,
        descending=query.descending,
    )
    found = roster.page(
        call.conn, call.list.id, wanted, cursor=query.cursor, size=query.limit
    )
    return call.rows(Member, found)


def review(call: Call, query: Paged) -> Rows[Visible]:
    """Find the members whom the list's rules let one see."""
    found = guest.guest(call, "review")
    found.insist("review")
    wanted = Wanted(concealed=None if found.in_charge else False)
    page = roster.page(
        call.conn, call.list.id, wanted, cursor=query.cursor, size=query.limit
    )
    known = call.who.signed_in
    rows = [
        {"address": one.address, "name": one.name}
        if known
        else {"address": hide(one.address), "name": hide(one.name)}
        for one in page.rows
    ]
    return call.every(Visible, rows, after=page.after, before=page.before)


def show(call: Call) -> MemberRecord:
    """Tell all that the list knows of a member."""
    settings = load_list_settings(call.conn, call.list.id)
    found = records.record(call.conn, call.list, _address(call), settings=settings)
    if found is None:
        raise Refused(404, Text(NO_MEMBER, address=_address(call)))
    return call.give(
        MemberRecord,
        {
            "mark": options.mark(found.options),
            "address": found.options.address,
            "name": found.options.name,
            "options": found.options,
            **{
                name: getattr(found, name)
                for name in MemberRecord.model_fields
                if name not in {"mark", "address", "name", "options"}
            },
        },
    )


def add(call: Call, body: AddBody) -> Results:
    """Add members, with a result for each."""
    newcomers = [Newcomer(**one.model_dump()) for one in body.members]
    outcome = change.add(
        call.conn,
        call.list,
        newcomers,
        settings=load_list_settings(call.conn, call.list.id),
        site=call.settings,
        actor=call.actor,
        how="api",
        greet=body.greet,
    )
    return _results(call, outcome)


def remove_many(call: Call, body: RemoveBody) -> Results:
    """Remove members, with a result for each."""
    return _results(call, _removed(call, body.addresses, greet=body.greet))


def change_many(call: Call, body: ChangeBody) -> Results:
    """Change options of members, with a result for each."""
    outcome = change.change(
        call.conn,
        call.list,
        body.addresses,
        body.changes.changes(),
        settings=load_list_settings(call.conn, call.list.id),
        actor=call.actor,
        how="api",
    )
    return _results(call, outcome)


def change_one(call: Call, body: OptionsBody) -> Done:
    """Change the options of a member.

    If-Match takes the `mark` that was read.
    """
    address = _address(call)
    found = options.find(call.conn, call.list.id, address)
    if found is None:
        raise Refused(404, Text(NO_MEMBER, address=address))
    call.must_match(options.mark(found))
    done = options.change(
        call.conn,
        call.list,
        address,
        body.changes(),
        settings=load_list_settings(call.conn, call.list.id),
        actor=call.actor,
        how="api",
        any_reception=True,
        expected=call.if_match,
    )
    said = Text(SAVED, address=address) if done else Text(UNCHANGED)
    return call.done(said, changed=bool(done))


def remove_one(call: Call) -> Done:
    """Remove a member, who is not told."""
    [result] = _removed(call, [_address(call)]).results
    if not result.done:
        raise Refused(404, result.text)
    return call.done(result.text)


def _removed(call: Call, addresses: list[str], *, greet: bool = False) -> Outcome:
    outcome = change.remove(
        call.conn,
        call.list,
        addresses,
        site=call.settings,
        actor=call.actor,
        how="api",
        greet=greet,
    )
    store.put(call.conn, outcome.items)
    return outcome


def _results(call: Call, outcome: Outcome) -> Results:
    store.put(call.conn, outcome.items)
    rows = [
        {
            "address": one.address,
            "state": one.state,
            "done": one.done,
            "said": one.text,
            "notes": one.notes,
        }
        for one in outcome.results
    ]
    return call.give(Results, {"results": rows})


def _address(call: Call) -> str:
    return call.asked.params["address"]


_HERE = "/lists/{list}/members"

OPERATIONS = (
    Operation(
        method="GET",
        path=_HERE,
        name="find_members",
        need=Need.OWNER,
        rights="read",
        function=find,
    ),
    Operation(
        method="POST",
        path=_HERE,
        name="add_members",
        need=Need.OWNER,
        rights="manage",
        function=add,
    ),
    Operation(
        method="POST",
        path=f"{_HERE}/changes",
        name="change_members",
        need=Need.OWNER,
        rights="manage",
        function=change_many,
    ),
    Operation(
        method="POST",
        path=f"{_HERE}/removals",
        name="remove_members",
        need=Need.OWNER,
        rights="manage",
        function=remove_many,
    ),
    Operation(
        method="GET",
        path="/lists/{list}/review",
        name="review_members",
        need=Need.SCENARIO,
        rights="read",
        function=review,
    ),
)

#: Behind all other paths below it: an address may be almost anything.
OF_ONE = (
    Operation(
        method="GET",
        path=f"{_HERE}/{{address:path}}",
        name="show_member",
        need=Need.OWNER,
        rights="read",
        function=show,
    ),
    Operation(
        method="PATCH",
        path=f"{_HERE}/{{address:path}}",
        name="change_member",
        need=Need.OWNER,
        rights="manage",
        function=change_one,
        guarded=True,
    ),
    Operation(
        method="DELETE",
        path=f"{_HERE}/{{address:path}}",
        name="remove_member",
        need=Need.OWNER,
        rights="manage",
        function=remove_one,
    ),
)
