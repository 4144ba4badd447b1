"""One mail about a request: from its list, or from its domain where it has none."""

from collections.abc import Sequence
from typing import Any, TypeVar

import psycopg

from listhub.config import Settings
from listhub.lists.moderation.request import Request
from listhub.lists.notices import place as places
from listhub.lists.notices.guards import Answered
from listhub.lists.notices.notice import Notice, Place
from listhub.lists.notices.send import send
from listhub.spool.items import NewItem

V = TypeVar("V")


def place_of(
    conn: "psycopg.Connection[Any]", request: Request, *, settings: Settings
) -> Place:
    """Return where mail about a request comes from."""
    found = None
    if request.list_id is not None:
        found = places.of_list(conn, request.list_id, settings=settings)
    return found or places.of_domain(
        conn, domain_id=request.domain_id, name=request.domain, settings=settings
    )


def mail(
    conn: "psycopg.Connection[Any]",
    request: Request,
    notice: Notice[V],
    values: V,
    *,
    to: str,
    settings: Settings,
    attached: Sequence[bytes] = (),
    answered: Answered | None = None,
) -> tuple[NewItem, ...]:
    """Write a notice to one person; return the items to put."""
    return send(
        conn,
        notice,
        values,
        to=[to],
        place=place_of(conn, request, settings=settings),
        settings=settings,
        trace=request.trace,
        attached=attached,
        answered=answered,
    )
