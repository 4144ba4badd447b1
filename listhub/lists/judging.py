"""Judge: what is to become of a post, by the list's scenario and a few rules around it.

It changes nothing.  The rules, in their order: what a scanner or the scenario refuses is
refused; a topic that the list demands is asked for; what the spam filter marked, what
is one post too many of its author, waits for a moderator, except for senders that a
moderator has said are always let through.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.i18n.text import Text
from listhub.lists.authorise import authorise
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.moderation.senders import is_allowed
from listhub.lists.posting import ListRow, Memory, Post
from listhub.lists.topics import Tag
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.outside.answers import Ask
from listhub.policy.decision import Decision
from listhub.policy.reasons import ANY, sentence
from listhub.policy.request import Auth

#: What becomes of a post.
Action = Literal[
    "publish", "confirm", "moderate", "editors", "refuse", "drop", "duplicate"
]

_ACTIONS: dict[str, Action] = {
    "do_it": "publish",
    "request_auth": "confirm",
    "editorkey": "moderate",
    "editor": "editors",
    # A post that only the owner may pass is for those who moderate, as in Sympa.
    "owner": "moderate",
    "listmaster": "moderate",
}
#: Fields that filters of spam write; without any, no scenario needs to be asked.
_ANY = Text(ANY)
_SPAM_MARKS = (b"spam", b"bogosity", b"chkmail", b"virus")


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What becomes of a post, and why; `error` is for the listmasters."""

    action: Action
    #: Nobody but those who decide is told.
    quiet: bool = False
    #: For people: the rule, or what else it was.
    why: str = ""
    #: What the author of a refused post is told.
    public: Text = _ANY
    spam: str | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """All that judging looks at."""

    row: ListRow
    settings: ListSettings
    post: Post
    draft: Draft
    tag: Tag
    sender: str
    auth: Auth
    #: The files of the list, as far as they were read.
    files: DbFiles


def judge(
    conn: "psycopg.Connection[Any]", ask: Ask, evidence: Evidence, site: Settings
) -> Judgement:
    """Return what the list's scenario and rules say of a post."""
    decision = _scenario(conn, ask, evidence, site, operation="send")
    judgement = _read(decision)
    if judgement.action == "publish" and evidence.tag.needed:
        judgement = _topic_needed(judgement, evidence.settings)
    spam = _spam(conn, ask, evidence, site)
    judgement = replace(judgement, spam=spam)
    if spam == "spam":
        judgement = _marked(judgement, evidence.settings)
    known = judgement.action in {"moderate", "editors"} and spam != "spam"
    if known and is_allowed(conn, evidence.row.id, evidence.sender):
        return replace(judgement, action="publish", why="a sender always let through")
    return judgement


def too_many(memory: Memory, settings: ListSettings) -> str | None:
    """Return why a post is one too many of its author today, or None."""
    if 0 < settings.repeats_per_day < memory.repeats:
        return f"the same text came {memory.repeats} times today from this author"
    if 0 < settings.posts_per_day < memory.posts:
        return f"{memory.posts} posts of this author today"
    return None


def _scenario(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    evidence: Evidence,
    site: Settings,
    *,
    operation: str,
) -> Decision:
    return authorise(
        conn,
        ask,
        operation=operation,
        list_row=evidence.row,
        domain_id=evidence.row.domain_id,
        sender=evidence.sender,
        auth=evidence.auth,
        settings=site,
        list_settings=evidence.settings,
        message=evidence.draft,
        context=evidence.tag.context,
        files=evidence.files,
    )


def _read(decision: Decision) -> Judgement:
    rule = f"{decision.rule}: {decision.rule.text}" if decision.rule else ""
    return Judgement(
        action=_ACTIONS.get(decision.action, "refuse"),
        quiet=decision.quiet,
        why=rule or decision.reason,
        public=Text(sentence(reason=decision.reason, template=decision.template)),
        error=decision.error,
    )


def _topic_needed(judgement: Judgement, settings: ListSettings) -> Judgement:
    by_sender = settings.topics_tagging == "required_sender"
    return replace(
        judgement,
        action="confirm" if by_sender else "moderate",
        why="the list wants a topic, and the post has none",
    )


def _spam(
    conn: "psycopg.Connection[Any]", ask: Ask, evidence: Evidence, site: Settings
) -> str | None:
    """Return what the domain's scenario makes of the filters' marks: spam, ham, unsure."""
    if not _has_marks(evidence.draft.headers):
        return None
    return _scenario(conn, ask, evidence, site, operation="spam_status").action


def _has_marks(headers: Headers) -> bool:
    return any(
        field.name.startswith(b"x-") and any(mark in field.name for mark in _SPAM_MARKS)
        for field in headers.fields
    )


def _marked(judgement: Judgement, settings: ListSettings) -> Judgement:
    """Treat spam: nobody but moderators is told, forged authors least of all."""
    if settings.spam == "ignore":
        return judgement
    if judgement.action == "refuse" or settings.spam == "reject":
        return replace(judgement, action="drop", why="marked as spam", quiet=True)
    return replace(judgement, action="moderate", why="marked as spam", quiet=True)
