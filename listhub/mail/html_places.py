"""Where in a page a text can be put so that it is seen: after <body>, before </body>."""

import re

# Comments (Outlook keeps whole alternative <body> tags in them), scripts and the like
# are stepped over.  Each alternative eats what it has seen: linear on any input.
_TOKENS = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>script|style|title|textarea|xmp)\b.*?(?:</(?P=raw)|\Z)"
    r"|<(?P<end>/?)(?P<tag>body|html|head)(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_REST_OF_TAG = re.compile(r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>")
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)


def places(page: str) -> tuple[int, int]:
    """Return the offsets at which to put something above and below the content."""
    starts: dict[str, int] = {}  # the first of each tag
    ends: dict[str, int] = {}  # the last of each
    for token in _TOKENS.finditer(page):
        if token["tag"]:
            tag = token["end"] + token["tag"].lower()
            starts.setdefault(tag, token.end())
            ends[tag] = token.start()
    opening = next((tag for tag in ("body", "/head", "html") if tag in starts), None)
    closing = next((tag for tag in ("/body", "/html") if tag in ends), None)
    if opening:
        top = _after(page, starts[opening])
    else:
        doctype = _DOCTYPE.match(page)
        top = doctype.end() if doctype else 0
    bottom = ends[closing] if closing else len(page)
    return top, (bottom if bottom >= top else len(page))


def _after(page: str, position: int) -> int:
    """Return where the tag ends whose name ends here; a broken one at its next `>`."""
    match = _REST_OF_TAG.match(page, position)
    if match:
        return match.end()
    return page.find(">", position) + 1 or len(page)
