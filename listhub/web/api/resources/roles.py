"""Owners and moderators: who they are, named, changed and dismissed."""

import uuid
from typing import Literal, cast

from pydantic import Field

from listhub.i18n.text import Text
from listhub.lists import grants, offices
from listhub.lists.grants import Changes, Kind, Profile
from listhub.lists.greetings import Desk
from listhub.spool import store
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import Address, Answer, Body, Done, Moment, Rows
from listhub.web.door.answer import Refused
from listhub.web.door.need import Need
from listhub.web.pages.roles import ADDED, CHANGED, NOT_YOURS, REMOVED, SAME
from listhub.web.pages.settings_place import rank


class Holder(Answer):
    """An owner or a moderator."""

    kind: Kind
    address: Address
    name: str = Field(examples=["Otto Owner"])
    profile: str = Field(examples=["normal"])
    """Of owners: normal or privileged."""

    reception: str = Field(examples=["mail"])
    """Whether mail to the role reaches them: mail or none."""

    concealed: bool
    info: str
    """For the others who run the list."""

    since: Moment


class NewHolder(Body):
    """Who gets the role."""

    address: str = Field(max_length=320, examples=["nina@n.example"])
    profile: Profile = "normal"
    """Of owners."""


class RoleBody(Body):
    """What is to be otherwise; what is left out stays."""

    profile: Profile | None = None
    reception: Literal["mail", "none"] | None = Field(None, examples=["none"])
    concealed: bool | None = None
    info: str | None = Field(None, max_length=1000)


def find(call: Call) -> Rows[Holder]:
    """Find the owners and moderators of a list."""
    holders = [
        {**{name: getattr(one, name) for name in one.__slots__}, "kind": kind}
        for kind in ("owner", "moderator")
        for one in grants.of_list(call.conn, call.list.id, kind=kind)
    ]
    return call.every(Holder, holders)


def appoint(call: Call, body: NewHolder) -> Done:
    """Make somebody an owner or a moderator; they are told."""
    kind = _kind(call)
    items = offices.appoint(
        _desk(call),
        call.list,
        body.address.strip(),
        kind=kind,
        actor=call.actor,
        how="api",
        profile=body.profile if kind == "owner" else "normal",
    )
    store.put(call.conn, items)
    return call.done(Text(ADDED, address=body.address))


def change(call: Call, body: RoleBody) -> Done:
    """Change how somebody has a role."""
    kind, address = _kind(call), call.asked.params["address"]
    done = grants.change(
        call.conn,
        call.list.id,
        address,
        Changes(
            profile=body.profile if kind == "owner" else None,
            reception=body.reception,
            concealed=body.concealed,
            info=body.info,
        ),
        kind=kind,
        name=call.list.address,
        actor=call.actor,
        how="api",
    )
    return call.done(
        Text(CHANGED if done else SAME, address=address), changed=bool(done)
    )


def dismiss(call: Call) -> Done:
    """Take a role from somebody, who is told; a list keeps its last owner."""
    address = call.asked.params["address"]
    items = offices.dismiss(
        _desk(call),
        call.list,
        address,
        kind=_kind(call),
        actor=call.actor,
        how="api",
    )
    store.put(call.conn, items)
    return call.done(Text(REMOVED, address=address))


def _kind(call: Call) -> Kind:
    kind = cast("Kind", call.asked.params["kind"])
    if kind == "owner" and rank(call) == "owner":
        raise Refused(403, Text(NOT_YOURS))
    return kind


def _desk(call: Call) -> Desk:
    return Desk(conn=call.conn, settings=call.settings, trace=uuid.uuid4())


_OF_ONE = "/lists/{list}/roles/{kind}/{address:path}"
_MONA = {"address": "mona@m.example"}

OPERATIONS = (
    Operation(
        method="GET",
        path="/lists/{list}/roles",
        name="find_roles",
        need=Need.OWNER,
        rights="read",
        function=find,
    ),
    Operation(
        method="POST",
        path="/lists/{list}/roles/{kind}",
        name="appoint",
        need=Need.OWNER,
        rights="manage",
        function=appoint,
    ),
    Operation(
        method="PATCH",
        path=_OF_ONE,
        name="change_role",
        need=Need.OWNER,
        rights="manage",
        function=change,
        example=_MONA,
    ),
    Operation(
        method="DELETE",
        path=_OF_ONE,
        name="dismiss",
        need=Need.OWNER,
        rights="manage",
        function=dismiss,
        example=_MONA,
    ),
)
