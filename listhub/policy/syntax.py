"""The parts of a scenario file as values, and how they are written down again.

`grammar.parse` makes them, `scenario` links and compiles them.  Where a part stands
(line, text) is told to people and does not count when two parts are compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from typing_extensions import override

from listhub.errors import UsageError

#: Weakest first.  `pgp` is read and never comes from a request.
METHODS = ("smtp", "md5", "smime", "pgp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at one place of a file, and what was expected; counted from 1."""

    file: str
    line: int
    column: int
    text: str

    @override
    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class ScenarioError(UsageError):
    """A scenario that cannot be used; `problems` has every place that is wrong."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        tail = f" ({more} more like this)" if more else ""
        super().__init__(f"{self.problems[0]}{tail}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A word, or a text in quotes."""

    text: str

    @override
    def __str__(self) -> str:
        quote = '"' if "'" in self.text else "'"
        return f"{quote}{self.text}{quote}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """`[name]`, `[name->key]` or `[name->key][index]`."""

    name: str
    key: str = ""
    index: int | None = None

    @override
    def __str__(self) -> str:
        inner = f"{self.name}->{self.key}" if self.key else self.name
        return f"[{inner}]" + (f"[{self.index}]" if self.index is not None else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regexp:
    """The pattern between two slashes; a slash in it is written with a backslash."""

    pattern: str

    @override
    def __str__(self) -> str:
        return "/{}/".format(self.pattern.replace("/", r"\/"))


Argument = Literal | Variable | Regexp


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition with its arguments, perhaps negated; names are in lower case."""

    name: str
    arguments: tuple[Argument, ...] = ()
    negated: bool = False

    @override
    def __str__(self) -> str:
        mark = "!" if self.negated else ""
        return f"{mark}{self.name}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a rule decides; `address` is whom request_auth asks, if not the sender."""

    name: str
    quiet: bool = False
    notify: bool = False
    reason: str = ""
    template: str = ""
    address: Variable | None = None

    @override
    def __str__(self) -> str:
        named = (("reason", self.reason), ("tt2", self.template))
        inner = ", ".join(f"{key}='{value}'" for key, value in named if value)
        if self.address:
            inner = str(self.address)
        return self.name + (f"({inner})" if inner else "") + self.flags

    @property
    def flags(self) -> str:
        """The marks behind the action: `,quiet`, `,notify`, both or none."""
        return (",quiet" if self.quiet else "") + (",notify" if self.notify else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """If the request came by one of the methods and the condition holds: the action."""

    condition: Condition
    methods: tuple[str, ...]
    action: Action
    line: int = field(default=0, compare=False)
    text: str = field(default="", compare=False)

    @override
    def __str__(self) -> str:
        return f"{self.condition}  {','.join(self.methods)}  ->  {self.action}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """The rules of the file `include.<name>` stand here."""

    name: str
    line: int = field(default=0, compare=False)

    @override
    def __str__(self) -> str:
        return f"include '{self.name}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What menus call the scenario; `language` is "" or "gettext" for English."""

    text: str
    language: str = ""

    @override
    def __str__(self) -> str:
        return f"title{'.' if self.language else ''}{self.language} {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One file: its titles, and its rules and includes in their order."""

    file: str = field(default="", compare=False)
    titles: tuple[Title, ...] = ()
    steps: tuple[Rule | Include, ...] = ()

    @override
    def __str__(self) -> str:
        return "".join(f"{part}\n" for part in (*self.titles, *self.steps))

    def title(self, language: str = "en") -> str:
        """Return the title in a language, in English without one, or ""."""
        found = {title.language: title.text for title in self.titles}
        short = language.replace("_", "-").lower()
        wanted = (short, short.partition("-")[0], "en", "en-us", "gettext", "")
        return next((found[key] for key in wanted if key in found), "")
