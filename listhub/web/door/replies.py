"""From what a page's function returned to what is sent."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from listhub.config import Settings
from listhub.config.reading import derived_key
from listhub.errors import ListHubError, UsageError
from listhub.i18n.text import N_, Text
from listhub.web.door import cookies, csrf, flash, languages
from listhub.web.door.answer import Answer, Cookie, Moved, Refused, View
from listhub.web.door.asked import Asked
from listhub.web.door.flash import Said
from listhub.web.door.visit import Visit
from listhub.web.render import Renderer

TITLES: Mapping[int, str] = {
    400: N_("Not understood"),
    401: N_("Please sign in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Not understood"),
    409: N_("Already done"),
    410: N_("Taken out"),
    413: N_("Too large"),
    429: N_("Too often"),
    500: N_("Something went wrong"),
    503: N_("Not now"),
}


def refusal_of(error: ListHubError) -> Refused:
    """Return the refusal for an error that a page's function did not handle."""
    # SaidError has its text in any language; others are English sentences.
    text = getattr(error, "text", None)
    said = text if isinstance(text, Text) else Text("%(said)s", said=error.public)
    if error.temporary:
        return Refused(503, said)
    return Refused(400 if isinstance(error, UsageError) else 403, said)


class Replies:
    """Makes responses: fills templates in, sets cookies, carries what is said once."""

    def __init__(self, settings: Settings) -> None:
        url = urlsplit(settings.web.url)
        self.https = url.scheme == "https"
        self.base = url.path.rstrip("/")
        #: What our cookies' names begin with on the wire.
        self.prefix = cookies.prefix(https=self.https, base=self.base)
        self._settings = settings
        self._renderer = Renderer(base=self.base)
        self._keys: dict[str, bytes] = {}

    def key(self, purpose: str) -> bytes:
        """Return the key of the site for a purpose; every process has the same."""
        if purpose not in self._keys:
            self._keys[purpose] = derived_key(self._settings, purpose)
        return self._keys[purpose]

    def respond(self, visit: Visit, answer: Answer) -> Response:
        """Return what is sent for what a page's function has returned."""
        if isinstance(answer, View):
            return self._view(visit, answer)
        if isinstance(answer, Moved):
            return self._moved(visit, answer)
        return answer

    def refuse(self, visit: Visit | None, asked: Asked, refused: Refused) -> Response:
        """Return the page that says why there is none; without a visit a bare one."""
        language = visit.language if visit else self.language(asked)
        values = {
            "title": TITLES.get(refused.status, TITLES[400]),
            "text": refused.text,
            "status": refused.status,
        }
        template = "refused.html.j2" if visit else "bare.html.j2"
        common = self._common(visit) if visit else {}
        content = self._renderer.render(
            template, {**common, **values}, language=language
        )
        response = HTMLResponse(content, status_code=refused.status)
        if refused.status in {429, 503}:
            response.headers["Retry-After"] = "60"
        if visit:
            self._set(response, self._visitor_cookie(visit))
        return response

    def _view(self, visit: Visit, view: View) -> Response:
        content = self._renderer.render(
            view.template,
            {**self._common(visit), **view.values},
            language=visit.language,
        )
        response = HTMLResponse(content, view.status, dict(view.headers))
        response.headers["Vary"] = "Cookie, Accept-Language, HX-Request"
        self._set(response, (*view.cookies, *self._visitor_cookie(visit)))
        if flash.COOKIE in visit.asked.cookies:
            self._set(response, [Cookie(name=flash.COOKIE, value="", life=0)])
        return response

    def _moved(self, visit: Visit, moved: Moved) -> Response:
        response = RedirectResponse(f"{self.base}{moved.to}", status_code=303)
        self._set(response, moved.cookies)
        if moved.said is not None:
            text = moved.said.into(moved.language or visit.language)
            said = Said(text=text, tone=moved.tone)
            self._set(response, [flash.pack(said, key=self.key(flash.PURPOSE))])
        return response

    def _common(self, visit: Visit) -> dict[str, Any]:
        """Return what every page shows or needs."""
        kept = visit.asked.cookies.get(flash.COOKIE, "")
        return {
            "visit": visit,
            "who": visit.who,
            "row": visit.row,
            "csrf": visit.csrf,
            "flash": flash.unpack(kept, key=self.key(flash.PURPOSE)) if kept else None,
            "settings": self._settings,
        }

    def language(self, asked: Asked, *, person: str | None = None) -> str:
        """Return the language to answer in; `person` is the one that they chose."""
        return languages.choose(
            person=person,
            cookie=asked.cookies.get(languages.COOKIE, ""),
            accepted=asked.headers.get("accept-language", ""),
            site=self._settings.site.language,
        )

    def _visitor_cookie(self, visit: Visit) -> tuple[Cookie, ...]:
        """Return the cookie that a visitor's forms are bound to, if they have none."""
        if visit.session or csrf.COOKIE in visit.asked.cookies:
            return ()
        return (Cookie(name=csrf.COOKIE, value=visit.visitor_id),)

    def _set(self, response: Response, given: Iterable[Cookie]) -> None:
        for each in given:
            response.set_cookie(
                f"{self.prefix}{each.name}",
                each.value,
                max_age=each.life,
                path=f"{self.base}/",
                secure=self.https,
                httponly=True,
                # Lax: a link in a mail must find its reader signed in.
                samesite="lax",
            )
