"""One place where a person may be found, and the statements that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: delete: the rows go.  rewrite: a pseudonym takes the person's place.  empty: the
#: content goes, the row stays.  keep: it stays, and the report says why.
Deed = Literal["delete", "rewrite", "empty", "keep"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Rows of a table: how a person is found in them, and what erasing does.

    `columns` are what is rewritten or goes with the row.  Texts are plain SQL, given
    the values of `subject.Subject.values`.
    """

    table: str
    deed: Deed
    about: str  #: what these rows are, for the report
    why: str  #: why this deed and no other
    columns: Sequence[str] = ()
    json: Sequence[str] = ()  #: those of `columns` that are JSON
    arrays: Sequence[str] = ()  #: those of `columns` that are arrays
    where: str = ""  #: of `rewrite` and `keep` in addition to the columns
    values: str = ""  #: for `empty`: what is set
    #: What an export shows, and whether it does: a copy of a mail is not told twice.
    shown: str = "*"
    exported: bool = True
    by_code: bool = False  #: erased by more than a statement

    @property
    def condition(self) -> str:
        """The condition of the rows that are meant."""
        if self.deed in {"delete", "empty"} or not self.columns:
            return self.where
        texts = [*map(self._as_text, self.columns)]
        named = " OR ".join(names(text) for text in texts)
        return f"({self.where}) AND ({named})" if self.where else f"({named})"

    def statement(self, *, with_name: bool) -> str:
        """Return what erases; `with_name`: the person's name is rewritten as well."""
        match self.deed:
            case "delete":
                return f"DELETE FROM {self.table} WHERE {self.condition}"  # noqa: S608
            case "keep":
                return f"SELECT FROM {self.table} WHERE {self.condition}"
            case "empty":
                values = self.values
            case _:
                rewritten = (self._rewritten(c, with_name) for c in self.columns)
                values = ", ".join(rewritten)
        return f"UPDATE {self.table} SET {values} WHERE {self.condition}"  # noqa: S608

    def export(self) -> str:
        """Return the query for an export: one JSON object for each row."""
        return (
            f"SELECT to_jsonb(found) FROM (SELECT {self.shown} FROM {self.table}"  # noqa: S608
            f" WHERE {self.condition}) AS found"
        )

    def _as_text(self, column: str) -> str:
        if column in self.arrays:
            return f"array_to_string({column}, ' ')"
        return f"{column}::text" if column in self.json else column

    def _rewritten(self, column: str, with_name: bool) -> str:  # noqa: FBT001
        if column in self.arrays:
            new = replaced("each", with_name=with_name)
            return (
                f"{column} = ARRAY(SELECT {new} FROM unnest({column})"  # noqa: S608
                " WITH ORDINALITY AS e (each, n) ORDER BY n)"
            )
        new = replaced(self._as_text(column), with_name=with_name)
        return f"{column} = {new}" + ("::jsonb" if column in self.json else "")


def names(text: str) -> str:
    """Return the condition that a text names the person; the cheap part first."""
    return f"(lower({text}) LIKE ANY (%(likes)s) AND {text} ~* %(pattern)s)"


def names_octets(octets: str) -> str:
    """Return the condition that bytes name the person, as far as they are plain."""
    return f"lower(encode({octets}, 'escape')) LIKE ANY (%(octet_likes)s)"


def replaced(text: str, *, with_name: bool) -> str:
    """Return a text with the pseudonym where the person was."""
    new = f"regexp_replace({text}, %(pattern)s, %(pseudonym)s, 'gi')"
    return f"regexp_replace({new}, %(name)s, %(pseudonym)s, 'gi')" if with_name else new
