"""May this post make its list?  The scenario of the family, and what programs send."""

from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import Text
from listhub.lists import spam
from listhub.lists.authorise import authorise
from listhub.lists.families.register import Kept
from listhub.lists.files import DbFiles
from listhub.lists.forwarding import of_domain
from listhub.lists.posting import ListRow
from listhub.mail import screening
from listhub.mail.draft import Draft
from listhub.outside.answers import Ask
from listhub.policy.decision import Decision, Place
from listhub.policy.reasons import sentence

_OPERATION = "automatic_list_creation"


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstPost:
    """A post to a list that is not there yet."""

    name: str
    domain: str
    domain_id: int
    draft: Draft
    reverse_path: str

    @property
    def author(self) -> str:
        return screening.author(self.draft.headers) or self.reverse_path


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """No: the author is told the reason, unless it is quiet; listmasters of an error."""

    reason: Text
    #: Why nobody is told.
    quiet: str = ""
    error: str = ""
    scenario: str = ""
    rule: Place | None = None


def refused(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    post: FirstPost,
    kept: Kept,
    *,
    settings: Settings,
) -> Judged | None:
    """Return why a post does not make its list, or None: it does.  May raise `Unanswered`.

    What a program answers, and spam, make none, and are told nothing: neither is
    anybody's wish.
    """
    quiet = screening.automatic(post.draft.headers, reverse_path=post.reverse_path)
    if quiet or (quiet := _spam(conn, ask, post, settings)):
        return Judged(reason=Text(sentence()), quiet=quiet)
    decision = _decide(conn, ask, post, kept, settings)
    if decision.allowed:
        return None
    return Judged(
        reason=Text(sentence(reason=decision.reason, template=decision.template)),
        quiet=f"refused by {decision.rule}" if decision.quiet else "",
        error=decision.error,
        scenario=f"{_OPERATION}.{kept.family.creation}",
        rule=decision.rule,
    )


def _spam(
    conn: "psycopg.Connection[Any]", ask: Ask, post: FirstPost, settings: Settings
) -> str:
    found = spam.status(
        conn,
        ask,
        post.draft,
        row=None,
        domain_id=post.domain_id,
        sender=post.author,
        list_settings=of_domain(conn, post.domain_id),
        settings=settings,
    )
    return spam.MARKED if found == "spam" else ""


def _decide(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    post: FirstPost,
    kept: Kept,
    settings: Settings,
) -> Decision:
    """Ask the scenario as if the list were there already."""
    row = ListRow(
        id=0,
        name=post.name,
        domain=post.domain,
        sequence=0,
        status="open",
        domain_id=post.domain_id,
        family=kept.name,
    )
    return authorise(
        conn,
        ask,
        operation=_OPERATION,
        list_row=row,
        domain_id=post.domain_id,
        sender=post.author,
        auth="smtp",
        settings=settings,
        scenario=kept.family.creation,
        list_settings=of_domain(conn, post.domain_id),
        message=post.draft,
        files=DbFiles(conn, domain_id=post.domain_id, family=kept.name),
    )
