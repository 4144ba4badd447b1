"""The style sheet, the scripts and the icon: a few files, kept in memory.

They are found by name alone, so no path leads anywhere else.
"""

import hashlib
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

TYPES = {
    "app.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "archive.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "item.js": "text/javascript; charset=utf-8",
    "moderation.js": "text/javascript; charset=utf-8",
    "queue.js": "text/javascript; charset=utf-8",
    "operations.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def routes() -> list[Route]:
    """Return the route of all of them."""
    return [Route("/static/{name}", _answer)]


def _answer(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in TYPES:
        return PlainTextResponse("There is no such file.", status_code=404)
    content, tag = _file(name)
    # Asked for again each time, and mostly answered with 304: a new release shows
    # at once, on every host.
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=TYPES[name], headers=headers)


@cache
def _file(name: str) -> tuple[bytes, str]:
    content = files("listhub.web").joinpath("static", name).read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:16]}"'
