"""Hide addresses from those who only came by: what is left is no use to a harvester.

ann@a.example  ─▶  ann@…
"""

import re
from urllib.parse import unquote

_DOMAIN = r"(?:[^\W_][\w-]{0,62}\.){1,20}[^\W_][\w-]{0,62}|\[[^\[\]\s]{1,60}\]"
#: Where an address goes on after its local part; the at sign may be a wide one.
_AT = re.compile(rf"(?<=[^\s<>(),;:])(?P<at>[@＠﹫])(?:{_DOMAIN})")  # noqa: RUF001
_MOST_ENCODED = 4


def hide(text: str) -> str:
    """Return text, or HTML, in which no address is whole; markup stays as it is."""
    return _AT.sub(r"\g<at>…", text)


def names_somebody(url: str) -> bool:
    """Say whether an address is in a URL, percent-encoded as often as may be."""
    for _ in range(_MOST_ENCODED):
        if _AT.search(url):
            return True
        plainer = unquote(url)
        if plainer == url:
            return False
        url = plainer
    return True  # whoever encodes it more often has something to hide


def hidden_url(url: str) -> str:
    """Return a URL as it is shown to those who may not see addresses."""
    for _ in range(_MOST_ENCODED):
        url = unquote(url)
    return hide(url)
