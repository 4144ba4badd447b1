"""Chromium, as a reader has it: real pages of real processes, looked at and used.

    with chromium() as browser:
        window = Window(browser, site.web, look=Look(width=360, language="fr"))
        window.open("/modindex")

A window notes what the browser complains of (a script or style that the policy
forbids, a script that fails); `Window.close` fails the test if there was anything.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from listhub import db
from listhub.config import Database, Settings
from listhub.lists import persons
from listhub.lists.accounts import sessions

#: Milliseconds to wait for what should be there at once, on two busy cores.
PATIENCE = 15_000

_ARGUMENTS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    # Nothing of it leaves this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1, EXCLUDE localhost",
    # A container's root has no other way.
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a reader's browser is set."""

    width: int = 1280
    height: int = 900
    language: str = "en"
    script: bool = True
    scheme: Literal["light", "dark"] = "light"
    #: 2.0 is the zoom of 200 %: half as many CSS pixels on the same screen.
    zoom: float = 1.0

    @property
    def name(self) -> str:
        """A word for it, for the names of files and of tests."""
        script = "" if self.script else "-noscript"
        return f"{self.width}-{self.language}-{self.scheme}{script}"


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

#: What each page is looked at in.
LOOKS = tuple(
    Look(width=width, language=language, scheme=scheme)
    for width in (1280, 360)
    for language in ("en", "fr")
    for scheme in SCHEMES
)


def missing() -> str:
    """Return why there can be no browser here, "" if there can."""
    return "" if _path() else "there is no chromium here (Debian: chromium)"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_path(), args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def _path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Window:
    """One window with cookies of its own."""

    def __init__(self, browser: Browser, url: str, *, look: Look | None = None) -> None:
        self.look = look or Look()
        self.url = url
        self.context = browser.new_context(
            base_url=url,
            locale={"en": "en-GB", "fr": "fr-FR"}[self.look.language],
            viewport={
                "width": int(self.look.width / self.look.zoom),
                "height": int(self.look.height / self.look.zoom),
            },
            device_scale_factor=self.look.zoom,
            has_touch=self.look.width < 600,
            java_script_enabled=self.look.script,
            color_scheme=self.look.scheme,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.context.close()
        if kind is None:
            assert self.complaints == []

    def sign_in(self, database_url: str, address: str) -> None:
        """Begin a session without the detour through a mail."""
        settings = Settings(database=Database(url=database_url))
        with db.transaction(settings.database) as conn:
            person_id = persons.find_or_make(conn, address)
            identifier = sessions.make(
                conn, person_id, method="link", settings=settings
            )
        self.context.add_cookies(
            [{"name": "listhub", "value": identifier, "url": self.url}]
        )

    def open(self, path: str) -> Page:
        """Go to a page of the site; it must be there."""
        response = self.page.goto(path)
        assert response is not None
        assert response.status < 400, f"{path}: {response.status}"
        return self.page

    def picture(self, path: Path) -> None:
        """Take a picture of the whole page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True)

    def faults(self) -> list[str]:
        """Return what axe-core finds serious or critical (WCAG 2.2 AA)."""
        found: list[dict[str, Any]] = (
            Axe().run(self.page).response.get("violations", [])
        )
        return [
            f"{each['id']}: {each['help']}: {node['html'][:200]}"
            for each in found
            if each["impact"] in {"serious", "critical"}
            for node in each["nodes"]
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        wider: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wider

    def _note(self, message: ConsoleMessage) -> None:
        # What a page answers with 4xx is the server's word, and tested as such.
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)
