"""Who may post: the port for the scenario engine, and the three rules until then.

Policy never changes mail.  It answers a question with Distribute or Refuse.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from listhub.lists.posting import ListRow, Post
from listhub.lists.list_settings import ListSettings
from listhub.mail.address import key

_IS_MEMBER = """
SELECT EXISTS (
    SELECT FROM subscription JOIN person ON person.id = subscription.person_id
     WHERE subscription.list_id = %(list_id)s AND person.address_key = %(author)s
    UNION ALL
    SELECT FROM role JOIN person ON person.id = role.person_id
     WHERE role.list_id = %(list_id)s AND person.address_key = %(author)s
)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribute:
    """Yes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuse:
    """No: the sender is told `reason` with an enhanced status (RFC 3463)."""

    reason: str
    enhanced: str = "5.7.1"


Decision = Distribute | Refuse


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """May this post go out on this list?"""

    list_row: ListRow
    post: Post


class PostPolicy(Protocol):
    """What decides about posts."""

    def judge(
        self, question: Question, conn: "psycopg.Connection[Any]"
    ) -> Decision: ...


class Everybody:
    """An open list."""

    def judge(
        self,
        question: Question,  # noqa: ARG002 - the port's signature
        conn: "psycopg.Connection[Any]",  # noqa: ARG002
    ) -> Decision:
        return Distribute()


class Members:
    """Members, owners and moderators may post."""

    def judge(self, question: Question, conn: "psycopg.Connection[Any]") -> Decision:
        author = key(question.post.author)
        row = conn.execute(
            _IS_MEMBER, {"list_id": question.list_row.id, "author": author}
        ).fetchone()
        if row and row[0]:
            return Distribute()
        return Refuse(
            reason=f"Only members may post to {question.list_row.address};"
            f" {question.post.author} is not one."
        )


class Nobody:
    """A list that takes no posts."""

    def judge(
        self,
        question: Question,
        conn: "psycopg.Connection[Any]",  # noqa: ARG002 - the port's signature
    ) -> Decision:
        return Refuse(reason=f"{question.list_row.address} takes no posts.")


def for_list(settings: ListSettings) -> PostPolicy:
    """Return the policy that a list's settings name."""
    rules: dict[str, PostPolicy] = {"public": Everybody(), "closed": Nobody()}
    return rules.get(settings.send, Members())
