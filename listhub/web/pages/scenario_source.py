"""The source of a scenario of the list's own: read, written with its mistakes by line.

A list's own rules stand before those of its domain, of the site and of ListHub under
the same name.  Who writes them decides who may what, so it takes a privileged owner.
"""

from dataclasses import dataclass

from listhub.i18n.text import N_, Text
from listhub.lists import file_versions, files, rules
from listhub.lists.file_versions import Current, level_of_list
from listhub.lists.rules import Step
from listhub.lists.stale import StaleError
from listhub.policy.library import NAME, scenario_path, shipped
from listhub.policy.operations import OPERATIONS
from listhub.policy.syntax import Problem, ScenarioError
from listhub.web.door.answer import Answer, Moved, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

SAVED = N_("Saved; it is in force wherever it is chosen.")
GONE = N_("The list's own rules are gone; those of the level above are in force.")
SAME = N_("Nothing was changed.")

#: What a new scenario begins with: nothing is let in by mistake.
_BLANK = """title Owners
is_owner([listname],[sender])  md5,smime       ->  do_it
true()                         smtp,md5,smime  ->  reject
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A scenario's file as it stands at the list."""

    operation: str
    name: str
    address: str
    current: Current

    @property
    def text(self) -> str:
        """What is in force: the list's own, that of a level above, or ListHub's."""
        if self.current.content is not None:
            return self.current.content
        found = self.current.in_force or shipped(self.current.path)
        return found.content if found else _BLANK

    @property
    def path(self) -> str:
        where = ("scenarios", self.address, self.operation, "source")
        return path(*where, query={"name": self.name})


def show(visit: Visit) -> Answer:
    """Show the source to be written."""
    source = _source(visit)
    return _page(source, source.text)


def save(visit: Visit) -> Answer:
    """Read the rules out, save them, or take the list's own away, as the button says."""
    source = _source(visit)
    typed = visit.asked.one("content").replace("\r\n", "\n")
    wanted = visit.asked.one("do")
    if wanted == "check":
        return _page(source, typed)
    content = None if wanted == "reset" else typed
    if content == source.current.content:
        return Moved(to=source.path, said=Text(SAME), tone="note")
    try:
        files.write(
            visit.conn,
            source.current.path,
            content,
            level=level_of_list(visit.list.id, visit.list.address),
            actor=visit.by,
            expected=visit.asked.number("version"),
            how="web",
        )
    except ScenarioError:
        return _page(source, typed, status=422)
    except StaleError as error:
        return _page(source, typed, stale=error, status=409)
    return Moved(to=source.path, said=Text(GONE if content is None else SAVED))


def _page(
    source: Source, typed: str, *, stale: StaleError | None = None, status: int = 200
) -> View:
    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    try:
        steps = rules.draft(typed, file=source.current.path)
    except ScenarioError as error:
        problems = error.problems
    return View(
        template="scenario_source.html.j2",
        values={
            "source": source,
            "typed": typed,
            "steps": steps,
            "problems": problems,
            "stale": stale,
            "differences": file_versions.difference(source.current.content, typed)
            if stale
            else (),
            "about": rules.about(source.operation),
        },
        status=status,
    )


def _source(visit: Visit) -> Source:
    operation = visit.asked.params.get("operation", "")
    name = visit.asked.one("name").strip()
    known = OPERATIONS.get(operation)
    if known is None or known.of_domain or not NAME.fullmatch(name):
        raise no_page()
    return Source(
        operation=operation,
        name=name,
        address=visit.list.address,
        current=file_versions.current(
            visit.conn,
            scenario_path(operation, name),
            level=level_of_list(visit.list.id, visit.list.address),
        ),
    )


PAGES = (
    Page(
        path="/scenarios/{list}/{operation}/source",
        need=Need.PRIVILEGED,
        get=show,
        post=save,
    ),
)
