"""Publish: a post that may go out becomes its outputs, in the caller's transaction.

    number ─▶ archive ─▶ one outgoing message for each reception in use ─▶ digest

A body that no transform touched is stored once, by the MTA's bytes; one that was
changed is stored beside it, once for all its recipients.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.delivery import copies
from listhub.delivery.outgoing import NewOutgoing, Sent, send_out
from listhub.lists import attachments, composing, digests, recipients, texts, topics
from listhub.lists.composing import Plan
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow, Post, number
from listhub.lists.recipients import Audience, Chosen, Members
from listhub.lists.topics import Tag
from listhub.mail import message_id
from listhub.mail.authentication import Authentication
from listhub.mail.draft import Draft
from listhub.mail.munge import Munge
from listhub.spool import bodies
from listhub.spool.items import Done, NewItem


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """A post that may go out, and what was found out about it."""

    row: ListRow
    settings: ListSettings
    post: Post
    draft: Draft
    tag: Tag
    trace: uuid.UUID
    priority: int
    munge: Munge | None = None
    #: Where it comes from, if that was looked at, and how the author was believed.
    origin: Authentication | None = None
    #: The files of the list, as far as they were read.
    files: DbFiles | None = None
    validated: Literal["editor", "md5", "dkim", ""] = ""


def publish(
    conn: "psycopg.Connection[Any]", publication: Publication, site: Settings
) -> Done:
    """Give the post its number and make everything that leaves or stays of it.

    OwnerTextError for a template that is no good; the caller rolls back.
    """
    row, wanted = publication.row, publication.settings
    wishes = topics.audience(wanted, publication.tag)
    members = recipients.look(
        conn, list_id=row.id, author=publication.post.author, topics=wishes
    )
    chosen = {
        reception: _choose(conn, publication, reception, members, wishes)
        for reception in composing.RECEPTIONS
        if members.counts.get(reception)
    }
    packets = sum(each.packets(site.packets) for each in chosen.values())
    numbered = number(conn, row, packets=packets)
    plan = _plan(conn, publication, site, sequence=numbered.sequence)
    archived = composing.for_archive(publication.draft, plan)
    common = composing.for_all(archived, plan)
    if publication.tag.method == "auto":
        # What answers it inherits its topics.
        topics.tag(
            conn,
            list_id=row.id,
            message_id=publication.post.message_id,
            names=publication.tag.names,
            method="auto",
        )
    archive = _archive(conn, publication, archived, numbered.sequence)
    sent = [
        _send(
            conn, publication, plan, reception, choice, common=common, lag=numbered.lag
        )
        for reception, choice in chosen.items()
    ]
    if digests.wanted(wanted):
        digests.add(
            conn,
            row,
            publication.post,
            sequence=numbered.sequence,
            head=composing.for_digest(common).headers.to_bytes(),
            body=_stored(conn, publication, common),
            topics=publication.tag.names,
        )
    recipients_of_all = sum(each.recipients for each in sent)
    return Done(
        note=f"post {numbered.sequence} to {recipients_of_all} recipients",
        emit=(*archive, *(item for each in sent for item in each.items)),
    )


def _send(
    conn: "psycopg.Connection[Any]",
    publication: Publication,
    plan: Plan,
    reception: str,
    choice: Chosen,
    *,
    common: Draft,
    lag: timedelta,
) -> Sent:
    """Make the copies for one reception ready to leave.

    OwnerTextError if they cannot be filled in: better one report than a list of them.
    """
    row = plan.row
    copy = composing.for_reception(common, plan, reception)
    treatment = composing.treatment(plan, reception)
    copies.rehearse(copy, treatment)
    body_id, offset = _stored(conn, publication, copy)
    return send_out(
        conn,
        NewOutgoing(
            list_id=row.id,
            trace=publication.trace,
            message_id=_message_id(publication, copy),
            sequence=plan.sequence,
            head=copy.headers.to_bytes(),
            body_id=body_id,
            body_offset=offset,
            bounce_address=f"{row.name}-owner@{row.domain}",
            author=publication.post.author,
            mode=reception,
            priority=publication.priority,
            treatment=treatment,
        ),
        plain=choice.plain,
        verp=choice.verp,
        verp_count=choice.verp_count,
        rules=plan.site.packets,
        first_lag=lag,
    )


def _plan(
    conn: "psycopg.Connection[Any]",
    publication: Publication,
    site: Settings,
    *,
    sequence: int,
) -> Plan:
    return Plan(
        row=publication.row,
        settings=publication.settings,
        site=site,
        message_id=publication.post.message_id,
        author=publication.post.author,
        sequence=sequence,
        topics=publication.tag.names,
        munge=publication.munge,
        texts=texts.load(conn, publication.row, publication.files),
        validated=publication.validated,
        origin=publication.origin,
        keep=partial(
            attachments.store,
            conn,
            list_id=publication.row.id,
            message_id=publication.post.message_id,
            settings=site,
        ),
    )


def _choose(
    conn: "psycopg.Connection[Any]",
    publication: Publication,
    reception: str,
    members: Members,
    wishes: tuple[str, ...] | None,
) -> Chosen:
    return recipients.split_verp(
        conn,
        Audience(
            list_id=publication.row.id,
            receptions=(reception,),
            author=publication.post.author,
            topics=wishes,
        ),
        expected=members.counts[reception],
        rate=publication.settings.verp_rate,
        sequence=publication.row.sequence + 1,
        few=members.few,
    )


def _is_archived(publication: Publication) -> bool:
    """Tell whether the list archives, and the author does not ask it not to."""
    headers, wanted = publication.post.headers, publication.settings
    if not wanted.archive or wanted.ignore_x_no_archive:
        return wanted.archive
    asked = (headers.get("X-No-Archive") or b"").lower()
    restrict = (headers.get("Restrict") or b"").lower()
    return b"yes" not in asked and b"no-external-archive" not in restrict


def _archive(
    conn: "psycopg.Connection[Any]",
    publication: Publication,
    archived: Draft,
    sequence: int,
) -> tuple[NewItem, ...]:
    """Return the item that files the post, if it is to be filed."""
    wanted, post = publication.settings, publication.post
    if not _is_archived(publication):
        return ()
    body_id = post.body_id
    if wanted.anonymous_sender or wanted.custom_subject:
        # Else the bytes as they came do: only fields that nobody reads would go.
        body_id = _store(conn, archived.to_bytes())
    filed = NewItem(
        stage="archive",
        trace=publication.trace,
        list_id=publication.row.id,
        body_id=body_id,
        message_id=_message_id(publication, archived),
        reverse_path=post.reverse_path,
        recipient=publication.row.address,
        meta={"sequence": sequence},
    )
    return (filed,)


def _message_id(publication: Publication, draft: Draft) -> str:
    """Return the Message-ID that leaves: an anonymous list has given it another one."""
    return message_id.message_id(draft.headers) or publication.post.message_id


def _stored(
    conn: "psycopg.Connection[Any]", publication: Publication, draft: Draft
) -> tuple[int, int]:
    """Return where the body of a draft is: the number of a body, and the offset in it."""
    if draft.body is publication.draft.body:
        return publication.post.body_id, publication.post.body_offset
    return _store(conn, draft.body), 0


def _store(conn: "psycopg.Connection[Any]", content: bytes) -> int:
    digest = bodies.digest(content)
    return bodies.store(conn, [(digest, content)])[digest]
