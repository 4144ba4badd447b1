"""Automatic: the first post to an address of a family makes its list.

    judge ─▶ make ─▶ ask its sources ─┬▶ distribute   somebody is on it
                                      └▶ refuse       nobody is

The list is made once, whoever comes first.  A post waits here while the stage `sync`
asks the list's sources, and so does every later one until the list has members.
"""

from dataclasses import dataclass
from datetime import timedelta

from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import broken_scenario, directory, reports
from listhub.lists.directory import Destination
from listhub.lists.families import automatic, first_post
from listhub.lists.families.first_post import FirstPost, Judged
from listhub.lists.notices import group, place as places, reports as notices
from listhub.lists.notices.notice import Notice
from listhub.lists.notices.reports import Addressee
from listhub.lists.notices.to_listmasters import AUTOMATIC_LIST_CREATION_FAILED, Trouble
from listhub.lists.refusal import Refuse
from listhub.mail.draft import Draft
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, NewItem, Retry, Verdict
from listhub.stages.stage import RoomStage, StageContext

#: For so long a post waits for sources that do not answer.
PATIENCE = timedelta(hours=4)
#: A post that has just come looks again soon, one that waits for hours each minute.
_SOONEST, _LATEST = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _End:
    """How the author is told that there is no list."""

    notice: Notice[Addressee]
    enhanced: str
    reason: str


_NO_LIST = _End(
    notice=notices.NO_LIST,
    enhanced="5.1.1",
    reason=N_("There is no list %(list)s."),
)
_BAD_FAMILY = _End(
    notice=notices.BAD_FAMILY,
    enhanced="5.3.5",
    reason=N_("The settings of the family of %(list)s are wrong."),
)
_NOT_MADE = _End(
    notice=notices.LIST_NOT_MADE,
    enhanced="4.2.1",
    reason=N_("Who is on the list %(list)s cannot be found out at the moment."),
)
_EMPTY = _End(
    notice=notices.LIST_EMPTY,
    enhanced="4.2.4",
    reason=N_("The list %(list)s has no members at the moment."),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """A post, its bytes, and where intake would send it now; None: nowhere."""

    item: Item
    address: str
    draft: Draft
    where: Destination | None


def handle(item: Item, context: StageContext) -> Verdict:
    """Send a post on to its list, once that is made and somebody is on it."""
    if item.body_id is None or not item.recipient:
        return Bury(reason="A post needs a body and a recipient.")
    address = directory.read(item.recipient).list_address
    automatic.lock(context.conn, address)
    case = _Case(
        item=item,
        address=address,
        draft=Draft.parse(bodies.load(context.conn, item.body_id)),
        where=_where(item, context),
    )
    if case.where is None:
        return _ended(case, _NO_LIST, context)
    made = case.where.list_id or _make(case, case.where, context)
    return made if isinstance(made, Done) else _go_on(case, made, context)


def _where(item: Item, context: StageContext) -> Destination | None:
    recipient = item.recipient or ""
    found = directory.find(context.conn, [recipient])[recipient]
    return found if isinstance(found, Destination) else None


# --- the list is there ------------------------------------------------------------------


def _go_on(case: _Case, list_id: int, context: StageContext) -> Done | Retry:
    """Wait for the list's sources, then send the post on or back."""
    conn, since = context.conn, case.item.created_at
    state = automatic.ask(conn, list_id, since=since, trace=case.item.trace)
    if state == "empty":
        return _ended(case, _EMPTY, context)
    if state == "asking":
        age = automatic.age(conn, since)
        if age < PATIENCE:
            wait = min(max(age / 4, _SOONEST), _LATEST)
            return Retry(
                after=wait, reason="its list's sources are asked", planned=True
            )
        if not automatic.has_members(conn, list_id):
            trouble = "Its sources do not answer."
            return _ended(case, _NOT_MADE, context, trouble=trouble)
        automatic.wake(conn, list_id)
    return _forward(case, list_id, context)


def _forward(case: _Case, list_id: int, context: StageContext) -> Done:
    """Send a post to be distributed, with the rank that intake would give it now."""
    item, where = case.item, _where(case.item, context)
    post = NewItem(
        stage="distribute",
        trace=item.trace,
        list_id=list_id,
        body_id=item.body_id,
        message_id=item.message_id,
        reverse_path=item.reverse_path,
        recipient=item.recipient,
        priority=where.priority if where else item.priority,
        held=where.held if where else False,
        meta=item.meta,
    )
    return Done(note=f"on to {case.address}", emit=(post,))


# --- the list is to be made ---------------------------------------------------------------


def _make(case: _Case, where: Destination, context: StageContext) -> int | Done:
    """Make the list of a first post and return its number, or how the post ended."""
    conn = context.conn
    kept = automatic.family_of(conn, case.address, settings=context.settings)
    if kept is None:
        return _ended(case, _NO_LIST, context)
    name, _, domain = case.address.partition("@")
    post = FirstPost(
        name=name,
        domain=domain,
        domain_id=where.domain_id,
        draft=case.draft,
        reverse_path=case.item.reverse_path or "",
    )
    no = first_post.refused(conn, context.ask, post, kept, settings=context.settings)
    if no is not None:
        return _refused(case, no, context)
    try:
        with conn.transaction():
            return automatic.make(conn, kept, case.address, actor=post.author).id
    except UsageError as error:
        return _ended(case, _BAD_FAMILY, context, trouble=error.public)


def _refused(case: _Case, no: Judged, context: StageContext) -> Done:
    """End a post that may not make its list; of a mistake the listmasters are told."""
    if no.quiet:
        return Done(verdict="dropped", note=no.quiet)
    done = _tell_author(case, Refuse(reason=no.reason), context)
    if not no.error:
        return done
    told = broken_scenario.tell(
        context.conn,
        no.error,
        scenario=no.scenario,
        rule=no.rule,
        place=places.of_domain(
            context.conn, name=_domain(case), settings=context.settings
        ),
        settings=context.settings,
        trace=case.item.trace,
    )
    return Done(verdict=done.verdict, note=done.note, emit=(*done.emit, *told))


# --- ends ---------------------------------------------------------------------------------


def _ended(case: _Case, end: _End, context: StageContext, *, trouble: str = "") -> Done:
    """Report to the author that there is no list; of trouble the listmasters are told."""
    refusal = Refuse(
        enhanced=end.enhanced,
        reason=Text(end.reason, list=case.address),
        notice=end.notice,
        values=Addressee(recipient=case.address),
    )
    done = _tell_author(case, refusal, context)
    if not trouble:
        return done
    told = group.tell(
        context.conn,
        AUTOMATIC_LIST_CREATION_FAILED,
        Trouble(what=case.address, problem=trouble),
        place=places.of_domain(
            context.conn, name=_domain(case), settings=context.settings
        ),
        settings=context.settings,
        trace=case.item.trace,
    )
    return Done(
        verdict=done.verdict,
        note=f"{done.note}: {trouble}",
        emit=(*done.emit, *told),
    )


def _tell_author(case: _Case, refusal: Refuse, context: StageContext) -> Done:
    return reports.refuse(
        context.conn,
        case.item,
        refusal,
        head=case.draft.headers,
        list_address=case.address,
        settings=context.settings,
    )


def _domain(case: _Case) -> str:
    return case.address.partition("@")[2]


STAGE = RoomStage(
    name="automatic",
    about="Makes the list of a family that a first post asks for.",
    handle=handle,
)
