"""The ways that every page offers: of the site above, of a list below its name.

A row is shown to whom its page's need admits; the page itself asks again.
"""

from dataclasses import dataclass

from listhub.i18n.text import N_
from listhub.lists.accounts.standing import Standing
from listhub.lists.posting import ListRow
from listhub.web.door.need import Need, admits


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A link of the menu; `under`: also shown as here on pages below these paths."""

    path: str
    title: str
    need: Need = Need.ANYBODY
    under: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A link as it is shown."""

    path: str
    title: str
    here: bool
    count: int = 0


#: From what is done every day to what is done seldom.
MENU = (
    Way(
        path="/modindex",
        title=N_("Moderation"),
        need=Need.DECIDER,
        under=("/held", "/decisions"),
    ),
    Way(path="/my", title=N_("My lists"), need=Need.PERSON, under=("/suboptions",)),
    Way(path="/lists", title=N_("Lists")),
    Way(
        path="/operations",
        title=N_("Operations"),
        need=Need.LISTMASTER,
        under=(
            "/spool",
            "/buried",
            "/trace",
            "/copies",
            "/workers",
            "/jobs",
            "/audit",
            "/site",
        ),
    ),
)

#: Of a list; {list} is its address.
TABS = (
    Way(path="/info/{list}", title=N_("About"), need=Need.SCENARIO),
    Way(path="/archive/{list}", title=N_("Archive"), need=Need.SCENARIO),
    Way(path="/modindex/{list}", title=N_("Moderation"), need=Need.MODERATOR),
    Way(
        path="/members/{list}",
        title=N_("Members"),
        need=Need.OWNER,
        under=("/member/{list}", "/bounces/{list}"),
    ),
    Way(path="/posts/{list}", title=N_("Posts"), need=Need.OWNER),
    Way(path="/settings/{list}", title=N_("Settings"), need=Need.OWNER),
    Way(path="/texts/{list}", title=N_("Texts"), need=Need.OWNER),
    Way(path="/scenarios/{list}", title=N_("Who may what"), need=Need.OWNER),
    Way(path="/roles/{list}", title=N_("Owners and moderators"), need=Need.OWNER),
)


def menu(who: Standing, *, here: str) -> tuple[Item, ...]:
    """Return the site's menu for somebody; `here` is the path of the page."""
    return tuple(
        Item(path=way.path, title=way.title, here=_is_here(way, here))
        for way in MENU
        if admits(way.need, who, None)
    )


def tabs(who: Standing, row: ListRow | None, *, here: str) -> tuple[Item, ...]:
    """Return the ways to a list's pages; none without a list."""
    if row is None:
        return ()
    shown = (way for way in TABS if admits(way.need, who, row))
    return tuple(_tab(way, row.address, here) for way in shown)


def _tab(way: Way, address: str, here: str) -> Item:
    path, *under = (each.replace("{list}", address) for each in (way.path, *way.under))
    is_here = any(_below(here, each) for each in (path, *under))
    return Item(path=path, title=way.title, here=is_here)


def _is_here(way: Way, here: str) -> bool:
    """A list's own pages are below its tabs, not below the site's menu."""
    if "@" in here and way.path != "/my":
        return False
    return any(_below(here, each) for each in (way.path, *way.under))


def _below(here: str, path: str) -> bool:
    return here == path or here.startswith(f"{path}/")
