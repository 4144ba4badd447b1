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
from listhub.i18n.text import N_, Text
from listhub.lists import spam
from listhub.lists.authorise import authorise
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.moderation.senders import is_allowed
from listhub.lists.posting import ListRow, Memory, Post
from listhub.lists.topics import Tag
from listhub.mail.draft import Draft
from listhub.outside.answers import Ask
from listhub.policy.decision import Decision, Place
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
_ANY = Text(ANY)

#: Why a post waits, where no rule of the scenario says so.
NO_TOPIC = N_("the list wants a topic, and the post has none")
TOO_OFTEN = N_("the same text came too often today from this author")
TOO_MANY = N_("too many posts of this author today")
ALWAYS = "a sender always let through"


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
    #: The rule that decided, or failed.
    rule: Place | None = None


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
    judgement = _read(_send(conn, ask, evidence, site))
    if judgement.action == "publish" and evidence.tag.needed:
        judgement = _topic_needed(judgement, evidence.settings)
    found = spam_status(conn, ask, evidence, site)
    judgement = replace(judgement, spam=found)
    if found == "spam":
        judgement = _marked(judgement, evidence.settings)
    known = judgement.action in {"moderate", "editors"} and found != "spam"
    if known and is_allowed(conn, evidence.row.id, evidence.sender):
        return replace(judgement, action="publish", why=ALWAYS)
    return judgement


def spam_status(
    conn: "psycopg.Connection[Any]", ask: Ask, evidence: Evidence, site: Settings
) -> str | None:
    """Return what the domain's scenario makes of the filters' marks, None without any."""
    return spam.status(
        conn,
        ask,
        evidence.draft,
        row=evidence.row,
        domain_id=evidence.row.domain_id,
        sender=evidence.sender,
        auth=evidence.auth,
        list_settings=evidence.settings,
        settings=site,
        context=evidence.tag.context,
        files=evidence.files,
    )


def too_many(memory: Memory, settings: ListSettings) -> str | None:
    """Return why a post is one too many of its author today, or None."""
    if 0 < settings.repeats_per_day < memory.repeats:
        return TOO_OFTEN
    if 0 < settings.posts_per_day < memory.posts:
        return TOO_MANY
    return None


def _send(
    conn: "psycopg.Connection[Any]", ask: Ask, evidence: Evidence, site: Settings
) -> Decision:
    return authorise(
        conn,
        ask,
        operation="send",
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
        rule=decision.rule,
    )


def _topic_needed(judgement: Judgement, settings: ListSettings) -> Judgement:
    by_sender = settings.topics_tagging == "required_sender"
    return replace(
        judgement,
        action="confirm" if by_sender else "moderate",
        why=NO_TOPIC,
    )


def _marked(judgement: Judgement, settings: ListSettings) -> Judgement:
    """Treat spam: nobody but moderators is told, forged authors least of all."""
    if settings.spam == "ignore":
        return judgement
    if judgement.action == "refuse" or settings.spam == "reject":
        return replace(judgement, action="drop", why=spam.MARKED, quiet=True)
    return replace(judgement, action="moderate", why=spam.MARKED, quiet=True)
