"""My lists: how I get each, pauses, what lists ask of me, and the lists that I run.

One form has the options of all lists; its buttons save those of one list or of all.
What was changed meanwhile, by mail or in another window, is not undone by an old form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from listhub import clock
from listhub.errors import UsageError
from listhub.i18n.languages import LANGUAGES, NAMES
from listhub.i18n.text import N_, Text
from listhub.lists import options, persons, shelf
from listhub.lists.mine import memberships as memberships_of
from listhub.lists.mine.memberships import Mine
from listhub.lists.said import SaidError, sentence_of
from listhub.lists.setting_titles import RECEPTIONS
from listhub.lists.settings import load_list_settings
from listhub.lists.shelf import Wanted
from listhub.web.door.answer import Answer, Moved, Tone, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages import my_form

#: Lists of a page; each has a form's part of its own.
SIZE = 50
#: Lists that somebody runs, shown on this page; the others are one search away.
MOST_RUN = 50

SAVED = N_("%(list)s: saved.")
UNCHANGED = N_("%(list)s: nothing was changed.")
ALL_SAVED = N_("Saved; lists changed: %(count)s.")
NONE_CHANGED = N_("Nothing was changed.")
PAUSED = N_("No list writes to you now; lists concerned: %(count)s.")
RESUMED = N_("All lists write to you again; lists concerned: %(count)s.")
NOT_USABLE = N_("The settings of %(list)s are broken just now; try again later.")
NOT_MEMBER = N_("You are not a member of %(list)s.")
LANGUAGE = N_("We write to you in %(language)s from now on.")
EACH_LANGUAGE = N_("Each list writes to you in its own language from now on.")
NOT_FUTURE = N_("This day is over; choose a later one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a list's part of the form."""

    tone: Tone
    text: Text

    @property
    def changed(self) -> bool:
        return self.tone == "well"


def show(visit: Visit) -> Answer:
    """Show all my lists with their options, and those that I run."""
    return _page(visit)


def act(visit: Visit) -> Answer:
    """Save one list's options or all, pause or resume everything, choose a language."""
    wish = visit.asked.one("do")
    if wish == "pause":
        return _pause(visit)
    if wish == "resume":
        count = memberships_of.resume_all(
            visit.conn, visit.by, actor=visit.by, how="web"
        )
        return Moved(to="/my", said=Text(RESUMED, count=count))
    if wish == "language":
        return _language(visit)
    return _save(visit, only=visit.asked.number("do") or None)


def show_one(visit: Visit) -> Answer:
    """Show the options on one list; who is no member may join."""
    return _one(visit, _mine(visit, list_id=visit.list.id))


def save_one(visit: Visit) -> Answer:
    """Save the options on one list."""
    mine = _mine(visit, list_id=visit.list.id)
    if not mine:
        return _one(visit, mine)
    result = _change(visit, mine[0])
    if result.tone != "bad":
        to = path("suboptions", visit.list.address)
        return Moved(to=to, said=result.text, tone=result.tone)
    return _one(visit, mine, result=result)


def _one(visit: Visit, mine: Sequence[Mine], *, result: Result | None = None) -> Answer:
    if not mine:
        said = Text(NOT_MEMBER, list=visit.list.address)
        return Moved(to=path("subscribe", visit.list.address), said=said, tone="note")
    return View(
        template="suboptions.html.j2",
        status=400 if result else 200,
        values={"each": mine[0], "result": result, **_common()},
    )


def _page(visit: Visit, results: Mapping[int, Result] | None = None) -> View:
    found = _mine(visit)
    rows = found[:SIZE]
    more = path("my", query={"after": rows[-1].row.address}) if found[SIZE:] else ""
    return View(
        template="my.html.j2",
        status=400 if results else 200,
        values={
            "lists": rows,
            "more": more,
            "after": visit.asked.one("after"),
            "results": results or {},
            "run": _run(visit),
            "today": clock.now(),
            "language_choices": [(each, NAMES[each]) for each in LANGUAGES],
            **_common(),
        },
    )


def _common() -> dict[str, object]:
    return {"form_of": my_form, "receptions": RECEPTIONS}


def _mine(visit: Visit, *, list_id: int | None = None) -> tuple[Mine, ...]:
    return memberships_of.memberships(
        visit.conn,
        visit.ask,
        visit.by,
        auth=visit.auth,
        settings=visit.settings,
        list_id=list_id,
        after=visit.asked.one("after"),
        most=SIZE + 1,
    )


def _run(visit: Visit) -> Sequence[shelf.Shelved]:
    """Return the lists that they run, with what is held there."""
    if not (visit.who.owned or visit.who.moderated):
        return ()
    wanted = Wanted(person=visit.by, relation="charge")
    return shelf.page(visit.conn, wanted, size=MOST_RUN).rows


def _save(visit: Visit, *, only: int | None) -> Answer:
    results = {
        mine.row.id: _change(visit, mine)
        for mine in _mine(visit)
        if my_form.sent(visit.asked, mine) and only in {None, mine.row.id}
    }
    bad = {number: each for number, each in results.items() if each.tone == "bad"}
    if bad:
        return _page(visit, results)
    back = path("my", query={"after": visit.asked.one("after")})
    changed = sum(each.changed for each in results.values())
    if len(results) == 1:
        ((result),) = results.values()
        return Moved(to=back, said=result.text, tone=result.tone)
    if not changed:
        return Moved(to=back, said=Text(NONE_CHANGED), tone="note")
    return Moved(to=back, said=Text(ALL_SAVED, count=changed))


def _change(visit: Visit, mine: Mine) -> Result:
    """Change one list's options; what is wrong there spoils nothing elsewhere."""
    row = mine.row
    if not mine.usable:
        return Result(tone="bad", text=Text(NOT_USABLE, list=row.address))
    try:
        wanted = my_form.changes(visit.asked, mine)
        if wanted is None:
            return Result(tone="note", text=Text(UNCHANGED, list=row.address))
        # A savepoint: the other lists are saved all the same.
        with visit.conn.transaction():
            options.change(
                visit.conn,
                row,
                visit.by,
                wanted,
                settings=load_list_settings(visit.conn, row.id),
                actor=visit.by,
                how="web",
                expected=my_form.expected(visit.asked, mine),
            )
    except UsageError as error:
        return Result(tone="bad", text=sentence_of(error))
    return Result(tone="well", text=Text(SAVED, list=row.address))


def _pause(visit: Visit) -> Answer:
    """Let no list write until a day, or until they say so."""
    written, now = visit.asked.one("until").strip(), clock.now()
    until = my_form.day(written) if written else None
    if until is not None and until <= now:
        raise SaidError(NOT_FUTURE)
    count = memberships_of.suspend_all(
        visit.conn, visit.by, since=now, until=until, actor=visit.by, how="web"
    )
    return Moved(to="/my", said=Text(PAUSED, count=count))


def _language(visit: Visit) -> Answer:
    chosen = visit.asked.one("language")
    language = chosen if chosen in LANGUAGES else None
    persons.set_language(visit.conn, visit.by, language, actor=visit.by)
    if language is None:
        return Moved(to="/my", said=Text(EACH_LANGUAGE))
    return Moved(to="/my", said=Text(LANGUAGE, language=NAMES[language]))


PAGES = (
    Page(path="/my", need=Need.PERSON, get=show, post=act),
    Page(path="/suboptions/{list}", need=Need.PERSON, get=show_one, post=save_one),
)
