"""Members of a list: found, looked at, added, changed and removed, one or many."""

from listhub.archive.hiding import hide
from listhub.i18n.text import N_, Text
from listhub.lists import options
from listhub.lists.roster import change, page as roster, record as records
from listhub.lists.roster.change import Outcome
from listhub.lists.roster.page import Wanted
from listhub.lists.settings import load_list_settings
from listhub.lists.subscribing import Newcomer
from listhub.spool import store
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Done,
    Paged,
    Rows,
)
from listhub.web.api.shapes.me import OptionsBody
from listhub.web.api.shapes.members import (
    AddBody,
    ChangeBody,
    Member,
    MemberRecord,
    MembersWanted,
    RemoveBody,
    Results,
    Visible,
)
from listhub.web.door.answer import Refused
from listhub.web.door.need import Need
from listhub.web.pages import guest
from listhub.web.pages.member import NO_MEMBER, SAVED

UNCHANGED = N_("Nothing was changed.")


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
