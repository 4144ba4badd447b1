"""What members of reception `urlize` fetch by the links in their copies.

Everything here came from strangers by mail: it is saved and never shown, whatever it
calls itself.  No type is given on that could run in a browser.
"""

import re
from urllib.parse import quote

import psycopg
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from listhub import db, log
from listhub.config import Database, Settings
from listhub.errors import TemporaryError
from listhub.i18n.text import N_, Text
from listhub.lists import attachments
from listhub.spool import bodies
from listhub.web.bare import Bare

_log = log.get(__name__)

#: Types that tell a browser's user what a file is, and cannot run there.
_HARMLESS = frozenset(
    {
        "application/gzip",
        "application/json",
        "application/msword",
        "application/pdf",
        "application/rtf",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/x-7z-compressed",
        "application/zip",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/webp",
        "text/calendar",
        "text/csv",
        "text/plain",
    }
)
_FAMILIES = (
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
    "audio/",
    "video/",
)
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_ANYTHING = "application/octet-stream"
# What every client takes for a part of a name.
_PLAIN = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ._-+"
)

#: Were it shown all the same, it could do nothing.
_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " sandbox"
)


_NOT_FOUND = N_("Not found")
_CUT_OFF = N_("There is no such file any more, or the link is cut off.")
_NOT_NOW = N_("Not now")
_LATER = N_("The file cannot be fetched at the moment; try again later.")


def routes(settings: Settings) -> list[Route]:
    """Return the route below the web pages' address.

    The name at its end is for people; the one that was stored is given on.
    """
    bare = Bare(settings)

    # A plain function: Starlette runs it in a thread, where it may wait.
    def answer(request: Request) -> Response:
        try:
            found = _found(
                settings.database,
                request.path_params["token"],
                with_content=request.method != "HEAD",
            )
        except (TemporaryError, psycopg.Error) as error:
            _log.warning("attachment not read", reason=str(error))
            return bare.page(
                request, status=503, title=Text(_NOT_NOW), text=Text(_LATER)
            )
        return found or bare.page(
            request, status=404, title=Text(_NOT_FOUND), text=Text(_CUT_OFF)
        )

    return [Route("/attachments/{token}/{name}", answer)]


def _found(database: Database, token: str, *, with_content: bool) -> Response | None:
    with db.connect(database) as conn:
        kept = attachments.find(conn, token)
        if kept is None:
            return None
        content = bodies.load(conn, kept.body_id) if with_content else b""
    told = headers(name=kept.name, stored_type=kept.media_type)
    return Response(content, headers={**told, "Content-Length": str(kept.size)})


def media_type(stored: str) -> str:
    """Return the type that is told: the stored one if it is known to be harmless."""
    harmless = stored in _HARMLESS or stored.startswith(_FAMILIES)
    return stored if harmless and _TYPE.fullmatch(stored) else _ANYTHING


def disposition(name: str) -> str:
    """Return Content-Disposition (RFC 6266): to be saved, with its name in full.

    `filename*` (RFC 8187) has any letters; `filename` is for old clients.
    """
    plain = "".join(letter if letter in _PLAIN else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def headers(*, name: str, stored_type: str) -> dict[str, str]:
    """Return the headers with which something of strangers is sent to be saved."""
    return {
        "Content-Type": media_type(stored_type),
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": _POLICY,
        "X-Robots-Tag": "noindex",
    }
