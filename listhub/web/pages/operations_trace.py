"""Where is a message? Searched by any part, and told down to each recipient's answer."""

from datetime import datetime
from uuid import UUID

from listhub import clock
from listhub.delivery import fate
from listhub.i18n.text import N_, Text
from listhub.lists import posting, story
from listhub.lists.operators import copies, recipients, search
from listhub.lists.operators.recipients import STATES
from listhub.lists.operators.search import PERIOD, Wanted
from listhub.web.door.answer import Answer, no_page
from listhub.web.door.asked import Asked
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages.operations_choice import moment
from listhub.web.pages.operations_frame import view

NO_LIST = N_("There is no such list here.")
NO_TRACE = N_("A trace is 32 hexadecimal digits, as logs and replies name it.")
NO_TIME = N_("This is no time; write it as 2026-11-20 10:00.")

#: Recipients without a copy that are named for each message; a page has them all.
_EXCEPTIONS = 10

_LONGEST = 320
_FIELDS = ("message_id", "sender", "recipient", "subject", "list", "trace")
_TIMES = ("since", "until")


def show(visit: Visit) -> Answer:
    """Show the form, and what came in and is like that."""
    given = _given(visit.asked, *_FIELDS, *_TIMES)
    wanted, wrong = _wanted(visit, given)
    asked = any(given.values())
    found = None
    if asked and not wrong:
        found = search.search(visit.conn, wanted, cursor=visit.asked.one("page"))
    return view(
        visit,
        "trace.html.j2",
        given=given,
        wrong=wrong,
        asked=asked,
        found=found,
        days=PERIOD.days,
        to=lambda page: path("trace", query={**given, "page": page}),
    )


def show_way(visit: Visit) -> Answer:
    """Show the whole way of a message, and what became of its copies."""
    trace = _trace(visit.asked.params.get("trace", ""))
    stories = story.tell(visit.conn, [trace], exceptions=_EXCEPTIONS) if trace else []
    if not stories:
        raise no_page()
    return view(visit, "trace_way.html.j2", story=stories[0], summary=story.summary)


def show_recipients(visit: Visit) -> Answer:
    """Show the recipients of one message that left, a page at a time."""
    trace = _trace(visit.asked.params.get("trace", ""))
    number = visit.asked.number_of("outgoing")
    leaving = fate.of_traces(visit.conn, [trace]) if trace else []
    message = next((each for each in leaving if each.id == number), None)
    if message is None:
        raise no_page()
    given = {"state": visit.asked.one("state"), "text": visit.asked.one("text")[:200]}
    state = given["state"] if given["state"] in STATES else None
    page = recipients.page(
        visit.conn,
        message.id,
        state=state,
        text=given["text"].strip(),
        cursor=visit.asked.one("page"),
    )
    here = ("trace", str(trace), str(message.id))
    return view(
        visit,
        "trace_recipients.html.j2",
        message=message,
        trace=trace,
        page=page,
        given=given,
        choices=STATES,
        here=path(*here),
        to=lambda page: path(*here, query={**given, "page": page}),
    )


def show_copies(visit: Visit) -> Answer:
    """Show what one address got, the newest first."""
    given = _given(visit.asked, "address", "list", *_TIMES)
    wanted, wrong = _wanted(visit, given)
    found = None
    if given["address"] and not wrong:
        found = copies.page(
            visit.conn,
            given["address"],
            since=wanted.since,
            until=wanted.until,
            list_id=wanted.list_id,
            cursor=visit.asked.one("page"),
        )
    return view(
        visit,
        "copies.html.j2",
        given=given,
        wrong=wrong,
        found=found,
        days=PERIOD.days,
        now=clock.now(),
        to=lambda page: path("copies", query={**given, "page": page}),
    )


def _given(asked: Asked, *names: str) -> dict[str, str]:
    return {name: asked.one(name)[:_LONGEST].strip() for name in names}


def _wanted(visit: Visit, given: dict[str, str]) -> tuple[Wanted, dict[str, Text]]:
    """Return what the fields mean, and what is wrong with which of them."""
    wrong: dict[str, Text] = {}
    row = posting.find_named(visit.conn, given["list"]) if given["list"] else None
    if given["list"] and row is None:
        wrong["list"] = Text(NO_LIST)
    times: dict[str, datetime | None] = {}
    for name in _TIMES:
        times[name] = moment(given[name]) if given[name] else None
        if given[name] and times[name] is None:
            wrong[name] = Text(NO_TIME)
    trace = _trace(given.get("trace", ""))
    if given.get("trace") and trace is None:
        wrong["trace"] = Text(NO_TRACE)
    return Wanted(
        trace=trace,
        message_id=given.get("message_id", ""),
        sender=given.get("sender", ""),
        recipient=given.get("recipient", ""),
        subject=given.get("subject", ""),
        list_id=row.id if row else None,
        since=times["since"],
        until=times["until"],
    ), wrong


def _trace(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


PAGES = (
    Page(path="/trace", need=Need.SITE, get=show),
    Page(path="/copies", need=Need.SITE, get=show_copies),
    Page(path="/trace/{trace}", need=Need.SITE, get=show_way),
    Page(path="/trace/{trace}/{outgoing}", need=Need.SITE, get=show_recipients),
)
