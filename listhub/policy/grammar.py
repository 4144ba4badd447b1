"""The grammar of scenario files, as loose as Sympa's own reader is.

    file      { title | rule | include | comment | name of a paragraph }
    rule      [!] condition(argument, ...) [methods] -> action        (no methods: smtp)
    action    name [(...)] [,quiet] [,notify]

`parse` reads a whole file and reports everything that is wrong with it at once.
"""

import difflib
import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

from listhub.policy.conditions import CONDITIONS, check
from listhub.policy.cursor import Cursor, Expected
from listhub.policy.syntax import (
    METHODS,
    Action,
    Argument,
    Condition,
    Include,
    Literal,
    Problem,
    Regexp,
    Rule,
    Scenario,
    ScenarioError,
    Title,
    Variable,
)
from listhub.policy.variables import problem_with

#: Each action and whether it takes something in parentheses.
ACTIONS = (
    "do_it",
    "reject",
    "request_auth",
    "owner",
    "editor",
    "editorkey",
    "listmaster",
    "ham",
    "spam",
    "unsure",
)

#: Characters of a file and of a line: more is a mistake, and costs time to read.
LONGEST_FILE, LONGEST_LINE = 200_000, 2_000

_FLAG = re.IGNORECASE
_TITLE = re.compile(r"\s*title(?:\.([^\s.#]+))?\s+(\S[^#]*?)\s*(?:#.*)?", _FLAG)
_PARAGRAPH = re.compile(r"\s*\w+\s*(?:#.*)?")
_COMMENT = re.compile(r"\s*(?:#.*)?")
_INCLUDE = re.compile(r"include(?=[\s('\"])", _FLAG)
_INCLUDED = re.compile(r"(\()?\s*(['\"]?)(\w[\w.-]{0,99})\2\s*(?(1)\))")
_NOT = re.compile(r"!")
_NAME = re.compile(r"customcondition::\w+|[A-Za-z_]\w*", _FLAG)
_OPEN, _CLOSE, _COMMA = (re.compile(mark) for mark in (r"\(", r"\)", ","))
_VARIABLE = re.compile(
    r"\[\s*([A-Za-z_][\w-]*)\s*(?:->\s*([^\]\s>]+)\s*)?\](?:\s*\[\s*([-+]?\d{1,4})\s*\])?"
)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_REGEXP = re.compile(r"/((?:[^/\\]|\\.)*)/")
_BARE = re.compile(r"(?!->)[^\s,()'\"\[\]#/][^\s,()'\"\[\]#]*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_METHOD = re.compile(r",*\s*(\w+)")
_COMMAS = re.compile(r"[\s,]*")
_ARROW = re.compile(r"->")
_WORD = re.compile(r"\w+")
_ARGUMENT_NAME = re.compile(r"(\w+)\s*=")
_KEY = re.compile(r"'([\w.-]+)'|\"([\w.-]+)\"|([\w.-]+)")


class _Line(NamedTuple):
    number: int
    text: str


@functools.lru_cache(maxsize=2048)
def parse(text: str, *, file: str) -> Scenario:
    """Return what a scenario file says; ScenarioError with every problem in it."""
    if len(text) > LONGEST_FILE:
        words = f"the file has more than {LONGEST_FILE} characters"
        raise ScenarioError([Problem(file=file, line=1, column=1, text=words)])
    titles: list[Title] = []
    steps: list[Rule | Include] = []
    problems: list[Problem] = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        try:
            part = _part(_Line(number, line))
        except Expected as wrong:
            problems.append(
                Problem(file=file, line=number, column=wrong.column, text=wrong.text)
            )
            continue
        if isinstance(part, Title):
            titles.append(part)
        elif part is not None:
            steps.append(part)
    if problems:
        raise ScenarioError(problems)
    return Scenario(file=file, titles=tuple(titles), steps=tuple(steps))


def _part(line: _Line) -> Title | Rule | Include | None:
    if len(line.text) > LONGEST_LINE:
        raise Expected(1, f"at most {LONGEST_LINE} characters are allowed on a line")
    if title := _TITLE.fullmatch(line.text):
        return Title(text=title[2], language=(title[1] or "").lower())
    if _COMMENT.fullmatch(line.text) or _PARAGRAPH.fullmatch(line.text):
        return None
    cursor = Cursor(line.text)
    if cursor.take(_INCLUDE):
        return _include(cursor, line)
    return _rule(cursor, line)


def _include(cursor: Cursor, line: _Line) -> Include:
    name = cursor.must(_INCLUDED, "the name of an include, such as ('common'),")
    _end(cursor)
    return Include(name=name[3], line=line.number)


def _rule(cursor: Cursor, line: _Line) -> Rule:
    condition = _condition(cursor)
    methods = _methods(cursor)
    action = _action(cursor)
    _end(cursor)
    return Rule(
        condition=condition,
        methods=methods,
        action=action,
        line=line.number,
        text=" ".join(line.text.split()),
    )


def _end(cursor: Cursor) -> None:
    if not cursor.at_end:
        cursor.fail("the end of the line is expected")


# --- conditions -------------------------------------------------------------------


def _condition(cursor: Cursor) -> Condition:
    negated = cursor.take(_NOT) is not None
    column = cursor.column
    name = cursor.must(_NAME, "a condition such as true()")[0]
    prefix, colons, _ = name.partition("::")
    # The name behind `customcondition::` is somebody's own, and case matters in it.
    name = name.lower() if not colons else f"{prefix.lower()}{name[len(prefix) :]}"
    if not colons and name not in CONDITIONS:
        cursor.fail(_unknown("condition", name, CONDITIONS), column=column)
    cursor.must(_OPEN, f"`(` behind {name}")
    arguments, columns = _arguments(cursor)
    condition = Condition(name=name, arguments=arguments, negated=negated)
    if wrong := check(condition):
        place = columns[wrong.argument] if wrong.argument < len(columns) else column
        cursor.fail(wrong.text, column=place)
    return condition


def _arguments(cursor: Cursor) -> tuple[tuple[Argument, ...], list[int]]:
    """Read up to the closing parenthesis; Sympa takes arguments without commas, too."""
    found: list[Argument] = []
    columns: list[int] = []
    while not cursor.take(_CLOSE):
        columns.append(cursor.column)
        found.append(_argument(cursor))
        if not cursor.take(_COMMA) and cursor.at_end:
            cursor.fail("`,` or `)` is expected")
    return tuple(found), columns


def _argument(cursor: Cursor) -> Argument:
    column = cursor.column
    if match := cursor.take(_VARIABLE):
        return _variable(cursor, match, column)
    if match := cursor.take(_QUOTED):
        return Literal(text=match[1] if match[1] is not None else match[2])
    if match := cursor.take(_REGEXP):
        return Regexp(pattern=_ESCAPED.sub(_without_slash, match[1]))
    match = cursor.must(
        _BARE, "an argument (a [variable], a word, a 'text' or a /regexp/) or `)`"
    )
    return Literal(text=match[0])


def _without_slash(match: re.Match[str]) -> str:
    return "/" if match[1] == "/" else match[0]


def _variable(cursor: Cursor, match: re.Match[str], column: int) -> Variable:
    index = int(match[3]) if match[3] is not None else None
    variable = Variable(name=match[1].lower(), key=match[2] or "", index=index)
    if wrong := problem_with(variable):
        cursor.fail(wrong, column=column)
    return variable


# --- methods and actions ------------------------------------------------------------


def _methods(cursor: Cursor) -> tuple[str, ...]:
    found: set[str] = set()
    while cursor.take(_ARROW) is None:
        column = cursor.column
        match = cursor.must(_METHOD, "`->`")
        name = match[1].lower()
        name = "smtp" if name == "dkim" else name  # as Sympa since 6.2.71
        if name not in METHODS:
            known = (*METHODS, "dkim")
            cursor.fail(_unknown("method", name, known), column=column)
        found.add(name)
        cursor.take(_COMMAS)
    return tuple(method for method in METHODS if method in found) or ("smtp",)


def _action(cursor: Cursor) -> Action:
    column = cursor.column
    name = cursor.must(_WORD, "an action such as do_it")[0].lower()
    if name not in ACTIONS:
        cursor.fail(_unknown("action", name, ACTIONS), column=column)
    named: dict[str, str] = {}
    address = None
    if cursor.take(_OPEN):
        if name == "request_auth":
            address = _address(cursor)
        elif name == "reject":
            named = _reject(cursor)
        else:
            cursor.fail(f"{name} takes nothing in parentheses", column=column)
    flags = _flags(cursor)
    return Action(
        name=name,
        quiet="quiet" in flags,
        notify="notify" in flags,
        reason=named.get("reason", ""),
        template=named.get("tt2", ""),
        address=address,
    )


def _address(cursor: Cursor) -> Variable | None:
    if cursor.take(_CLOSE):
        return None
    column = cursor.column
    match = cursor.must(_VARIABLE, "a variable such as [email]")
    variable = _variable(cursor, match, column)
    cursor.must(_CLOSE, "`)`")
    return variable


def _reject(cursor: Cursor) -> dict[str, str]:
    """Read (reason='key'), (tt2='template') or ('template')."""
    named: dict[str, str] = {}
    while not cursor.take(_CLOSE):
        column = cursor.column
        match = cursor.take(_ARGUMENT_NAME)
        name = match[1].lower() if match else "tt2"
        if name not in {"reason", "tt2"}:
            cursor.fail(_unknown("argument", name, ("reason", "tt2")), column=column)
        value = cursor.must(_KEY, f"the {name} as a 'word'")
        named[name] = next(filter(None, value.groups()))
        if not cursor.take(_COMMA) and cursor.at_end:
            cursor.fail("`)` is expected")
    return named


def _flags(cursor: Cursor) -> set[str]:
    found: set[str] = set()
    while cursor.take(_COMMA):
        column = cursor.column
        flag = cursor.must(_WORD, "quiet or notify")[0].lower()
        if flag not in {"quiet", "notify"}:
            cursor.fail(_unknown("mark", flag, ("quiet", "notify")), column=column)
        found.add(flag)
    return found


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:100], list(known), n=1, cutoff=0.0)[0]
    return f"there is no {what} `{name[:40]}`; did you mean `{near}`?"
