"""A scenario with all that belongs to it, put together and compiled once.

the blocklist, where the operation uses it
include.<operation>.header, if there is one
<operation>.<name>, each include replaced by the rules of include.<name>
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from listhub.policy.evaluate import Compiled, compile_rules
from listhub.policy.grammar import parse
from listhub.policy.library import NAME, SCENARIOS, Files, Found, find, scenario_path
from listhub.policy.syntax import Include, Problem, Rule, ScenarioError

#: Rules of one scenario, all includes opened.
MOST_RULES = 2_000

_MISSING = "true() smtp -> reject\n"
_BLOCKLIST = Found(
    path="blocklist",
    source="always first",
    content="search('blocklist.txt',[sender]) smtp,md5,smime,pgp -> reject,quiet\n",
)

_Placed = tuple[str, Rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Every file that one scenario is made of: the same files, the same compiled rules."""

    operation: str
    parts: tuple[Found, ...]
    includes: tuple[tuple[str, Found | None], ...] = ()


def load(
    files: Files, *, operation: str, name: str, use_blocklist: bool = False
) -> Compiled:
    """Return a scenario ready to be asked.  Never raises: a broken one rejects all."""
    try:
        sources = gather(
            files, operation=operation, name=name, use_blocklist=use_blocklist
        )
        return compiled(sources)
    except ScenarioError as error:
        return Compiled(operation=operation, error="; ".join(map(str, error.problems)))


def gather(
    files: Files, *, operation: str, name: str, use_blocklist: bool = False
) -> Sources:
    """Find every file of a scenario; ScenarioError for one that is broken."""
    path = scenario_path(operation, name)
    main = find(files, path) if NAME.fullmatch(name) else None
    main = main or Found(path=path, content=_MISSING, source="missing")
    header = find(files, f"{SCENARIOS}/include.{operation}.header")
    parts = (_BLOCKLIST if use_blocklist else None, header, main)
    present = tuple(part for part in parts if part)
    waiting = [include for part in present for include in _includes(part)]
    includes: dict[str, Found | None] = {}
    while waiting and len(includes) < MOST_RULES:
        wanted = waiting.pop()
        if wanted not in includes:
            found = find(files, f"{SCENARIOS}/include.{wanted}")
            includes[wanted] = found
            waiting.extend(_includes(found) if found else ())
    return Sources(
        operation=operation, parts=present, includes=tuple(sorted(includes.items()))
    )


@functools.lru_cache(maxsize=2048)
def compiled(sources: Sources) -> Compiled:
    """Compile a scenario; ScenarioError for an include that is missing or in a circle."""
    rules = [rule for part in sources.parts for rule in _opened(part, sources, ())]
    return Compiled(operation=sources.operation, rules=compile_rules(rules))


def _includes(part: Found) -> list[str]:
    scenario = parse(part.content, file=part.label)
    return [step.name for step in scenario.steps if isinstance(step, Include)]


def _opened(
    part: Found, sources: Sources, inside: tuple[str, ...]
) -> Iterator[_Placed]:
    """Give the rules of a file and of what it includes, in their order."""
    count = 0
    for step in parse(part.content, file=part.label).steps:
        rules = (
            iter([(part.label, step)])
            if isinstance(step, Rule)
            else _included(step, part, sources, inside)
        )
        for rule in rules:
            count += 1
            if count > MOST_RULES:
                raise _problem(part, step.line, f"more than {MOST_RULES} rules")
            yield rule


def _included(
    include: Include, part: Found, sources: Sources, inside: tuple[str, ...]
) -> Iterator[_Placed]:
    name = include.name
    if name in inside:
        circle = " includes ".join((*inside[inside.index(name) :], name))
        raise _problem(part, include.line, f"includes go in a circle: {circle}")
    found = dict(sources.includes).get(name)
    if found is None:
        text = f"there is no file {SCENARIOS}/include.{name} to include"
        raise _problem(part, include.line, text)
    return _opened(found, sources, (*inside, name))


def _problem(part: Found, line: int, text: str) -> ScenarioError:
    return ScenarioError([Problem(file=part.label, line=line, column=1, text=text)])
