"""Files of named filters that ask elsewhere: `name value` lines, with variables in them.

Lines that start with `#` are comments; a line that starts with a blank goes on with the
value before it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

VARIABLE = re.compile(r"\[[A-Za-z_][\w-]*(?:->[^\]\s>]+)?\]")

#: Gives the value of a variable, written as `[name]` or `[name->key]`.
Value = Callable[[str], str]

#: Seconds for which an answer is relied on, and for which a failure is.
KEEP, KEEP_FAILURE = 3600.0, 60.0


class FilterError(ValueError):
    """A filter that cannot be asked; the text says what is wrong with its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Whether a filter found somebody; `error` is why it could not be asked."""

    found: bool = False
    error: str = ""


def read(
    text: str, *, known: Mapping[str, bool], header: str = ""
) -> Mapping[str, str]:
    """Return the values of a file by name; `known` says which of them must be there.

    `header` is a line that may stand before them.  FilterError names what is wrong.
    """
    values: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#") or line.strip() == header:
            continue
        if line[0].isspace() and name:
            values[name] = f"{values[name]} {line.strip()}"
            continue
        name, _, value = line.strip().partition(" ")
        name, _, rest = name.partition("\t")
        if name not in known:
            raise FilterError(f"{name!r} is none of {', '.join(known)}")
        values[name] = f"{rest} {value}".strip()
    missing = [name for name, needed in known.items() if needed and name not in values]
    if missing:
        raise FilterError(f"{', '.join(missing)} is missing")
    return values
