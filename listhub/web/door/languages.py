"""In which language a page is: the person's, the browser's, the site's."""

import re
from urllib.parse import urlsplit

from starlette.requests import Request

from listhub.config import Settings
from listhub.i18n.languages import LANGUAGES, best_language
from listhub.web.door import cookies

#: A choice on a page, by who is not signed in.
COOKIE = "listhub-language"

_WISH = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([0-9.]+))?\s*"
)
_MOST_WISHES = 20


def choose(*, person: str | None, cookie: str, accepted: str, site: str) -> str:
    """Return the language; `accepted` is Accept-Language (RFC 9110 §12.5.4)."""
    if person in LANGUAGES:
        return str(person)
    if cookie in LANGUAGES:
        return cookie
    return best_language(*(w for w in wishes(accepted) if _have(w)), site)


def of_request(request: Request, settings: Settings) -> str:
    """Return the language of a page that needs no session."""
    url = urlsplit(settings.web.url)
    begin = cookies.prefix(https=url.scheme == "https", base=url.path.rstrip("/"))
    return choose(
        person=None,
        cookie=request.cookies.get(f"{begin}{COOKIE}", ""),
        accepted=request.headers.get("accept-language", ""),
        site=settings.site.language,
    )


def wishes(accepted: str) -> list[str]:
    """Return the languages of Accept-Language, the most wanted first."""
    found: list[tuple[float, int, str]] = []
    for part in accepted.split(",")[:_MOST_WISHES]:
        match = _WISH.fullmatch(part)
        if match is None:
            continue
        try:
            weight = float(match[2] or 1)
        except ValueError:
            continue
        if weight > 0:
            found.append((-weight, len(found), match[1]))
    return [language for _, _, language in sorted(found)]


def _have(wish: str) -> bool:
    return wish.partition("-")[0].lower() in LANGUAGES
