"""Distribute: a post is screened, judged, and published, held or refused.

    load ─▶ vet ─▶ judge ─┬▶ publish    archive, copies, digest
                          ├▶ moderate   waits for the moderators
                          ├▶ confirm    waits for its author
                          ├▶ editors    goes to the moderators as it is
                          └▶ refuse     a report to its author

Judging and changing are apart: what refuses never edits, what edits never refuses.
Everything happens in one transaction: the post either still waits, or it has become all
of its outputs.  A held post comes back here once somebody has approved or confirmed it.
"""

from dataclasses import dataclass, replace
from typing import Literal

from listhub.i18n.text import N_, Text
from listhub.lists import (
    broken_scenario,
    judging,
    protecting,
    reports,
    spam,
    texts,
    topics,
    vetting,
)
from listhub.lists.authorise import paths_of
from listhub.lists.files import DbFiles
from listhub.lists.judging import Evidence, Judgement
from listhub.lists.list_settings import ListSettings
from listhub.lists.moderation import hold
from listhub.lists.notices import place as places
from listhub.lists.notices.reports import PERSONALISATION, Addressee
from listhub.lists.posting import ListRow, Post, open_post, remember
from listhub.lists.publishing import Publication, publish
from listhub.lists.refusal import Refuse
from listhub.lists.topics import Tag
from listhub.mail import message_id, screening
from listhub.mail.draft import Draft
from listhub.mail.owner_text import OwnerTextError
from listhub.spool.items import Bury, Done, Item, NewItem, Verdict
from listhub.stages.stage import RoomStage, StageContext

NO_TEMPLATE = N_("The post, or a text of the list, is no template: %(problem)s.")

#: Ends that nobody is told of, as history calls them.
_QUIET_ENDS = {"refuse": "refused", "drop": "dropped", "duplicate": "duplicate"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """All that judging and changing look at."""

    item: Item
    row: ListRow
    settings: ListSettings
    post: Post
    draft: Draft
    files: DbFiles
    tag: Tag
    #: Who approved a held post, or confirmed their own.
    approved_by: str = ""
    confirmed_by: str = ""


def handle(item: Item, context: StageContext) -> Verdict:
    """Turn a post into its outputs, into a request, or into a report to its author."""
    case = _load(item, context)
    if case is None:
        return Bury(
            reason="The list of this post, or its bytes, are not there any more."
        )
    if case.approved_by:
        return _publish(case, context)
    if not case.confirmed_by and (ended := _vet(case, context)):
        return ended
    judgement = _judge(case, context)
    done = _act(case, judgement, context)
    if judgement.error:
        return replace(done, emit=(*done.emit, *_tell(case, judgement, context)))
    return done


def _load(item: Item, context: StageContext) -> _Case | None:
    opened = open_post(context.conn, list_id=item.list_id, body_id=item.body_id)
    if opened is None or item.body_id is None:
        return None
    row, settings = opened.row, opened.settings
    draft = Draft.parse(opened.raw)
    headers = draft.headers
    files = DbFiles(context.conn, list_id=row.id, domain_id=row.domain_id)
    # All that may be looked for, in one statement.
    files.fetch([*paths_of("send", settings.send), *texts.PATHS])
    post = Post(
        headers=headers,
        body_id=item.body_id,
        body_offset=headers.body_offset,
        size=len(opened.raw),
        message_id=message_id.message_id(headers) or f"{item.trace}@{row.domain}",
        author=screening.author(headers) or item.reverse_path or "",
        reverse_path=item.reverse_path or "",
    )
    return _Case(
        item=item,
        row=row,
        settings=settings,
        post=post,
        draft=draft,
        files=files,
        tag=topics.find(context.conn, settings, post, list_id=row.id, body=draft.body),
        approved_by=str(item.meta.get("approved_by") or ""),
        confirmed_by=str(item.meta.get("confirmed_by") or ""),
    )


def _vet(case: _Case, context: StageContext) -> Done | None:
    """End a post that the list takes from nobody; None if it is to be judged."""
    if why := vetting.dropped(case.row, case.settings, case.post):
        return Done(verdict="dropped", note=why)
    refused = vetting.refused(
        context.ask,
        case.row,
        case.post,
        case.draft,
        settings=case.settings,
        site=context.settings,
    )
    if refused is None:
        return None
    if isinstance(refused, str):
        return Done(verdict="dropped", note=refused)
    if case.settings.spam != "ignore" and _spam_status(case, context) == "spam":
        # A report would go to whoever's address the spammer took.
        note = f"{spam.MARKED}; {refused.enhanced} {refused.reason}"
        return Done(verdict="dropped", note=note)
    return _refuse(case, refused, context)


def _judge(case: _Case, context: StageContext) -> Judgement:
    """Ask the scenario; a post that may go out is counted and may be one too many."""
    judgement = judging.judge(
        context.conn, context.ask, _evidence(case), context.settings
    )
    if case.confirmed_by or judgement.action in {"refuse", "drop"}:
        return judgement
    memory = remember(context.conn, case.row, case.post, body=case.draft.body)
    if memory is None:
        return Judgement(action="duplicate", why=case.post.message_id)
    many = judging.too_many(memory, case.settings)
    if many and judgement.action == "publish":
        return replace(judgement, action="moderate", why=many, quiet=True)
    return judgement


def _spam_status(case: _Case, context: StageContext) -> str | None:
    return judging.spam_status(
        context.conn, context.ask, _evidence(case), context.settings
    )


def _evidence(case: _Case) -> Evidence:
    return Evidence(
        row=case.row,
        settings=case.settings,
        post=case.post,
        draft=case.draft,
        tag=case.tag,
        sender=case.confirmed_by or case.post.author,
        auth="md5" if case.confirmed_by else "smtp",
        files=case.files,
    )


def _act(case: _Case, judgement: Judgement, context: StageContext) -> Done:
    match judgement.action:
        case "publish":
            return _publish(case, context)
        case "moderate" | "confirm":
            return _hold(case, judgement, context)
        case "editors":
            return _to_editors(case, context)
        case "refuse" if not judgement.quiet:
            return _refuse(case, Refuse(reason=judgement.public), context)
        case _:
            return Done(verdict=_QUIET_ENDS[judgement.action], note=judgement.why)


def _publish(case: _Case, context: StageContext) -> Done:
    draft = case.draft
    origin = vetting.origin_of(context.ask, case.settings, context.settings, draft)
    vetting.state_origin(draft, origin, context.settings)
    if validated_by := case.approved_by or case.confirmed_by:
        draft.headers.replace("X-Validation-By", validated_by)
    publication = Publication(
        row=case.row,
        settings=case.settings,
        post=case.post,
        draft=draft,
        tag=case.tag,
        trace=case.item.trace,
        priority=case.item.priority,
        munge=protecting.decide(
            context.ask,
            case.row,
            case.settings,
            headers=case.post.headers,
            author=case.post.author,
        ),
        origin=origin,
        files=case.files,
        validated=vetting.validated_by(
            context.ask,
            origin,
            author=case.post.author,
            approved=bool(case.approved_by),
            confirmed=bool(case.confirmed_by),
        ),
    )
    if case.settings.personalization == "none":
        return publish(context.conn, publication, context.settings)
    try:
        with context.conn.transaction():
            return publish(context.conn, publication, context.settings)
    except OwnerTextError as error:
        reason = Text(NO_TEMPLATE, problem=str(error))
        refusal = Refuse(
            enhanced="5.6.5",
            reason=reason,
            notice=PERSONALISATION,
            values=Addressee(recipient=case.row.address),
        )
        return _refuse(case, refusal, context)


def _hold(case: _Case, judgement: Judgement, context: StageContext) -> Done:
    waits_for: Literal["person", "moderators"] = (
        "person" if judgement.action == "confirm" else "moderators"
    )
    held = hold.hold_post(
        context.conn,
        case.row,
        case.post,
        waits_for=waits_for,
        trace=case.item.trace,
        list_settings=case.settings,
        settings=context.settings,
        why=judgement.why,
        spam=judgement.spam,
        topics=case.tag.names,
        topic_choices=_topic_choices(case) if waits_for == "person" else (),
        quiet=judgement.quiet,
    )
    return Done(
        verdict="held",
        note=f"request {held.request_id} waits for its {waits_for}: {judgement.why}",
        emit=held.items,
    )


def _topic_choices(case: _Case) -> tuple[str, ...]:
    """Return the topics of which the author of a post has to choose."""
    if not case.tag.needed:
        return ()
    return tuple(f"{each.name}: {each.title}" for each in topics.of_list(case.settings))


def _to_editors(case: _Case, context: StageContext) -> Done:
    items = hold.send_to_editors(
        context.conn,
        case.row,
        case.post,
        trace=case.item.trace,
        settings=context.settings,
    )
    return Done(verdict="forwarded", note="sent to the moderators", emit=items)


def _tell(
    case: _Case, judgement: Judgement, context: StageContext
) -> tuple[NewItem, ...]:
    """Tell the listmasters of a scenario that could not be evaluated."""
    place = places.of_list(context.conn, case.row.id, settings=context.settings)
    if place is None:
        return ()
    return broken_scenario.tell(
        context.conn,
        judgement.error,
        scenario=case.settings.send,
        rule=judgement.rule,
        place=place,
        settings=context.settings,
        trace=case.item.trace,
    )


def _refuse(case: _Case, refusal: Refuse, context: StageContext) -> Done:
    return reports.refuse(
        context.conn,
        case.item,
        refusal,
        head=case.post.headers,
        list_address=case.row.address,
        settings=context.settings,
    )


STAGE = RoomStage(
    name="distribute",
    about="Judges a post, numbers it, and turns it into an archive item and packets.",
    handle=handle,
)
