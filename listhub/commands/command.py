"""What a command is: its words, what it takes, who may use it, and what does it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from listhub.commands.context import Context
    from listhub.commands.reply import Reply

Result = Literal["do_it", "owner", "request_auth", "listmaster", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument; `rest` takes all that is left of the line, blanks included."""

    name: str
    #: What it may be, as a whole; people are told `words` where it is not.
    pattern: re.Pattern[str]
    words: str
    optional: bool = False
    rest: bool = False

    @property
    def usage(self) -> str:
        """Return how it stands in a line of help: LIST, [NAME]."""
        return f"[{self.name}]" if self.optional else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line that asks for something, understood."""

    command: "Command"
    arguments: Mapping[str, str]
    #: As it was written, without QUIET and without what surrounds it.
    written: str
    #: Nothing is reported if all goes well.
    quiet: bool = False

    def get(self, name: str) -> str:
        """Return an argument, "" where it was left out."""
        return self.arguments.get(name, "")


Run = Callable[[Line, "Context"], "Reply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, as docs/reference/commands.md has it."""

    name: str
    #: One sentence for people: what it does.
    about: str
    #: The scenario that decides, or in words who may use it.
    right: str
    run: Run
    synonyms: tuple[str, ...] = ()
    arguments: tuple[Argument, ...] = ()
    #: What a scenario may answer.
    results: tuple[Result, ...] = field(default=())

    @property
    def usage(self) -> str:
        """Return how it is written: SUBSCRIBE LIST [NAME]."""
        return " ".join([self.name, *(each.usage for each in self.arguments)])
