"""Lists: found, told about, asked for, closed and opened again."""

import dataclasses
import uuid
from typing import Annotated, Any, Literal

from pydantic import Field

from listhub.i18n.text import N_, Text
from listhub.lists import about, closing, creating, shelf
from listhub.lists.creating import Asker, Wish
from listhub.lists.greetings import Desk
from listhub.lists.list_kinds import KINDS
from listhub.lists.paging import Page
from listhub.lists.said import SaidError
from listhub.lists.shelf import Relation, Wanted
from listhub.spool import store
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Address,
    Answer,
    Body,
    Count,
    Done,
    ListAddress,
    Moment,
    Number,
    Paged,
    Rows,
)
from listhub.web.door.need import Need
from listhub.web.pages import guest, settings_place

CLOSED = N_("%(list)s is closed.")
OPENED = N_("%(list)s is open.")
SO_ALREADY = N_("Nothing was changed: %(list)s was so already.")
NO_KIND = N_("There is no kind of list called so.")

Status = Literal["open", "pending", "closed"]


class ListsWanted(Paged):
    """Which lists."""

    q: str = Field("", max_length=200)
    """Words, each of which is in the address or the subject."""

    domain: str = Field("", max_length=255)
    """Of this domain alone."""

    status: Status | None = None
    """For whoever runs the domain, or the site: others see open lists."""

    family: str = Field("", max_length=100)
    """The same: lists of this family."""

    relation: Relation | None = None
    """Lists that one has a part in."""


class ListRow(Answer):
    """One list among others."""

    id: Number
    address: ListAddress
    status: Status
    family: str | None = Field(examples=[None])
    subject: str = Field(examples=["Development of the example"])
    created_at: Moment
    posts: Count
    """Posts until now."""

    members: Count | None
    """null: who calls may not know."""

    held: Count | None
    """Posts that wait for a decision; the same."""

    last_post_at: Moment | None


class InCharge(Answer):
    """Somebody who runs a list."""

    address: Address
    name: str = Field(examples=["Otto Owner"])
    kind: Literal["owner", "moderator"]


class ListShape(Answer):
    """What a list is about."""

    id: Number
    address: ListAddress
    status: Status
    family: str | None = Field(examples=[None])
    subject: str = Field(examples=["Development of the example"])
    language: str = Field(examples=["en"])
    """Of the list's mail to its members."""

    since: Moment
    posts: Count
    members: Count
    last_post_at: Moment | None
    in_charge: list[InCharge]
    """Owners, then moderators; those who hide themselves only to who runs the list."""

    member: bool
    """Whether who calls is one."""


class NewList(Body):
    """The list that one would have."""

    name: str = Field(min_length=1, max_length=64, examples=["gardeners"])
    """What stands before the @."""

    domain: str = Field(max_length=255, examples=["lists.example"])
    subject: str = Field(max_length=200, examples=["All about gardens"])
    kind: str = Field("discussion", max_length=40)
    """What it is for: it chooses the first settings."""

    about: str = Field("", max_length=2000)
    """For the listmasters: why it is wanted."""


class Asked(Answer):
    """What became of wanting a list."""

    state: Literal["made", "waits"]
    """Made, or waiting for a listmaster."""

    address: ListAddress


class StatusBody(Body):
    """Whether a list is open."""

    status: Annotated[Literal["open", "closed"], Field(examples=["open"])]


def find(call: Call, query: ListsWanted) -> Rows[ListRow]:
    """Find lists that one may know of; a token for one place finds those in it.

    A page may be short, and even empty, and go on: follow `next`.
    """
    domains = about.domains(call.conn)
    token = call.grant.token
    wanted = Wanted(
        words=shelf.words_of(query.q),
        domain=query.domain or None,
        person=call.by if query.relation else None,
        relation=query.relation or "any",
    )
    if token and token.domain_id is not None:
        wanted = dataclasses.replace(wanted, domain=token.scope)
    runs = call.who.site_listmaster or call.who.runs(
        domains.get(wanted.domain or "", -1)
    )
    if runs:
        wanted = dataclasses.replace(
            wanted, status=query.status, family=query.family or None
        )
    found = _page(call, wanted, query, everything=runs or query.relation is not None)
    rows = [_row(call, one, domains) for one in found.rows]
    return call.every(ListRow, rows, after=found.after, before=found.before)


def _page(
    call: Call, wanted: Wanted, query: ListsWanted, *, everything: bool
) -> Page[shelf.Shelved]:
    token = call.grant.token
    if token and token.list_id is not None:
        # One alone: its page is found by its own words.
        wanted = dataclasses.replace(wanted, words=(*wanted.words, token.scope or ""))
    if everything:
        found = shelf.page(call.conn, wanted, cursor=query.cursor, size=query.limit)
    else:
        found = shelf.seen(
            call.conn,
            call.ask,
            call.visitor,
            wanted,
            settings=call.settings,
            cursor=query.cursor,
            size=query.limit,
        )
    if token and token.list_id is not None:
        mine = tuple(one for one in found.rows if one.id == token.list_id)
        return dataclasses.replace(found, rows=mine)
    return found


def _row(call: Call, one: shelf.Shelved, domains: Any) -> dict[str, object]:
    """Return a list's row; figures only to who runs it."""
    who = call.who
    knows = who.owns(one.id) or who.runs(domains.get(one.domain, -1))
    decides = knows or who.moderates(one.id)
    return {
        "id": one.id,
        "address": one.address,
        "status": one.status,
        "family": one.family,
        "subject": one.subject,
        "created_at": one.created_at,
        "posts": one.posts,
        "members": one.members if knows else None,
        "held": one.held if decides else None,
        "last_post_at": one.last_post_at,
    }


def show(call: Call) -> ListShape:
    """Tell what a list is about, to who may know of it."""
    found = guest.guest(call, "info")
    found.insist("info")
    row, figures = call.list, about.figures(call.conn, call.list.id)
    return call.give(
        ListShape,
        {
            "id": row.id,
            "address": row.address,
            "status": row.status,
            "family": row.family,
            "subject": found.list_settings.subject,
            "language": found.list_settings.language,
            "since": figures.since,
            "posts": figures.posts,
            "members": figures.members,
            "last_post_at": figures.last_post_at,
            "in_charge": about.in_charge(call.conn, row.id, concealed=found.in_charge),
            "member": found.options is not None,
        },
    )


def create(call: Call, body: NewList) -> Asked:
    """Make a list, or have it wait for a listmaster, as the site's rules say."""
    if body.kind not in KINDS:
        raise SaidError(NO_KIND)
    asker = Asker(
        conn=call.conn,
        settings=call.settings,
        ask=call.ask,
        address=call.by,
        auth=call.auth,
        how="api",
    )
    wish = Wish(
        name=body.name,
        domain=body.domain.strip().lower(),
        subject=body.subject,
        kind=body.kind,
        about=body.about,
    )
    came = creating.create(asker, wish)
    store.put(call.conn, came.items)
    return call.give(Asked, came)


def set_status(call: Call, body: StatusBody) -> Done:
    """Close a list, or open it again; members, settings and archive stay."""
    row, rank = call.list, settings_place.rank(call)
    if body.status == "open":
        changed = closing.reopen(call.conn, row, rank=rank, actor=call.actor, how="api")
        said = Text(OPENED if changed else SO_ALREADY, list=row.address)
        return call.done(said, changed=changed)
    desk = Desk(conn=call.conn, settings=call.settings, trace=uuid.uuid4())
    items = closing.close(desk, row, rank=rank, actor=call.actor, how="api")
    store.put(call.conn, items or ())
    said = Text(SO_ALREADY if items is None else CLOSED, list=row.address)
    return call.done(said, changed=items is not None)


OPERATIONS = (
    Operation(
        method="GET",
        path="/lists",
        name="find_lists",
        need=Need.ANYBODY,
        rights="read",
        function=find,
    ),
    Operation(
        method="POST",
        path="/lists",
        name="create_list",
        need=Need.PERSON,
        rights="manage",
        function=create,
        status=201,
    ),
    Operation(
        method="GET",
        path="/lists/{list}",
        name="show_list",
        need=Need.SCENARIO,
        rights="read",
        function=show,
    ),
    Operation(
        method="PUT",
        path="/lists/{list}/status",
        name="set_list_status",
        need=Need.PRIVILEGED,
        rights="manage",
        function=set_status,
    ),
)
