"""What settings were: each version by whom and when, what differs, and back to it."""

from collections.abc import Callable

from listhub.i18n.text import N_, Text
from listhub.lists import rules, setting_changes, setting_rights, setting_view
from listhub.lists.authorise import operation_of
from listhub.lists.setting_changes import (
    Difference,
    StaleSettingsError,
    WrongSettingsError,
)
from listhub.lists.setting_words import words
from listhub.web.door.answer import Answer, Moved, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import settings_place
from listhub.web.pages.settings_place import Place

SIZE = 20

DONE = N_("The settings are as in version %(version)s again.")
SAME = N_("The settings are as in version %(version)s already.")


def show(visit: Visit) -> Answer:
    """Show a page of versions with what each changed, the newest first."""
    place = settings_place.of(visit)
    page = setting_changes.versions(
        visit.conn, place.level, cursor=visit.asked.one("after"), size=SIZE
    )
    changed = tuple(one for row in page.rows for one in row.differences)
    return View(
        template="settings_history.html.j2",
        values={"place": place, "page": page, "words": _words(visit, place, changed)},
    )


def confirm(visit: Visit) -> Answer:
    """Show what going back to a version would change."""
    return _confirmation(visit)


def revert(visit: Visit) -> Answer:
    """Go back to a version, if nobody has changed anything since it was shown."""
    place, version = settings_place.of(visit), _version(visit)
    try:
        done = setting_changes.revert(
            visit.conn,
            place.level,
            version,
            actor=visit.by,
            how="web",
            expected=visit.asked.number("version"),
            rank=place.rank,
        )
    except (StaleSettingsError, WrongSettingsError) as error:
        return _confirmation(visit, problem=error.text, status=409)
    told = Text(DONE if done.differences else SAME, version=version)
    return Moved(
        to=place.path("history"),
        said=told,
        tone="well" if done.differences else "note",
    )


def _confirmation(
    visit: Visit, *, problem: Text | None = None, status: int = 200
) -> View:
    place, version = settings_place.of(visit), _version(visit)
    stored = setting_view.stored_levels(visit.conn, place.level)
    now = stored.get(place.level["scope"])
    if now is None or version >= now.version:
        raise no_page()
    found = setting_changes.compare(visit.conn, place.level, now.version, version)
    refused = setting_rights.forbidden((one.name for one in found), place.rank)
    return View(
        template="settings_revert.html.j2",
        values={
            "place": place,
            "version": version,
            "now": now,
            "differences_of": found,
            "refused": refused,
            "problem": problem,
            "words": _words(visit, place, found),
        },
        status=status,
    )


def _version(visit: Visit) -> int:
    version = visit.asked.number_of("version")
    if not version:
        raise no_page()
    return version


def _words(
    visit: Visit, place: Place, changed: tuple[Difference, ...]
) -> Callable[[str, object], str]:
    operations = {op for one in changed if (op := operation_of(one.name))}
    menus = (
        rules.menus(
            visit.conn,
            sorted(operations),
            list_id=place.level["list_id"],
            domain_id=place.domain_id,
            language=visit.language,
        )
        if operations
        else {}
    )
    return lambda name, value: words(name, value, visit.language, menus)


PAGES = tuple(
    page
    for base, need in (
        ("/settings/{list}/history", Need.OWNER),
        ("/site/settings/history", Need.SITE),
        ("/site/settings/{domain}/history", Need.LISTMASTER),
    )
    for page in (
        Page(path=base, need=need, get=show),
        Page(path=f"{base}/{{version}}", need=need, get=confirm, post=revert),
    )
)
