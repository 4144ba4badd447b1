"""HTML of a message as a page of its own, to be shown in a sandboxed frame.

The frame is a stranger to the site: it is sent no cookies, so what it shows has to be
in it.  Images of the message itself are therefore put in as data, as far as there is
room; images elsewhere only if the reader asked.
"""

import base64
import re
from html import escape

from listhub.archive import render

#: Octets of images in one page; what is beyond is among the files all the same.
MOST = 5_000_000

#: Where `render` is told that a message's images are, by their numbers.
_PLACE = "part/"
# Text has no "<" of its own, and attributes no quote: only images have this.
_IMAGE = re.compile(rf'(<img\b[^<>]*? src=")({_PLACE}(\d{{1,6}}))"')
_HTML = '<div class="html">'

_STYLE = (
    "body{margin:.75rem;background:#fff;color:#1b1e22;overflow-wrap:anywhere;"
    "font:1rem/1.5 system-ui,sans-serif}"
    "img{max-width:100%;height:auto}table{max-width:100%}pre,.plain{white-space:pre-wrap}"
    "blockquote{margin:.5rem 0 .5rem .25rem;padding-left:.75rem;"
    "border-left:.2rem solid #8a919b}summary{cursor:pointer}"
)


def place(number: int) -> str:
    """Return where a file of the message is, for `render.View.file_url`."""
    return f"{_PLACE}{number}"


def has_html(body: str) -> bool:
    """Tell whether a rendered body has HTML of a stranger in it, made safe or not."""
    return _HTML in body


def page(raw: bytes, body: str, *, language: str, remote: bool) -> str:
    """Return the page; `body` is what `render` made of `raw` with `place`."""
    if remote:
        body = render.with_remote_images(body)
    # Without a target a link would open its page within the frame.
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex"><title>-</title>'
        f'<base target="_blank"><style>{_STYLE}</style></head>'
        f"<body>{_embedded(raw, body)}</body></html>"
    )


def _embedded(raw: bytes, body: str) -> str:
    known: dict[str, str] = {}
    room = MOST

    def put(match: re.Match[str]) -> str:
        nonlocal room
        number = match[3]
        if number not in known:
            known[number] = _data(raw, int(number))
        room -= len(known[number])
        data = known[number] if room >= 0 else ""
        return f'{match[1]}{data}"'

    return _IMAGE.sub(put, body)


def _data(raw: bytes, number: int) -> str:
    found = render.file(raw, number)
    if found is None or not found[0].media_type.startswith("image/"):
        return ""
    kind, content = found[0].media_type, found[1]
    if len(content) > MOST:
        return ""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
