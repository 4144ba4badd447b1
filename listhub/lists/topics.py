"""Topics of posts: what a list has, and which a post is given and by whom.

A tag that a person gave stands; else an answer inherits the topics of what it
answers; else keywords decide.  Members who chose topics get only posts on these, and
posts without a topic only if they chose `other`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import Post
from listhub.mail import mime
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.receptions.single import readable

Method = Literal["auto", "sender", "editor"]

#: What members choose who want posts without a topic.
OTHER = "other"

#: Characters of each text in which keywords are looked for.
_LOOKED_AT = 100_000
_MESSAGE_ID = re.compile(rb"<([^<>\s]+)>")

_FIND = """
SELECT topics, method FROM message_topic WHERE list_id = %s AND message_id = %s
"""
_INHERIT = """
SELECT topics FROM message_topic WHERE list_id = %s AND message_id = ANY(%s) LIMIT 1
"""
_TAG = """
INSERT INTO message_topic (list_id, message_id, topics, method)
VALUES (%s, %s, %s, %s)
    ON CONFLICT (list_id, message_id) DO UPDATE
       SET topics = EXCLUDED.topics, method = EXCLUDED.method, at = now()
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """One topic of a list: what posts are tagged with, its title, its keywords."""

    name: str
    title: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """The topics of a post and who gave them; none where the list has no topics."""

    names: tuple[str, ...] = ()
    method: Method | None = None
    #: The list wants a topic, and the post has none.
    needed: bool = False

    @property
    def context(self) -> dict[str, str]:
        """The variables that scenarios know."""
        names = ",".join(self.names)
        return {
            "topic": names,
            "topic_auto": names if self.method == "auto" else "",
            "topic_sender": names if self.method == "sender" else "",
            "topic_editor": names if self.method == "editor" else "",
            "topic_needed": "1" if self.needed else "",
        }


def of_list(settings: ListSettings) -> tuple[Topic, ...]:
    """Return the topics of a list, in its order."""
    return tuple(map(_topic, settings.topics))


def _topic(line: str) -> Topic:
    name, title, keywords = (part.strip() for part in f"{line}||".split("|")[:3])
    words = (word.strip().lower() for word in keywords.split(","))
    return Topic(name=name, title=title or name, keywords=tuple(filter(None, words)))


def audience(settings: ListSettings, tag: Tag) -> tuple[str, ...] | None:
    """Return what members' choices are compared with; None where a list has none."""
    return (tag.names or (OTHER,)) if settings.topics else None


def find(
    conn: "psycopg.Connection[Any]",
    settings: ListSettings,
    post: Post,
    *,
    list_id: int,
    body: bytes,
) -> Tag:
    """Return the tag of a post: as given, inherited, or found by keywords."""
    topics = of_list(settings)
    if not topics:
        return Tag()
    given = conn.execute(_FIND, [list_id, post.message_id]).fetchone()
    if given is not None:
        return Tag(names=tuple(given[0]), method=given[1])
    answered = [
        match.decode(errors="replace")
        for field in ("In-Reply-To", "References")
        for match in _MESSAGE_ID.findall(post.headers.get(field) or b"")[-20:]
    ]
    inherited = conn.execute(_INHERIT, [list_id, answered]).fetchone()
    names = (
        tuple(inherited[0])
        if inherited
        else _by_keywords(topics, _text(settings, post, body))
    )
    if names:
        return Tag(names=names, method="auto")
    return Tag(needed=settings.topics_tagging != "optional")


def tag(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int,
    message_id: str,
    names: Sequence[str],
    method: Method,
) -> None:
    """Write down the topics of a post; a later tag replaces an earlier one."""
    conn.execute(_TAG, [list_id, message_id, list(names), method])


def _by_keywords(topics: Sequence[Topic], text: str) -> tuple[str, ...]:
    return tuple(
        topic.name
        for topic in topics
        if any(
            re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
            for word in topic.keywords
        )
    )


def _text(settings: ListSettings, post: Post, body: bytes) -> str:
    """Return the text in which keywords count, in lower case."""
    where = settings.topics_apply_on
    pieces = [post.headers.text("Subject")] if where != "body" else []
    if where != "subject":
        pieces += (text[:_LOOKED_AT] for text in _read(post.headers, body))
    return "\n".join(pieces).lower()


def _read(headers: Headers, body: bytes) -> Iterator[str]:
    """Give what a reader reads of a post: its plain texts, or its pages without any."""
    tree = mime.parse(Draft(headers=headers.copy(), body=body))
    shown = [
        part for part in tree.walk() if not part.children and not part.is_attachment
    ]
    for kind in ("text/plain", "text/html"):
        if found := [part for part in shown if part.kind == kind]:
            yield from map(readable, found)
            return
