"""What a token is for, as its maker writes it: a list, a domain, or all they may."""

from typing import Any

import psycopg

from listhub.config.fields import one_line
from listhub.i18n.text import N_
from listhub.lists import posting
from listhub.lists.accounts import standing, tokens
from listhub.lists.accounts.standing import Standing
from listhub.lists.said import SaidError

NO_PART = N_("You have no part in a list or domain called %(written)s.")

_SHOWN = 100


def read(
    conn: "psycopg.Connection[Any]", written: str, *, who: Standing
) -> tuple[int | None, int | None]:
    """Return the numbers of a domain and a list, one of them or neither.

    SaidError for a list that they have no part in, whether or not it is there, and for
    what is no domain of ours.
    """
    written = written.strip()
    if not written:
        return None, None
    if "@" in written:
        row = posting.find_named(conn, written)
        if row and (
            who.runs(row.domain_id)
            or who.owns(row.id)
            or who.moderates(row.id)
            or standing.is_member(conn, who, row.id)
        ):
            return None, row.id
    elif number := tokens.domain_called(conn, written):
        return number, None
    raise SaidError(NO_PART, written=one_line(written)[:_SHOWN])
