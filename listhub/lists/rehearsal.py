"""Rehearse: what a member would get of a post, without sending it to anybody.

The same steps as in distribution, on the same tables; nothing is written.
"""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.config.fields import shown
from listhub.config.reading import derived_key
from listhub.delivery.keyring import Keyring
from listhub.delivery.preparing import Preparer
from listhub.errors import UsageError
from listhub.lists import composing, protecting, readers, texts, topics
from listhub.lists.composing import Plan
from listhub.lists.posting import ListRow, Post
from listhub.lists.settings import load_list_settings
from listhub.mail import message_id, one_click, screening, transforms
from listhub.mail.address import key
from listhub.mail.draft import Draft
from listhub.mail.owner_text import OwnerTextError
from listhub.mail.personal import SAMPLE, Reader
from listhub.mail.transforms import Change, Step, TransformContext
from listhub.outside.answers import Ask

_MEMBER = """
SELECT subscription.id, subscription.reception
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.list_id = %s AND person.address_key = %s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """A copy as its reader would get it, and what made it so, step by step."""

    message: bytes
    reception: str
    trail: list[Change] = field(default_factory=list)


def reception_of(
    conn: "psycopg.Connection[Any]", row: ListRow, address: str
) -> tuple[int, str]:
    """Return a member's subscription and reception; UsageError if it is no member."""
    found = conn.execute(_MEMBER, [row.id, key(address)]).fetchone()
    if found is None:
        raise UsageError(
            f"{shown(address)[1:-1]} is not a member of {row.address}; leave --to out"
            " to see what a member would get."
        )
    return found[0], found[1]


def rehearse(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    row: ListRow,
    raw: bytes,
    *,
    reception: str,
    site: Settings,
    subscription: int = 0,
) -> Rehearsal:
    """Return the next post of a list as members of a reception would get it.

    With a subscription it is that member's own copy.  UsageError if the list's texts
    are no templates, TemporaryError if its keys cannot be read here.
    """
    settings = load_list_settings(conn, row.id)
    draft = Draft.parse(raw)
    author = screening.author(draft.headers) or ""
    post = Post(
        headers=draft.headers,
        body_id=0,
        body_offset=draft.headers.body_offset,
        size=len(raw),
        message_id=message_id.message_id(draft.headers) or f"rehearsal@{row.domain}",
        author=author,
        reverse_path=author,
    )
    tag = topics.find(conn, settings, post, list_id=row.id, body=draft.body)
    plan = Plan(
        row=row,
        settings=settings,
        site=site,
        message_id=post.message_id,
        author=author,
        sequence=row.sequence + 1,
        topics=tag.names,
        munge=protecting.decide(
            ask, row, settings, headers=draft.headers, author=author
        ),
        texts=texts.load(conn, row),
    )
    trail: list[Change] = []
    archived = composing.for_archive(draft, plan, trail)
    common = composing.for_all(archived, plan, trail)
    copy = composing.for_reception(common, plan, reception, trail)
    reader = readers.find(conn, [subscription]).get(subscription, SAMPLE)
    finish = _finishing(plan, reception, reader, subscription)
    transforms.run([finish], copy, plan.context, trail)
    return Rehearsal(message=copy.to_bytes(), reception=reception, trail=trail)


def _finishing(plan: Plan, reception: str, reader: Reader, subscription: int) -> Step:
    """Return what is done to a copy while it is sent, as one more step."""
    keys = Keyring(plan.site.dkim.directory)
    preparer = Preparer(
        keys, one_click_key=lambda: derived_key(plan.site, one_click.PURPOSE)
    )

    def apply(draft: Draft, _: TransformContext) -> None:
        try:
            raw = preparer.copy(
                draft,
                composing.treatment(plan, reception),
                list_id=plan.row.id,
                reader=reader,
                subscription=subscription,
            )
        except OwnerTextError as error:
            raise UsageError(
                f"This post, or a text of the list, is no template: {error}."
            ) from error
        done = Draft.parse(raw)
        draft.headers, draft.body = done.headers, done.body

    about = "Fills in what differs by recipient, and signs, as the sending does."
    return Step(name="finish", about=about, apply=apply)
