"""Scenarios as owners see them: which can be chosen, what they say, what they decide.

choices(conn, "send", list_id=5)                       what the menu offers
read(conn, "send", "private", list_id=5)               its rules in words
explain(conn, ask, row, "send", sender=…, auth=…)      what would happen, and why

Nothing is changed here: a list's choice is a setting, and rules are files.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_, Text
from listhub.lists.authorise import authorise, scenario_of
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.lists.said import SaidError
from listhub.lists.setting_view import title
from listhub.mail.draft import Draft
from listhub.outside.answers import Ask
from listhub.policy import reasons, wording
from listhub.policy.decision import NOT_OPEN, Decision, Place, Trial
from listhub.policy.facts import Values
from listhub.policy.grammar import parse
from listhub.policy.library import (
    SCENARIOS,
    MenuEntry,
    find,
    menu,
    scenario_path,
    shipped_paths,
)
from listhub.policy.operations import OPERATIONS
from listhub.policy.request import Auth
from listhub.policy.scenario import load
from listhub.policy.syntax import Action, Rule, ScenarioError

NO_OPERATION = N_("There is no operation %(name)s.")
_CLOSED = N_("The list is not open: nobody may do this.")
_BROKEN = N_("The rules are broken: nobody may do this until they are mended.")
_NO_RULE = N_("No rule fits: it is refused.")
_DECIDES = N_("So %(action)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule: where it stands, as it is written, and what it says."""

    place: Place
    sentence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A scenario in words; `problem` says, in English, why it can be no rule at all."""

    operation: str
    name: str
    #: Who says it: list, family, domain, site, shipped, or missing.
    source: str
    steps: tuple[Step, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A rule as it was tried: `held` is None where it was passed over."""

    place: Place
    sentence: Text
    held: bool | None
    #: Each variable as it is written, and what it stood for.
    values: tuple[tuple[str, Values], ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What would be decided about a case, in a sentence, and the rules on the way."""

    decision: Decision
    sentence: Text
    #: What whoever is refused is told; None: it is not refused.
    told: Text | None
    trail: tuple[Tried, ...]


def about(operation: str) -> Text:
    """Return what an operation is called; SaidError if there is none."""
    if operation not in OPERATIONS:
        raise SaidError(NO_OPERATION, name=operation[:40])
    return title(
        {"del": "delete", "tracking": "tracking_access"}.get(operation, operation)
    )


def choices(
    conn: "psycopg.Connection[Any]",
    operation: str,
    *,
    list_id: int | None = None,
    domain_id: int | None = None,
    language: str = "en",
) -> tuple[MenuEntry, ...]:
    """Return the scenarios to choose from, by name, with their titles; two statements."""
    about(operation)
    found = menus(
        conn, [operation], list_id=list_id, domain_id=domain_id, language=language
    )
    return found[operation]


def menus(
    conn: "psycopg.Connection[Any]",
    operations: Collection[str],
    *,
    list_id: int | None = None,
    domain_id: int | None = None,
    language: str = "en",
) -> dict[str, tuple[MenuEntry, ...]]:
    """Return what there is to choose from for many operations; two statements, too."""
    files = DbFiles(conn, list_id=list_id, domain_id=domain_id)
    known = frozenset(files.paths(SCENARIOS))
    prefixes = tuple(f"{SCENARIOS}/{operation}." for operation in operations)
    files.fetch(sorted(p for p in known | shipped_paths() if p.startswith(prefixes)))
    kept = _Known(files, known)
    return {each: tuple(menu(kept, each, language=language)) for each in operations}


def in_force(operation: str, list_settings: ListSettings) -> str:
    """Return the name of the scenario that decides for a list."""
    about(operation)
    return scenario_of(operation, list_settings)


def read(
    conn: "psycopg.Connection[Any]",
    operation: str,
    name: str,
    *,
    list_id: int | None = None,
    domain_id: int | None = None,
    use_blocklist: bool = False,
) -> Reading:
    """Return a scenario in words, with all that it includes.

    With `use_blocklist` the rule that refuses who is on it comes first.
    """
    about(operation)
    files = DbFiles(conn, list_id=list_id, domain_id=domain_id)
    compiled = load(files, operation=operation, name=name, use_blocklist=use_blocklist)
    sentences = wording.sentences(rule.rule for rule in compiled.rules)
    steps = tuple(
        Step(place=rule.place, sentence=sentence)
        for rule, sentence in zip(compiled.rules, sentences, strict=True)
    )
    main = find(files, scenario_path(operation, name))
    return Reading(
        operation=operation,
        name=name,
        source=main.source if main else "missing",
        steps=steps,
        problem=compiled.error,
    )


def draft(text: str, *, file: str) -> tuple[Step, ...]:
    """Return the rules of a text in words, without what it includes.

    ScenarioError with every mistake in it.
    """
    found = [s for s in parse(text, file=file).steps if isinstance(s, Rule)]
    return tuple(
        Step(place=Place(file=file, line=rule.line, text=rule.text), sentence=sentence)
        for rule, sentence in zip(found, wording.sentences(found), strict=True)
    )


def explain(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    row: ListRow,
    operation: str,
    *,
    sender: str,
    auth: Auth,
    settings: Settings,
    list_settings: ListSettings | None = None,
    message: Draft | None = None,
    context: Mapping[str, str] | None = None,
    scenario: str | None = None,
) -> Explained:
    """Return what a list would decide about a case, and why; nothing is done.

    `scenario`: instead of the one in force.  May raise `Unanswered`.
    """
    about(operation)
    decision = authorise(
        conn,
        ask,
        operation=operation,
        scenario=scenario,
        list_row=row,
        domain_id=row.domain_id,
        sender=sender,
        auth=auth,
        message=message,
        context=context,
        settings=settings,
        list_settings=list_settings,
        explain=True,
    )
    return explained(decision)


def explained(decision: Decision) -> Explained:
    """Return a decision in words."""
    refused = decision.action == "reject"
    said = reasons.sentence(reason=decision.reason, template=decision.template)
    return Explained(
        decision=decision,
        sentence=_sentence(decision),
        told=Text(said) if refused and not decision.quiet else None,
        trail=tuple(
            _tried(trial, first=number == 0)
            for number, trial in enumerate(decision.trail)
        ),
    )


def _sentence(decision: Decision) -> Text:
    if decision.error:
        return Text(_BROKEN)
    if decision.rule is None:
        return Text(_CLOSED if decision.reason == NOT_OPEN else _NO_RULE)
    # Without the reason: that is told besides.
    action = Action(name=decision.action, quiet=decision.quiet, notify=decision.notify)
    return Text(_DECIDES, action=wording.action(action))


def _tried(trial: Trial, *, first: bool) -> Tried:
    rule = _rule(trial.place)
    sentence = wording.sentence(rule, first=first) if rule else Text(trial.condition)
    return Tried(
        place=trial.place,
        sentence=sentence,
        held=trial.value,
        values=tuple(
            (written, values)
            for written, values in trial.arguments
            if written.startswith("[")
        ),
        note=trial.note,
    )


def _rule(place: Place) -> Rule | None:
    """Return the rule at a place, read anew from its text."""
    try:
        steps = parse(place.text, file=place.file).steps
    except ScenarioError:
        return None
    return next((step for step in steps if isinstance(step, Rule)), None)


class _Known:
    """Files whose names are known already: a `library.Files`."""

    def __init__(self, files: DbFiles, known: frozenset[str]) -> None:
        self.find = files.find
        self.find_all = files.find_all
        self._known = known

    def paths(self, folder: str) -> frozenset[str]:
        return self._known if folder == SCENARIOS else frozenset()
