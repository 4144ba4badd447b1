"""What a kind of source is: its fields, and how a reader is made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.lists.sources.source import Reader

#: Characters of one value.
_LONGEST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One setting of a source, a text."""

    about: str
    required: bool = False
    default: str = ""
    #: Shown to nobody again.
    secret: bool = False


#: Makes a reader of checked fields, for a list; UsageError for what cannot be.
Make = Callable[[Mapping[str, str], int], Reader]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of source."""

    name: str
    about: str
    fields: Mapping[str, Field]
    make: Make

    def read_fields(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return all fields with their defaults; UsageError for a wrong or missing one."""
        for name, value in given.items():
            if name not in self.fields:
                raise UsageError(
                    f"A source of kind {self.name} has no {shown(name)[1:-1]}; did you"
                    f" mean {nearest(name, self.fields)}?"
                )
            if "\0" in value or len(value) > _LONGEST:
                raise UsageError(
                    f"{name} is not a text of at most {_LONGEST} characters."
                )
        found = {
            name: given.get(name, "").strip() or field.default
            for name, field in self.fields.items()
        }
        missing = [
            name
            for name, field in self.fields.items()
            if field.required and not found[name]
        ]
        if missing:
            raise UsageError(
                f"A source of kind {self.name} needs {missing[0]}:"
                f" {self.fields[missing[0]].about}"
            )
        return found


def number(fields: Mapping[str, str], name: str, *, most: int) -> int:
    """Return a field as a whole number from 1 to `most`; UsageError for anything else."""
    written = fields[name]
    if not written.isdecimal() or not 1 <= int(written) <= most:
        raise UsageError(
            f"{name} is {shown(written)}; a whole number from 1 to {most} is allowed."
        )
    return int(written)


def one_of(fields: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """Return a field that is one of a few words; UsageError names them."""
    if fields[name] not in known:
        raise UsageError(
            f"{name} is {shown(fields[name])}; {', '.join(known)} are allowed."
        )
    return fields[name]
