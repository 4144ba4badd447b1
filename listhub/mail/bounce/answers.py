"""Answers that machines give and that report nothing: vacations, receipts, challenges.

They come back on the same way as reports do, often with a null reverse-path, and must
count for nothing.  `answers.toml` says by what each is told.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Self

from listhub.mail.bounce.anatomy import Anatomy
from listhub.mail.bounce.report import Kind

_DISPOSITION = (
    "message/disposition-notification",
    "message/global-disposition-notification",
)
_LONGEST = 1000  # characters of a field


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One row of the table: which field says what, of which kind that makes a mail."""

    kind: Kind
    field: str
    pattern: re.Pattern[str]
    weak: bool
    why: str

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """Compile a row; raise KeyError or re.error where it is wrong."""
        return cls(
            kind=entry["kind"],
            field=entry["field"],
            pattern=re.compile(entry["pattern"], re.IGNORECASE),
            weak=entry.get("weak", False),
            why=entry["why"],
        )

    def is_on(self, mail: Anatomy) -> bool:
        """Say whether the mail has the field, and in it what the row wants."""
        if mail.headers.get(self.field) is None:
            return False
        value = mail.headers.text(self.field)[:_LONGEST]
        return self.pattern.search(value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What kind of answer it is, and how that is known."""

    kind: Kind
    reason: str
    weak: bool = False  #: reports of failure have this mark, too


@cache
def marks() -> tuple[Mark, ...]:
    """Return the table that comes with ListHub."""
    source = files("listhub.mail.bounce").joinpath("answers.toml").read_text("utf-8")
    return tuple(map(Mark.read, tomllib.loads(source)["mark"]))


def find(mail: Anatomy) -> Answer | None:
    """Return the first answer that the mail shows itself to be, None if it does not."""
    if is_disposition(mail):
        return Answer(kind="mdn", reason="a disposition notification")
    for mark in marks():
        if mark.is_on(mail):
            return Answer(
                kind=mark.kind, reason=f"{mark.field}: {mark.why}", weak=mark.weak
            )
    return None


def is_disposition(mail: Anatomy) -> bool:
    """Say whether it tells what somebody did with a mail (RFC 8098 §3)."""
    report_type = mail.parameters.get("report-type", "").lower()
    if mail.kind == "multipart/report" and report_type == "disposition-notification":
        return True
    return mail.first(*_DISPOSITION) is not None
