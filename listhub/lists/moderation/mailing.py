"""One mail about a request: the place it comes from, its reader's language, its row."""

import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

import psycopg

from listhub.config import Settings
from listhub.delivery.outgoing import NewOutgoing, send_out, to_people
from listhub.i18n.languages import best_language
from listhub.lists.moderation.request import Request
from listhub.lists.notices.notice import Notice, Place
from listhub.lists.notices.render import Original, render
from listhub.lists.settings import load_list_settings
from listhub.mail.address import key, parse_addr_spec
from listhub.spool.items import NewItem

V = TypeVar("V")

_LANGUAGE = "SELECT language FROM person WHERE address_key = %s"


def place_of(
    conn: "psycopg.Connection[Any]", request: Request, *, settings: Settings
) -> Place:
    """Return where mail about a request comes from: its list, or its domain."""
    if request.list_id is None:
        return Place(
            domain=request.domain,
            domain_id=request.domain_id,
            language=settings.site.language,
            web=settings.web.url.rstrip("/"),
        )
    found = load_list_settings(conn, request.list_id)
    return Place(
        domain=request.domain,
        domain_id=request.domain_id,
        list_id=request.list_id,
        list=request.list_name,
        list_subject=found.subject,
        language=found.language,
        timezone=found.timezone,
        web=settings.web.url.rstrip("/"),
    )


def mail(
    conn: "psycopg.Connection[Any]",
    place: Place,
    notice: Notice[V],
    values: V,
    *,
    to: str,
    trace: uuid.UUID,
    settings: Settings,
    attached: Sequence[bytes] = (),
    original: Original | None = None,
) -> tuple[NewItem, ...]:
    """Write a notice to one person; return the items to put, none for no address."""
    if parse_addr_spec(to) is None:
        return ()
    wish = conn.execute(_LANGUAGE, [key(to)]).fetchone()
    rendered = render(
        notice,
        values,
        place=place,
        to=to,
        language=best_language(wish[0] if wish else None, place.language),
        attached=attached,
        original=original,
        trace=trace,
    )
    return send_out(
        conn,
        NewOutgoing(
            trace=trace,
            message_id=rendered.message_id,
            head=rendered.raw,
            bounce_address="",
            list_id=place.list_id,
            mode="dsn" if notice.status else "notice",
        ),
        plain=to_people([to]),
        rules=settings.packets,
    ).items
