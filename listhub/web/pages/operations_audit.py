"""The audit: who did what to which object, how and when."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from listhub.i18n.text import N_, Text
from listhub.lists import posting
from listhub.lists.operators import audited
from listhub.lists.operators.audited import Wanted
from listhub.web.door.answer import Answer
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages.operations_choice import moment
from listhub.web.pages.operations_frame import view
from listhub.web.pages.operations_trace import NO_LIST, NO_TIME

#: The doors by which something is done.
DOORS = ("web", "api", "cli", "mail", "clock")

NOTHING = N_("nothing")

#: Characters of a fact that are shown.
_SHOWN = 500

_LONGEST = 320
_FIELDS = ("actor", "action", "object", "list", "how", "since", "until")


def show(visit: Visit) -> Answer:
    """Show a page of deeds, the newest first."""
    given = {name: visit.asked.one(name)[:_LONGEST].strip() for name in _FIELDS}
    wanted, wrong = _wanted(visit, given)
    page = None
    if not wrong:
        page = audited.page(visit.conn, wanted, cursor=visit.asked.one("page"))
    return view(
        visit,
        "audit.html.j2",
        given=given,
        wrong=wrong,
        doors=DOORS,
        page=page,
        narrows=any(given.values()),
        facts=facts,
        to=lambda **more: path("audit", query={**given, **more}),
    )


def _wanted(visit: Visit, given: dict[str, str]) -> tuple[Wanted, dict[str, Text]]:
    wrong: dict[str, Text] = {}
    row = posting.find_named(visit.conn, given["list"]) if given["list"] else None
    if given["list"] and row is None:
        wrong["list"] = Text(NO_LIST)
    times: dict[str, datetime | None] = {}
    for name in ("since", "until"):
        times[name] = moment(given[name]) if given[name] else None
        if given[name] and times[name] is None:
            wrong[name] = Text(NO_TIME)
    return Wanted(
        actor=given["actor"],
        action=given["action"],
        object=given["object"],
        list_id=row.id if row else None,
        since=times["since"],
        until=times["until"],
        how=given["how"] if given["how"] in DOORS else "",
    ), wrong


def facts(detail: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    """Return a deed's details: a name, a value, and what it became if it changed."""
    found: list[tuple[str, str, str | None]] = []
    for name, value in detail.items():
        if name == "how":
            continue
        if name == "changes" and isinstance(value, dict):
            found += [_change(str(each), pair) for each, pair in value.items()]
        else:
            found.append((name, _text(value), None))
    return found


def _change(name: str, value: object) -> tuple[str, str, str | None]:
    if isinstance(value, list) and len(value) == 2:
        return name, _text(value[0]), _text(value[1])
    return name, _text(value), None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value[:_SHOWN]
    return json.dumps(value, ensure_ascii=False, default=str)[:_SHOWN]


PAGES = (Page(path="/audit", need=Need.SITE, get=show),)
