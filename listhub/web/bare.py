"""Pages for who comes without a session, by a link in a mail: one sentence, one button.

They look like all others and speak the reader's language; they have no menu and set no
cookie.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse

from listhub.config import Settings
from listhub.i18n.text import Text
from listhub.web.door import languages
from listhub.web.door.answer import Tone
from listhub.web.render import Renderer


class Bare:
    """Makes such pages; one for each process, used by many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._renderer = Renderer(base=urlsplit(settings.web.url).path.rstrip("/"))

    def page(
        self,
        request: Request,
        *,
        status: int,
        title: Text,
        text: Text,
        tone: Tone = "bad",
        template: str = "bare.html.j2",
        **values: object,
    ) -> HTMLResponse:
        """Return a page that says one thing."""
        language = languages.of_request(request, self._settings)
        common = {"title": title, "text": text, "tone": tone}
        content = self._renderer.render(
            template, {**common, **values}, language=language
        )
        headers = {"X-Robots-Tag": "noindex", "Vary": "Cookie, Accept-Language"}
        if status == 503:
            headers["Retry-After"] = "60"
        return HTMLResponse(content, status_code=status, headers=headers)
