"""One-click unsubscription: the address in List-Unsubscribe of each copy (RFC 8058).

POST acts at once, without cookies, log-in or redirect.  GET and HEAD, which link
scanners send, never act: they show a page with a button that sends the POST.
"""

from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import parse_qs

import psycopg
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from listhub import db, log
from listhub.config import Settings
from listhub.config.reading import derived_key
from listhub.errors import TemporaryError
from listhub.lists.one_click import leave
from listhub.mail import one_click
from listhub.mail.one_click import Membership

_log = log.get(__name__)

#: The page may send its own form, and nothing else.
_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)

#: Octets of a POST: the one pair of RFC 8058 takes a few dozen.
_MOST = 4096

_BUTTON = (
    '<form method="post"><input type="hidden" name="List-Unsubscribe"'
    ' value="One-Click"><button>Unsubscribe</button></form>'
)


def routes(settings: Settings) -> list[Route]:
    """Return the route below the web pages' address."""
    keys: list[bytes] = []

    def named(request: Request) -> Membership | None:
        if not keys:
            keys.append(derived_key(settings, one_click.PURPOSE))
        return one_click.decode(keys, request.path_params["token"])

    async def answer(request: Request) -> Response:
        membership = named(request)
        if membership is None:
            return _page(404, "This link is not valid", "Nothing was changed.")
        if request.method != "POST":
            return _page(200, "Leave this list?", "One click is enough.", _BUTTON)
        if not await _asked(request):
            return _page(
                400, "This was not understood", "Nothing was changed.", _BUTTON
            )
        return await run_in_threadpool(_leave, settings, membership)

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


def _leave(settings: Settings, membership: Membership) -> Response:
    try:
        with db.connect(settings.database) as conn:
            address = leave(conn, membership, settings=settings)
    except (TemporaryError, psycopg.Error) as error:
        _log.warning("one-click not done", reason=str(error))
        page = _page(503, "Not now", "Nothing was changed. Try again later.", _BUTTON)
        page.headers["Retry-After"] = "60"
        return page
    return _page(200, "You have left", f"{address or 'The list'} has you no more.")


def _page(code: int, title: str, text: str, button: str = "") -> Response:
    page = _template().substitute(title=escape(title), text=escape(text), button=button)
    headers = {"Content-Security-Policy": _POLICY, "X-Robots-Tag": "noindex"}
    return HTMLResponse(page, status_code=code, headers=headers)


@cache
def _template() -> Template:
    name = "one_click.html"
    text = files("listhub.web").joinpath("templates", name).read_text("utf-8")
    return Template(text)
