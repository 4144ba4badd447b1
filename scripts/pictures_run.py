"""The pictures of docs/pictures: a few pages of a small site, at both widths."""

import re
import tempfile
from pathlib import Path

from tests import browser, lively
from tests.browser import Look, Window
from tests.lively import LIST, PEOPLE
from tests.system.site import SitePlan
from tests.system.web_site import WebSite

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"

#: The picture's name, who looks, at what; `None` is the first held post.
SHOWN = (
    ("queue", PEOPLE.moderator, "/modindex"),
    ("held", PEOPLE.moderator, None),
    ("members", PEOPLE.owner, f"/members/{LIST}"),
    ("settings", PEOPLE.owner, f"/settings/{LIST}"),
    ("archive", PEOPLE.member, f"/archive/{LIST}"),
    ("operations", PEOPLE.site, "/operations"),
)


def main() -> None:
    """Make the site, open each page as its reader, and keep what is seen."""
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as place,
        WebSite(SitePlan(directory=Path(place) / "s", lists=(), hosts=())) as site,
        browser.chromium() as chromium,
    ):
        with site.rooms() as rooms:
            lively.fill(rooms, mark="")
        for width in (1280, 360):
            for name, who, path in SHOWN:
                with Window(chromium, site.web, look=Look(width=width)) as window:
                    window.sign_in(site.url, who)
                    window.open(path or first_held(window))
                    window.page.screenshot(path=PICTURES / f"{name}-{width}.png")
                    print(f"{name}-{width}")


def first_held(window: Window) -> str:
    """Return the way to the first post that waits."""
    found = re.search(r"/held/\d+", window.open("/modindex").content())
    assert found is not None
    return found[0]


if __name__ == "__main__":
    main()
