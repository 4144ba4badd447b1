"""A call: a visit of a program, with what its token allows."""

from dataclasses import dataclass
from typing import Any, TypeVar

from listhub.i18n.text import N_, Text
from listhub.lists.accounts.grant import Grant
from listhub.lists.mine.visit import Visit as Asker
from listhub.lists.paging import Page
from listhub.lists.posting import ListRow
from listhub.web.api.problem import Problem
from listhub.web.api.shape import Answer, Done, Rows
from listhub.web.door.visit import Visit

CHANGED = N_("Nothing was saved: this was changed since you read it. Read it again.")

A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Visit):
    """One request of a program; what it takes and gives is in the function's signature."""

    grant: Grant
    #: The version that If-Match names, None for `*`, which is any.
    expected: int | None = None
    #: What If-Match says, as it is.
    if_match: str = ""

    @property
    def actor(self) -> str:
        """Who acts, and by which token, for the audit."""
        return self.grant.actor

    def must_match(self, mark: str) -> None:
        """Refuse a change of what is not as If-Match has it: Problem 412."""
        if self.if_match and self.if_match != mark:
            raise Problem(412, Text(CHANGED))

    def give(self, shape: type[A], value: object) -> A:
        """Return a value of ours as an answer, in the language of the call."""
        return shape.read(value, language=self.language)

    def rows(self, shape: type[A], page: Page[Any]) -> Rows[A]:
        """Return a page of ours as an answer."""
        return self.every(shape, page.rows, after=page.after, before=page.before)

    def every(
        self,
        shape: type[A],
        rows: object,
        *,
        after: str = "",
        before: str = "",
    ) -> Rows[A]:
        """Return rows as an answer, with the cursors of the pages around them."""
        return Rows[shape].read(  # type: ignore[valid-type]
            {"items": rows, "next": after or None, "prev": before or None},
            language=self.language,
        )

    def done(self, text: Text, *, changed: bool = True) -> Done:
        """Return what was done, in a sentence."""
        return self.give(Done, {"changed": changed, "said": text})

    def asker(self, row: ListRow) -> Asker:
        """Return whoever calls as somebody who wants something of a list."""
        return Asker(
            conn=self.conn,
            settings=self.settings,
            ask=self.ask,
            domain_id=row.domain_id,
            domain=row.domain,
            sender=self.by,
            auth=self.auth,
            how="api",
        )
