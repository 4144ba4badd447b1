"""Decisions about what waits: one or ten thousand, their progress, undo; claims, notes."""

from listhub.i18n.text import N_, Text
from listhub.lists.moderation import (
    claim as claims,
    decide as decide_now,
    delayed,
    progress,
)
from listhub.lists.moderation.claim import Claimed, ClaimedByOther
from listhub.lists.moderation.delayed import Scheduled
from listhub.lists.moderation.outcomes import (
    AlreadyDecided,
    Decided,
    Decision,
    Gone,
)
from listhub.lists.moderation.progress import Progress
from listhub.lists.said import SaidError
from listhub.spool import store
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Done,
    Rows,
)
from listhub.web.api.shapes.decisions import (
    ClaimBody,
    ClaimShape,
    DecidedShape,
    DecisionBody,
    Many,
    NoteBody,
    ProgressShape,
    ResultShape,
    ResultsWanted,
    ScheduledShape,
)
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need
from listhub.web.pages import held_request
from listhub.web.pages.held_others import (
    ANOTHERS,
    GIVEN_BACK,
    NOT_YOURS,
    NOTED,
    TAKEN_OVER,
    YOURS,
)

ON_ITS_WAY = N_("It is on its way, and can be undone for a moment.")


WHICH = N_("Say which: `ids` or `filter`, and not both.")


def decide(call: Call, body: DecisionBody) -> DecidedShape:
    """Decide about one: an approval at once, what ends something after ten seconds."""
    request, decision = held_request.of(call), body.decision()
    if delayed.is_destructive(decision):
        scheduled = _scheduled(call, (request.id,), decision)
        if not scheduled.total:
            [left] = scheduled.left_out
            return _came(call, "already", left.sentence)
        return _came(call, "scheduled", Text(ON_ITS_WAY), scheduled)
    outcome = decide_now.decide(
        call.conn, request.id, decision, by=call.by, how="api", settings=call.settings
    )
    if isinstance(outcome, Decided):
        store.put(call.conn, outcome.items)
        return _came(call, "decided", outcome.sentence)
    if isinstance(outcome, AlreadyDecided):
        return _came(call, "already", outcome.sentence)
    raise no_page()


def decide_many(call: Call, body: Many) -> ScheduledShape:
    """Decide about many: workers carry it out, and the decision tells how far it is."""
    if (body.ids is None) == (body.filter is None):
        raise SaidError(WHICH)
    chosen = body.filter.filter(call) if body.filter else _numbers(body.ids or [])
    scheduled = delayed.schedule(
        call.conn,
        call.reach,
        chosen,
        body.decision.decision(),
        by=call.by,
        how="api",
    )
    store.put(call.conn, scheduled.items)
    return call.give(
        ScheduledShape,
        {
            "decision": scheduled.decision_id,
            "total": scheduled.total,
            "due_at": scheduled.due_at,
            "left_out": scheduled.left_out,
        },
    )


def lately(call: Call) -> Rows[ProgressShape]:
    """Find one's own decisions that are on their way or were lately, newest first."""
    return call.every(ProgressShape, progress.of_person(call.conn, call.by))


def show(call: Call) -> ProgressShape:
    """Tell how far one's own decision is."""
    return call.give(ProgressShape, _own(call))


def results(call: Call, query: ResultsWanted) -> Rows[ResultShape]:
    """Find what became of each, by number."""
    found = progress.results(
        call.conn,
        _own(call).id,
        outcomes=(query.outcome,) if query.outcome else None,
        after=int(query.cursor or 0),
        limit=query.limit + 1,
    )
    rows = found[: query.limit]
    after = str(rows[-1].request_id) if len(found) > query.limit else ""
    return call.every(ResultShape, rows, after=after)


def undo(call: Call) -> Done:
    """Take one's own decision back, as far as it has not taken effect."""
    undone = delayed.undo(call.conn, _own(call).id, by=call.by, how="api")
    if isinstance(undone, Gone):
        raise no_page()
    return call.done(undone.sentence, changed=bool(undone.taken_back))


def claim(call: Call, body: ClaimBody) -> ClaimShape:
    """Claim one, so that others need not look at it; for ten minutes."""
    request = held_request.of(call)
    take = claims.take_over if body.take_over else claims.claim
    outcome = take(call.conn, request.id, by=call.by)
    match outcome:
        case Claimed():
            text = (
                Text(TAKEN_OVER, who=outcome.before) if outcome.before else Text(YOURS)
            )
            return _claimed(call, text, outcome)
        case ClaimedByOther():
            return _claimed(call, Text(ANOTHERS, who=outcome.by), outcome)
        case AlreadyDecided():
            raise Refused(409, outcome.sentence)
        case Gone():
            raise no_page()


def give_back(call: Call) -> Done:
    """End one's own claim."""
    given = claims.give_back(call.conn, held_request.of(call).id, by=call.by)
    return call.done(Text(GIVEN_BACK if given else NOT_YOURS), changed=given)


def note(call: Call, body: NoteBody) -> Done:
    """Leave a note for the others who may decide."""
    request = held_request.of(call)
    decide_now.note(call.conn, request.id, body.text, by=call.by, how="api")
    return call.done(Text(NOTED))


def _scheduled(call: Call, numbers: tuple[int, ...], decision: Decision) -> Scheduled:
    scheduled = delayed.schedule(
        call.conn, call.reach, numbers, decision, by=call.by, how="api"
    )
    store.put(call.conn, scheduled.items)
    return scheduled


def _numbers(ids: list[int]) -> tuple[int, ...]:
    """Return the numbers that any request can have."""
    return tuple(dict.fromkeys(one for one in ids if 0 < one < 2**63))


def _came(
    call: Call,
    outcome: str,
    said: Text,
    scheduled: Scheduled | None = None,
) -> DecidedShape:
    return call.give(
        DecidedShape,
        {
            "outcome": outcome,
            "said": said,
            "decision": scheduled.decision_id if scheduled else None,
            "due_at": scheduled.due_at if scheduled else None,
        },
    )


def _claimed(call: Call, text: Text, outcome: Claimed | ClaimedByOther) -> ClaimShape:
    yours = isinstance(outcome, Claimed)
    return call.give(ClaimShape, {"yours": yours, "said": text, "until": outcome.until})


def _own(call: Call) -> Progress:
    found = progress.of_decision(call.conn, call.asked.number_of("id"))
    if found is None or found.decided_by != call.by:
        raise no_page()
    return found


OPERATIONS = (
    Operation(
        method="POST",
        path="/held/decisions",
        name="decide_many",
        need=Need.DECIDER,
        rights="moderate",
        function=decide_many,
        status=202,
    ),
    Operation(
        method="POST",
        path="/held/{id}/decision",
        name="decide",
        need=Need.DECIDER,
        rights="moderate",
        function=decide,
    ),
    Operation(
        method="PUT",
        path="/held/{id}/claim",
        name="claim",
        need=Need.DECIDER,
        rights="moderate",
        function=claim,
    ),
    Operation(
        method="DELETE",
        path="/held/{id}/claim",
        name="give_back",
        need=Need.DECIDER,
        rights="moderate",
        function=give_back,
    ),
    Operation(
        method="POST",
        path="/held/{id}/notes",
        name="leave_note",
        need=Need.DECIDER,
        rights="moderate",
        function=note,
    ),
    Operation(
        method="GET",
        path="/decisions",
        name="find_decisions",
        need=Need.DECIDER,
        rights="read",
        function=lately,
    ),
    Operation(
        method="GET",
        path="/decisions/{id}",
        name="show_decision",
        need=Need.DECIDER,
        rights="read",
        function=show,
    ),
    Operation(
        method="GET",
        path="/decisions/{id}/results",
        name="find_results",
        need=Need.DECIDER,
        rights="read",
        function=results,
    ),
    Operation(
        method="POST",
        path="/decisions/{id}/undo",
        name="undo_decision",
        need=Need.DECIDER,
        rights="moderate",
        function=undo,
    ),
)
