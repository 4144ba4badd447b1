"""One-click unsubscription: the address in List-Unsubscribe of each copy (RFC 8058).

POST acts at once, without cookies, log-in or redirect.  GET and HEAD, which link
scanners send, never act: they show a page with a button that sends the POST.
"""

from urllib.parse import parse_qs

import psycopg
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from listhub import db, log
from listhub.config import Settings
from listhub.config.reading import derived_key
from listhub.errors import TemporaryError
from listhub.i18n.text import N_, Text
from listhub.lists.one_click import leave
from listhub.lists.posting import find_list
from listhub.mail import one_click
from listhub.mail.one_click import Membership
from listhub.web.bare import Bare

_log = log.get(__name__)

#: Octets of a POST: the one pair of RFC 8058 takes a few dozen.
_MOST = 4096

_NOT_VALID = N_("This link is not valid")
_NOTHING = N_("Nothing was changed.")
_QUESTION = N_("Leave this list?")
_ONE_CLICK = N_("One click is enough.")
_ONE_CLICK_FROM = N_("You get no more mail of %(list)s then. One click is enough.")
_NOT_UNDERSTOOD = N_("This was not understood")
_LEFT = N_("You have left")
_GONE = N_("You are no longer a member of %(list)s.")
_GONE_LIST = N_("The list is not there any more.")
_NOT_NOW = N_("Not now")
_LATER = N_("Nothing was changed. Try again later.")


def routes(settings: Settings) -> list[Route]:
    """Return the route below the web pages' address."""
    keys: list[bytes] = []
    bare = Bare(settings)

    def named(request: Request) -> Membership | None:
        if not keys:
            keys.append(derived_key(settings, one_click.PURPOSE))
        return one_click.decode(keys, request.path_params["token"])

    def said(
        request: Request, status: int, title: str, text: Text, *, button: bool = False
    ) -> Response:
        return bare.page(
            request,
            status=status,
            title=Text(title),
            text=text,
            tone="well" if title is _LEFT else "bad" if status >= 400 else "note",
            template="one_click.html.j2",
            button=button,
        )

    async def answer(request: Request) -> Response:
        membership = named(request)
        if membership is None:
            return said(request, 404, _NOT_VALID, Text(_NOTHING))
        if request.method != "POST":
            text = await run_in_threadpool(_question, settings, membership)
            return said(request, 200, _QUESTION, text, button=True)
        if not await _asked(request):
            return said(request, 400, _NOT_UNDERSTOOD, Text(_NOTHING), button=True)
        left = await run_in_threadpool(_leave, settings, membership)
        if left is None:
            return said(request, 503, _NOT_NOW, Text(_LATER), button=True)
        return said(request, 200, _LEFT, left)

    return [Route("/one-click/{token}", answer, methods=["GET", "POST"])]


async def _asked(request: Request) -> bool:
    """Tell whether the body says List-Unsubscribe=One-Click, in one of both forms."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST:
                return False
    except ClientDisconnect:
        return False
    text = body.decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        # RFC 8058 §3.2 prefers this form; there is one field in it, and nothing to cut.
        return 'name="List-Unsubscribe"' in text and "One-Click" in text
    return parse_qs(text).get("List-Unsubscribe") == ["One-Click"]


def _question(settings: Settings, membership: Membership) -> Text:
    """Return what is asked, with the list's name where it can be had."""
    try:
        with db.connect(settings.database) as conn:
            row = find_list(conn, membership.list_id)
    except (TemporaryError, psycopg.Error):
        row = None
    return Text(_ONE_CLICK_FROM, list=row.address) if row else Text(_ONE_CLICK)


def _leave(settings: Settings, membership: Membership) -> Text | None:
    """End the membership and return what is so now; None if that cannot be done now."""
    try:
        with db.connect(settings.database) as conn:
            address = leave(conn, membership, settings=settings)
    except (TemporaryError, psycopg.Error) as error:
        _log.warning("one-click not done", reason=str(error))
        return None
    return Text(_GONE, list=address) if address else Text(_GONE_LIST)
