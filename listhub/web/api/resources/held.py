"""What waits for a decision: posts and requests, found, counted, grouped, opened."""

from starlette.responses import Response

from listhub.archive import framed, render
from listhub.i18n.text import N_, Text
from listhub.lists.moderation import item as items, likes, queue, rejecting
from listhub.lists.notices.moderation import REJECTIONS
from listhub.lists.paging import NO_PAGE
from listhub.lists.said import SaidError
from listhub.spool import bodies
from listhub.web import attachment
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Rows,
)
from listhub.web.api.shapes.held import (
    Counted,
    Counts,
    Group,
    Held,
    HeldRow,
    HeldWanted,
    Mail,
    Rejection,
    RejectionWanted,
    ShowAs,
)
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need
from listhub.web.pages import held_request
from listhub.web.pages.archive_message import QUOTED

NO_TEXT = N_("There is no such text for rejections.")


def find(call: Call, query: HeldWanted) -> Rows[HeldRow]:
    """Find what waits for one's decision."""
    way, place = query.cursor[:1], query.cursor[1:]
    if way not in {"", ">", "<"}:
        raise SaidError(NO_PAGE)
    found = queue.page(
        call.conn,
        call.reach,
        query.filter(call),
        sort=query.sort,
        after=place if way == ">" else "",
        before=place if way == "<" else "",
        limit=query.limit,
    )
    return call.every(
        HeldRow,
        found.entries,
        after=found.after and f">{found.after}",
        before=found.before and f"<{found.before}",
    )


def count(call: Call, query: Counted) -> Counts:
    """Count what waits for one's decision."""
    return call.give(Counts, queue.counts(call.conn, call.reach, query.filter(call)))


def groups(call: Call, query: Counted) -> Rows[Group]:
    """Find groups of posts that are alike, the largest first."""
    return call.every(Group, likes.groups(call.conn, call.reach, query.filter(call)))


def show(call: Call, query: ShowAs) -> Held:
    """Tell all that helps to decide about one, decided or not."""
    request = held_request.of(call)
    view = render.View(
        addresses=True,
        file_url=framed.place,
        html=query.as_html,
        quoted=call.say(QUOTED),
    )
    found = items.show(
        call.conn, request.id, settings=call.settings, view=view, ask=call.ask
    )
    if found is None:
        raise no_page()
    same = (
        *("id", "kind", "state", "waits_for", "address", "what", "author", "person"),
        *("size", "spam", "topics", "created_at", "expires_at", "decided_at"),
        "decided_by",
    )
    return call.give(
        Held,
        {
            **{name: getattr(found.request, name) for name in same},
            "why": found.why.sentence,
            "rule": found.why.rule,
            "claimed_by": found.standing.claimed_by,
            "decision": found.standing.decision,
            "sender": found.sender,
            "history": found.history,
            "mail": _mail(found.mail) if found.mail else None,
        },
    )


def _mail(mail: items.Mail) -> dict[str, object]:
    names = Mail.model_fields.keys() - {"checks"}
    return {
        **{name: getattr(mail.shown, name) for name in names},
        "checks": mail.checks,
    }


def source(call: Call) -> Response:
    """Give a held post as it came, octet for octet."""
    request, body_id = held_request.post_of(call)
    headers = attachment.headers(
        name=f"held-{request.id}.eml", stored_type="message/rfc822"
    )
    return Response(bodies.load(call.conn, body_id), headers=headers)


def file(call: Call) -> Response:
    """Give a file that came with a held post."""
    request, _ = held_request.post_of(call)
    number = call.asked.number_of("number")
    found = items.file(call.conn, request, number) if number < 10**6 else None
    if found is None:
        raise no_page()
    told, content = found
    headers = attachment.headers(name=told.name, stored_type=told.media_type)
    return Response(content, headers=headers)


def rejection(call: Call, query: RejectionWanted) -> Rejection:
    """Give a text of rejection as whoever asked would read it."""
    request = held_request.of(call)
    if query.template not in REJECTIONS:
        raise Refused(404, Text(NO_TEXT))
    found = rejecting.preview(
        call.conn,
        request,
        settings=call.settings,
        template=query.template,
        words=query.words,
        language=query.language,
    )
    choices = rejecting.choices(call.conn, request, language=found.language)
    names = Rejection.model_fields.keys() - {"choices"}
    return call.give(
        Rejection,
        {**{name: getattr(found, name) for name in names}, "choices": choices},
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/held",
        name="find_held",
        need=Need.DECIDER,
        rights="read",
        function=find,
    ),
    Operation(
        method="GET",
        path="/held/counts",
        name="count_held",
        need=Need.DECIDER,
        rights="read",
        function=count,
    ),
    Operation(
        method="GET",
        path="/held/groups",
        name="group_held",
        need=Need.DECIDER,
        rights="read",
        function=groups,
    ),
    Operation(
        method="GET",
        path="/held/{id}",
        name="show_held",
        need=Need.DECIDER,
        rights="read",
        function=show,
    ),
    Operation(
        method="GET",
        path="/held/{id}/source",
        name="fetch_held_source",
        need=Need.DECIDER,
        rights="read",
        function=source,
        media_type="message/rfc822",
    ),
    Operation(
        method="GET",
        path="/held/{id}/files/{number}",
        name="fetch_held_file",
        need=Need.DECIDER,
        rights="read",
        function=file,
        media_type="application/octet-stream",
    ),
    Operation(
        method="GET",
        path="/held/{id}/rejection",
        name="show_rejection",
        need=Need.DECIDER,
        rights="read",
        function=rejection,
    ),
)
