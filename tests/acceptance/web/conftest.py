"""Fixtures of the pages' acceptance tests: a browser, and a site to open in it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import browser as browsers
from tests.browser import Look, Window
from tests.servers import Run
from tests.system.site import SitePlan
from tests.system.web_site import WebSite

Open = Callable[..., Window]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a Chromium; skipped with the reason where there is none."""
    if reason := browsers.missing():
        pytest.skip(reason)
    expect.set_options(timeout=browsers.PATIENCE)
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def web_site(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """Return a site with workers and two web processes, for the tests of a module."""
    plan = SitePlan(
        directory=tmp_path_factory.mktemp("web"),
        lists=(),
        hosts=("alpha",),
        settings={"worker.poll": "0.1"},
    )
    with WebSite(plan) as site:
        yield site


@pytest.fixture
def window(browser: Browser, web_site: WebSite) -> Iterator[Open]:
    """Return what opens windows, signed in if an address is given; all are closed."""
    opened: list[Window] = []

    def open_one(
        address: str = "", *, web: int = 0, look: Look | None = None
    ) -> Window:
        one = Window(browser, web_site.webs[web], look=look)
        opened.append(one)
        if address:
            one.sign_in(web_site.url, address)
        return one

    yield open_one
    for one in opened:
        one.__exit__(None, None, None)
