"""An owner's members: the table, what is done to many of them, and the file of all."""

from collections.abc import Iterator
from typing import Any, cast, get_args

from starlette.responses import Response, StreamingResponse

from listhub import db
from listhub.i18n.text import N_, Text
from listhub.lists import members as all_members
from listhub.lists.options import Changes
from listhub.lists.posting import ListRow
from listhub.lists.roster import change, page as roster
from listhub.lists.roster.change import Outcome
from listhub.lists.roster.page import Sort, Wanted
from listhub.lists.setting_titles import RECEPTIONS
from listhub.lists.settings import load_list_settings
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

NOBODY = N_("Nobody was ticked; nothing was changed.")
REMOVED = N_("%(count)s were removed; %(left)s were no members any more.")
CHANGED = N_("%(count)s were changed; %(left)s were so already, or could not be.")

#: Which members, by the word in the address; what each means of `Wanted`.
KINDS: dict[str, dict[str, Any]] = {
    "bouncing": {"bouncing": True},
    "suspended": {"suspended": True},
    "concealed": {"concealed": True},
    "source": {"source_only": True},
}
_LONGEST = 200


def show(visit: Visit) -> Answer:
    """Show a page of the members, searched, narrowed and sorted."""
    wanted = _wanted(visit)
    found = roster.page(visit.conn, visit.list.id, wanted, cursor=visit.asked.one("at"))
    return View(
        template="members.html.j2",
        values={
            "wanted": wanted,
            "kind": visit.asked.one("kind"),
            "page": found,
            "total": roster.count(visit.conn, visit.list.id, wanted),
            "receptions": RECEPTIONS,
            "to": lambda **more: _path(visit, **more),
        },
    )


def act(visit: Visit) -> Answer:
    """Remove those who are ticked, or give them another reception."""
    addresses = visit.asked.all("address")
    if not addresses:
        return Moved(to=_path(visit), said=Text(NOBODY), tone="note")
    row, settings = visit.list, load_list_settings(visit.conn, visit.list.id)
    if visit.asked.one("do") == "remove":
        outcome = change.remove(
            visit.conn,
            row,
            addresses,
            site=visit.settings,
            actor=visit.by,
            how="web",
            greet=bool(visit.asked.one("greet")),
        )
        return _done(visit, outcome, said=REMOVED, count=outcome.count("removed"))
    wanted = _changes(visit.asked.one("do"))
    outcome = change.change(
        visit.conn,
        row,
        addresses,
        wanted,
        settings=settings,
        actor=visit.by,
        how="web",
    )
    return _done(visit, outcome, said=CHANGED, count=outcome.count("changed"))


def export(visit: Visit) -> Answer:
    """Give all members as CSV, as the import takes it."""
    row = visit.list
    database = visit.settings.database

    def rows() -> Iterator[bytes]:
        # Its own connection: the page's is given back before the last line is read.
        with db.transaction(database) as conn:
            settings = load_list_settings(conn, row.id)
            yield from all_members.export(conn, row.id, settings=settings)

    return _file(rows(), row)


def _file(rows: Iterator[bytes], row: ListRow) -> Response:
    name = f"{row.name}.members.csv"
    return StreamingResponse(
        rows,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _wanted(visit: Visit) -> Wanted:
    asked = visit.asked
    sort = asked.one("sort")
    reception = asked.one("reception")
    return Wanted(
        text=asked.one("q")[:_LONGEST].strip(),
        reception=reception if reception in RECEPTIONS else None,
        sort=cast("Sort", sort) if sort in get_args(Sort) else "address",
        descending=asked.one("down") == "1",
        **KINDS.get(asked.one("kind"), {}),
    )


def _changes(word: str) -> Changes:
    if word == "resume":
        return Changes(suspended=False)
    return Changes(reception=word if word in RECEPTIONS else None)


def _done(visit: Visit, outcome: Outcome, *, said: str, count: int) -> Moved:
    store.put(visit.conn, outcome.items)
    left = len(outcome.results) - count
    refused = next((one for one in outcome.results if not one.done), None)
    text = Text(said, count=count, left=left)
    if refused is not None and not count:
        text = refused.text
    return Moved(to=_path(visit), said=text, tone="well" if count else "note")


def _path(visit: Visit, **more: object) -> str:
    names = ("q", "reception", "kind", "sort", "down")
    query = {name: visit.asked.query.get(name, ("",))[-1] for name in names}
    return path("members", visit.list.address, query={**query, **more})


PAGES = (
    Page(path="/members/{list}/export.csv", need=Need.OWNER, get=export),
    Page(path="/members/{list}", need=Need.OWNER, get=show, post=act),
)
