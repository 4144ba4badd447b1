"""Searches that take linear time, for expressions that could take for ever.

Python's own search tries one way after the other: `(a+)+$` on thirty letters takes
minutes.  Here all ways are followed at once (Thompson 1968), and what was worked out
for a set of places and a character is kept, so that a long subject costs one look-up
per character.
"""

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

#: Places of an automaton, and steps that one keeps.
MOST_PLACES, MOST_KEPT = 2_000, 20_000
#: In more ways than this no text is tried to be read one after the other.
MOST_WAYS = 1_000
#: A repetition of more rounds than this is wide: it counts as without an end.
_WIDE = 16
_WITHOUT_END = 2**32 - 1
#: No set of places: stands for a step that was not made yet.
_UNKNOWN = frozenset([-1])

Accepts = Callable[[str], bool]
Edge = Literal["start", "end", "end_line", "word", "not_word"]
Kind = Literal["edge", "word", "other"]


class PatternError(ValueError):
    """A regular expression that cannot be used; the text says why."""


@dataclass(slots=True)
class _Place:
    """Where a way may stand: what it accepts or asks next, and where it goes on."""

    accepts: Accepts | None = None
    edge: Edge | None = None
    to: list[int] = field(default_factory=list)


def search(pattern: "re.Pattern[str]") -> Callable[[str], bool] | None:
    """Return a search in linear time, or None where Python's own is harmless.

    PatternError for an expression that is harmful and cannot be run in this way.
    """
    # The parser has no public name, and its tree has hardly changed in twenty years.
    tree = importlib.import_module("re._parser").parse(pattern.pattern, pattern.flags)
    if not _is_risky(tree):
        return None
    return _Automaton(tree).search


def _is_risky(tree: Any) -> bool:
    """Whether a search that tries one way after the other could take long."""
    ways, wide = _cost(tree)
    return wide > 1 or ways > (2 if wide else MOST_WAYS)


def _cost(tree: Any) -> tuple[int, int]:
    """Return in how many ways a text can be read, and how many repetitions are wide."""
    ways, wide = 1, 0
    for operation in tree:
        name, argument = str(operation[0]), operation[1]
        here, inside = 1, 0
        if name in _REPEATS:
            here, inside = _cost_of_repeat(*argument)
        elif name == "BRANCH":
            costs = [_cost(branch) for branch in argument[1]]
            here, inside = sum(cost[0] for cost in costs), max(c[1] for c in costs)
        elif name in {"SUBPATTERN", "ASSERT", "ASSERT_NOT"}:
            here, inside = _cost(argument[-1])
        elif name == "ATOMIC_GROUP":
            here, inside = _cost(argument)
        ways, wide = min(ways * here, 2 * MOST_WAYS), wide + inside
    return ways, wide


def _cost_of_repeat(least: Any, most: Any, tree: Any) -> tuple[int, int]:
    ways, wide = _cost(tree)
    if int(most) > _WIDE:
        # A choice inside of it is made anew in each round.
        return 1, 1 + wide + (ways > 1)
    rounds = range(int(least), int(most) + 1)
    return sum(min(ways, MOST_WAYS) ** number for number in rounds), wide * int(most)


_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


class _Automaton:
    """The places of one expression; place 0 is the end of a match."""

    def __init__(self, tree: Any) -> None:
        self._places: list[_Place] = [_Place()]
        self._start = self._sequence(tree, 0)
        self._kept: dict[object, frozenset[int] | None] = {}

    def search(self, subject: str) -> bool:
        """Whether the expression is found anywhere in the subject."""
        places = frozenset([self._start])
        before: Kind = "edge"
        last = len(subject) - 1
        for position, character in enumerate(subject):
            ending = position == last and character == "\n"
            key = (places, before, character, ending)
            after = self._kept.get(key, _UNKNOWN)
            if after is _UNKNOWN:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                after = self._step(places, before, character, ending=ending)
                self._kept[key] = after
            if after is None:
                return True
            places, before = after, _kind(character)
        return 0 in self._reach(places, before, "edge", ending=True)

    def _step(
        self, places: frozenset[int], before: Kind, character: str, *, ending: bool
    ) -> frozenset[int] | None:
        """Go on by one character; None at the end of a match."""
        reached = self._reach(places, before, _kind(character), ending=ending)
        if 0 in reached:
            return None
        found = {self._start}
        for number in reached:
            place = self._places[number]
            if place.accepts and place.accepts(character):
                found.update(place.to)
        return frozenset(found)

    def _reach(
        self, places: frozenset[int], before: Kind, behind: Kind, *, ending: bool
    ) -> set[int]:
        """Return the places that are reached without taking a character."""
        edges = _edges(before, behind, ending=ending)
        waiting, seen = list(places), set(places)
        while waiting:
            place = self._places[waiting.pop()]
            if place.accepts or (place.edge and place.edge not in edges):
                continue
            new = [number for number in place.to if number not in seen]
            seen.update(new)
            waiting.extend(new)
        return seen

    # --- building, from the end to the start ------------------------------------------

    def _put(self, place: _Place) -> int:
        if len(self._places) >= MOST_PLACES:
            raise PatternError("it repeats too much")
        self._places.append(place)
        return len(self._places) - 1

    def _sequence(self, tree: Any, to: int) -> int:
        for operation in reversed(tree):
            to = self._operation(str(operation[0]), operation[1], to)
        return to

    def _operation(self, name: str, argument: Any, to: int) -> int:
        if name in {"MAX_REPEAT", "MIN_REPEAT"}:
            return self._repeat(*argument, to=to)
        if name == "SUBPATTERN" and not argument[1] and not argument[2]:
            return self._sequence(argument[3], to)
        if name == "BRANCH":
            starts = [self._sequence(branch, to) for branch in argument[1]]
            return self._put(_Place(to=starts))
        if name == "AT" and str(argument) in _EDGES:
            return self._put(_Place(edge=_EDGES[str(argument)], to=[to]))
        return self._put(_Place(accepts=_accepts(name, argument), to=[to]))

    def _repeat(self, least: Any, most: Any, tree: Any, *, to: int) -> int:
        if int(most) >= _WITHOUT_END:
            loop = self._put(_Place(to=[to]))
            self._places[loop].to.append(self._sequence(tree, loop))
            to = loop
        else:
            end = to
            for _ in range(int(most) - int(least)):
                to = self._put(_Place(to=[self._sequence(tree, to), end]))
        for _ in range(int(least)):
            to = self._sequence(tree, to)
        return to


_EDGES: dict[str, Edge] = {
    "AT_BEGINNING": "start",
    "AT_BEGINNING_STRING": "start",
    "AT_END": "end_line",
    "AT_END_STRING": "end",
    "AT_BOUNDARY": "word",
    "AT_NON_BOUNDARY": "not_word",
}


def _kind(character: str) -> Kind:
    return "word" if character.isalnum() or character == "_" else "other"


def _edges(before: Kind, behind: Kind, *, ending: bool) -> set[Edge]:
    boundary = (before == "word") != (behind == "word")
    edges: set[Edge] = {"word" if boundary else "not_word"}
    if before == "edge":
        edges.add("start")
    if ending:
        edges.add("end_line")
    if behind == "edge":
        edges.add("end")
    return edges


# --- single characters ----------------------------------------------------------------


def _accepts(name: str, argument: Any) -> Accepts:
    if name == "LITERAL":
        return _any_case(lambda c: ord(c) == argument)
    if name == "NOT_LITERAL":
        same = _any_case(lambda c: ord(c) == argument)
        return lambda c: not same(c)
    if name == "ANY":
        return lambda c: c != "\n"
    if name == "IN":
        return _class(argument)
    raise PatternError(
        "repetitions inside or beside others go with neither look-around nor references"
    )


def _any_case(accepts: Accepts) -> Accepts:
    def test(character: str) -> bool:
        forms = {character, character.lower(), character.upper()}
        return any(accepts(form) for form in forms if len(form) == 1)

    return test


def _class(items: Sequence[Any]) -> Accepts:
    negated = str(items[0][0]) == "NEGATE"
    tests = [_item(str(name), argument) for name, argument in items[negated:]]
    inside = _any_case(lambda c: any(test(c) for test in tests))
    return (lambda c: not inside(c)) if negated else inside


def _item(name: str, argument: Any) -> Accepts:
    if name == "RANGE":
        return lambda c: argument[0] <= ord(c) <= argument[1]
    if name == "LITERAL":
        return lambda c: ord(c) == argument
    words = str(argument).split("_")  # CATEGORY_WORD, CATEGORY_NOT_WORD
    test = _CATEGORIES[words[-1]]
    return (lambda c: not test(c)) if "NOT" in words else test


_CATEGORIES: dict[str, Accepts] = {
    "DIGIT": str.isdecimal,
    "SPACE": str.isspace,
    "WORD": lambda c: _kind(c) == "word",
}
