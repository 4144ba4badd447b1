"""The conditions of scenarios, in one table: arguments, test and what each one says.

`check` says at load what is wrong with the arguments; `build` returns the test, with
constants (regular expressions, networks, lists) read once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from listhub import clock
from listhub.mail.address import mailboxes
from listhub.policy import dates, netmask, patterns
from listhub.policy.facts import ConditionError, Values
from listhub.policy.syntax import Argument, Condition, Literal, Regexp
from listhub.policy.variables import resolve
from listhub.policy.world import World

#: Decides from the world and the values of the arguments.
Test = Callable[[World, tuple[Values, ...]], bool]

FILTERS = (".txt", ".sql", ".ldap")


class Wrong(NamedTuple):
    """What is wrong with a condition: which argument (from 0), and what is expected."""

    argument: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A condition: its kinds of arguments, of which the last `optional` may miss."""

    name: str
    kinds: tuple[str, ...] = ()
    optional: int = 0
    build: Callable[[tuple[Argument, ...]], Test]
    about: str

    @property
    def usage(self) -> str:
        """How it is written, as documentation and errors show it."""
        least = len(self.kinds) - self.optional
        shown = [
            kind if i < least else f"[{kind}]" for i, kind in enumerate(self.kinds)
        ]
        return f"{self.name}({', '.join(shown)})"


# --- kinds of arguments -------------------------------------------------------------


def _no_regexp(argument: Argument) -> str:
    return "a [variable], a word or a 'text' is" if _is_regexp(argument) else ""


def _regexp(argument: Argument) -> str:
    if not isinstance(argument, Regexp):
        return "a regular expression between slashes, such as /\\.org$/, is"
    try:
        patterns.read(argument.pattern)
    except patterns.PatternError as error:
        return f"a regular expression is ({error}), which"
    return ""


def _date(argument: Argument) -> str:
    if isinstance(argument, Literal):
        try:
            dates.seconds(argument.text, now=clock.now())
        except ValueError:
            return "a date such as 2026y12m31d or execution_date-30d is"
    return _no_regexp(argument)


def _network(argument: Argument) -> str:
    if isinstance(argument, Literal):
        try:
            netmask.read(argument.text)
        except ValueError:
            return "a network such as 192.0.2.0/24 or 2001:db8::/32 is"
    return _no_regexp(argument)


def _filter(argument: Argument) -> str:
    if isinstance(argument, Literal) and argument.text.endswith(FILTERS):
        return "" if "/" not in argument.text else "a file name without `/` is"
    return f"the name of a filter, ending in {' or '.join(FILTERS)}, is"


def _is_regexp(argument: Argument) -> bool:
    return isinstance(argument, Regexp)


_KINDS: Mapping[str, Callable[[Argument], str]] = MappingProxyType(
    {
        "value": _no_regexp,
        "list": _no_regexp,
        "address": _no_regexp,
        "/regexp/": _regexp,
        "date": _date,
        "network": _network,
        "filter": _filter,
        "any": lambda _: "",
    }
)


def check(condition: Condition) -> Wrong | None:
    """Say what is wrong with a condition's arguments; None if nothing is."""
    if condition.name.startswith(CUSTOM):
        return None
    entry = CONDITIONS[condition.name]
    count, most = len(condition.arguments), len(entry.kinds)
    if not most - entry.optional <= count <= most:
        return Wrong(count, f"{entry.usage} is expected, not {count} arguments")
    for place, argument in enumerate(condition.arguments):
        if expected := _KINDS[entry.kinds[place]](argument):
            return Wrong(place, f"{expected} expected in {entry.usage}, not {argument}")
    return None


# --- tests ----------------------------------------------------------------------------


def _plain(test: Test) -> Callable[[tuple[Argument, ...]], Test]:
    """Make a test of the values alone: nothing in its arguments is worth reading once."""
    return lambda _: test


def addresses(values: Values) -> list[str]:
    """Return the addresses in values, which may be address fields of a header."""
    found: list[str] = []
    for value in values:
        if any(mark in value for mark in "<,;( "):
            found.extend(address for _, address in mailboxes(value))
        elif value:
            found.append(value)
    return found


def _role(held: Callable[[World, str, str], bool]) -> Callable[..., Test]:
    def test(world: World, values: tuple[Values, ...]) -> bool:
        lists, who = values
        return any(
            held(world, world.list_address(name), address)
            for name in lists
            for address in addresses(who)
        )

    return _plain(test)


def _is_listmaster(world: World, values: tuple[Values, ...]) -> bool:
    return any(map(world.facts.is_listmaster, addresses(values[0])))


def _equal(_: World, values: tuple[Values, ...]) -> bool:
    left, right = values
    return any(one.lower() == other.lower() for one in left for other in right)


def _less_than(_: World, values: tuple[Values, ...]) -> bool:
    return any(_less(one, other) for one in values[0] for other in values[1])


def _less(one: str, other: str) -> bool:
    """Compare as numbers what are numbers, else as texts."""
    try:
        return float(one) < float(other)
    except ValueError:
        return one < other


def _match(arguments: tuple[Argument, ...]) -> Test:
    regexp = arguments[1]
    pattern = patterns.read(regexp.pattern if isinstance(regexp, Regexp) else "")

    def test(world: World, values: tuple[Values, ...]) -> bool:
        found = pattern.for_domain(world.request.domain)
        return any(map(found, values[0]))

    return test


def _older(world: World, values: tuple[Values, ...]) -> bool:
    return _seconds(values[0], world.request.now) <= _seconds(
        values[1], world.request.now
    )


def _newer(world: World, values: tuple[Values, ...]) -> bool:
    return not _older(world, values)


def _seconds(values: Values, now: datetime) -> float:
    try:
        return dates.seconds(values[0], now=now)
    except ValueError as error:
        raise ConditionError(str(error)) from error


def _verify_netmask(world: World, values: tuple[Values, ...]) -> bool:
    client = resolve(world, "[env->REMOTE_ADDR]")[0]
    try:
        return bool(client) and any(netmask.covers(text, client) for text in values[0])
    except ValueError as error:
        raise ConditionError(str(error)) from error


def _search(world: World, values: tuple[Values, ...]) -> bool:
    who = values[1] if len(values) > 1 else (world.request.sender,)
    found = tuple(addresses(who))
    return world.facts.search(values[0][0], found, lambda text: resolve(world, text))


def _message(_: World, __: tuple[Values, ...]) -> bool:
    raise ConditionError("message() has never meant anything")


CUSTOM = "customcondition::"


def custom(name: str) -> Test:
    """Return the test that calls a custom condition by the name behind `::`."""
    return lambda world, values: world.facts.custom_condition(name, values)


_TRUE = _plain(lambda _, __: True)
_TABLE: Sequence[Entry] = (
    Entry(name="true", build=_TRUE, about="Always."),
    Entry(name="all", build=_TRUE, about="Always; another word for true()."),
    Entry(
        name="is_listmaster",
        kinds=("address",),
        build=_plain(_is_listmaster),
        about="The address is a listmaster of the domain or of the site.",
    ),
    Entry(
        name="is_owner",
        kinds=("list", "address"),
        build=_role(lambda w, name, who: w.facts.is_owner(name, who)),
        about="The address owns the list, or is a listmaster.",
    ),
    Entry(
        name="is_editor",
        kinds=("list", "address"),
        build=_role(lambda w, name, who: w.facts.is_editor(name, who)),
        about="The address moderates the list; owners do, where nobody else does.",
    ),
    Entry(
        name="is_subscriber",
        kinds=("list", "address"),
        build=_role(lambda w, name, who: w.facts.is_subscriber(name, who)),
        about="The address is a member of the list, suspended or not.",
    ),
    Entry(
        name="match",
        kinds=("value", "/regexp/"),
        build=_match,
        about="The regular expression is found in the value, without case; `[domain]` in"
        " it is the domain. An empty one is found nowhere.",
    ),
    Entry(
        name="equal",
        kinds=("value", "value"),
        build=_plain(_equal),
        about="The values are the same, without case; of several, any.",
    ),
    Entry(
        name="less_than",
        kinds=("value", "value"),
        build=_plain(_less_than),
        about="The first is less: as numbers, if both are, else as texts.",
    ),
    Entry(
        name="older",
        kinds=("date", "date"),
        build=_plain(_older),
        about="The first date is before the second, or the same.",
    ),
    Entry(
        name="newer",
        kinds=("date", "date"),
        build=_plain(_newer),
        about="The first date is after the second.",
    ),
    Entry(
        name="verify_netmask",
        kinds=("network",),
        build=_plain(_verify_netmask),
        about="The web client's address is in the network; never by mail.",
    ),
    Entry(
        name="search",
        kinds=("filter", "address"),
        optional=1,
        build=_plain(_search),
        about="The named filter finds the address, which is the sender if left out.",
    ),
    Entry(
        name="message",
        kinds=("any", "any"),
        optional=2,
        build=_plain(_message),
        about="Read, since Sympa reads it, and an error wherever it is asked.",
    ),
)

CONDITIONS: Mapping[str, Entry] = MappingProxyType(
    {entry.name: entry for entry in _TABLE}
)
