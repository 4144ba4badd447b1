"""TOML texts: read with one sentence for what is wrong, and write flat values.

The standard library reads TOML but does not write it.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from listhub.config.fields import one_line
from listhub.errors import UsageError

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_document(text: str, *, source: str) -> dict[str, Any]:
    """Return the tables of a TOML text; UsageError names `source` and the line."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # A plain ValueError too: a number of 5000 digits is more than int() takes.
        what = one_line(str(error))[:200]
        raise UsageError(f"{source}: is not right TOML: {what}.") from None


def line(key: str, value: object, *, comment: str = "") -> str:
    """Return `key = value`, with the comment behind it, without an end of line."""
    name = key if _BARE_KEY.fullmatch(key) else _text(key)
    return f"{name} = {written(value)}" + (f"  # {comment}" if comment else "")


def document(values: Mapping[str, object]) -> str:
    """Return one line for each value, in the mapping's order."""
    return "".join(f"{line(key, value)}\n" for key, value in values.items())


def written(value: object) -> str:
    """Return a text, number, switch, list or table of these as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case int() | float():
            return repr(value)
        case list() | tuple():
            return "[" + ", ".join(written(item) for item in value) + "]"
        case dict():
            pairs = ", ".join(line(key, item) for key, item in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            raise TypeError(f"no TOML for {type(value).__name__}")


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but TOML wants DEL escaped as well.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
