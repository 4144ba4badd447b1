"""All members as a file, out and in: an import is looked at before it is carried out."""

import uuid
from collections.abc import Iterator
from typing import Literal

from pydantic import Field
from starlette.responses import Response, StreamingResponse

from listhub import db
from listhub.lists import greetings, members as all_members
from listhub.lists.greetings import Desk
from listhub.lists.roster import preview as previews
from listhub.lists.roster.change import MOST_GREETED
from listhub.lists.settings import load_list_settings
from listhub.spool import store
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import Answer, Body, Count, Sentence
from listhub.web.door.asked import UPLOAD
from listhub.web.door.need import Need


class FileBody(Body):
    """A file of members, and what becomes of rows of who is one already."""

    content: str = Field(
        max_length=UPLOAD, examples=["address,name\nnew2@a.example,New\n"]
    )
    """CSV with a header line; `address` is the only column that must be there."""

    existing: Literal["skip", "change"] = "skip"
    """Skip them, or change their options as far as the row names them."""


class ImportBody(FileBody):
    """A file that was looked at, and the digest of what was seen."""

    digest: str = Field(max_length=200, examples=["0"])
    """From the preview: nothing is done if something else would be done by now."""

    greet: bool = False
    """Whether who comes is told; for few."""


class Line(Answer):
    """What becomes of one row."""

    line: Count
    address: str = Field(examples=["new2@a.example"])
    deed: Literal["add", "change", "skip", "refuse"]
    changes: list[str] = Field(examples=[[]])
    """Options that would be otherwise."""

    why: Sentence | None = Field(examples=[None])
    """Why it is refused."""


class Preview(Answer):
    """What a file would do."""

    digest: str = Field(examples=["0"])
    """To be sent with the import."""

    rows: Count
    added: Count
    changed: Count
    skipped: Count
    refused: Count
    lines: list[Line]
    """The first rows of each kind."""

    complete: bool
    """Whether these are all."""


class Imported(Answer):
    """What an import did."""

    rows: Count
    added: Count
    changed: Count
    again: bool
    """Whether it was done by an earlier call like this one."""


def preview(call: Call, body: FileBody) -> Preview:
    """Tell what a file would do; nothing is changed."""
    found = previews.preview(
        call.conn,
        call.list,
        body.content.encode(),
        settings=load_list_settings(call.conn, call.list.id),
        existing=body.existing,
    )
    return call.give(Preview, found)


def carry_out(call: Call, body: ImportBody) -> Imported:
    """Do what a preview said; what it refused is left out."""
    done = previews.carry_out(
        call.conn,
        call.list,
        body.content.encode(),
        digest=body.digest,
        settings=load_list_settings(call.conn, call.list.id),
        actor=call.actor,
        how="api",
        existing=body.existing,
        newcomers=MOST_GREETED if body.greet else 0,
    )
    desk = Desk(conn=call.conn, settings=call.settings, trace=uuid.uuid4())
    for who in done.newcomers:
        store.put(call.conn, greetings.joined(desk, call.list, who, by=call.by))
    return call.give(Imported, done)


def export(call: Call) -> Response:
    """Give all members as CSV, as the import takes it."""
    list_id, database = call.list.id, call.settings.database

    def rows() -> Iterator[bytes]:
        # Its own connection: the call's is given back before the last line is read.
        with db.transaction(database) as conn:
            settings = load_list_settings(conn, list_id)
            yield from all_members.export(conn, list_id, settings=settings)

    return StreamingResponse(rows(), media_type="text/csv; charset=utf-8")


OPERATIONS = (
    Operation(
        method="GET",
        path="/lists/{list}/members.csv",
        name="export_members",
        need=Need.OWNER,
        rights="read",
        function=export,
        media_type="text/csv",
    ),
    Operation(
        method="POST",
        path="/lists/{list}/members/import/preview",
        name="preview_import",
        need=Need.OWNER,
        rights="manage",
        function=preview,
        most=UPLOAD,
    ),
    Operation(
        method="POST",
        path="/lists/{list}/members/import",
        name="import_members",
        need=Need.OWNER,
        rights="manage",
        function=carry_out,
        most=UPLOAD,
    ),
)
