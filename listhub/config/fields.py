"""The field machinery of settings: one declaration gives type, bounds, help and docs.

`setting(default, about, ...)` declares a field of a frozen dataclass; `specs` lists
the fields of such a class; `read_value` and `read_text` turn what a person wrote
into the field's type or raise `WrongValueError`, which says what is allowed.  The site's
settings and the lists' settings both stand on this.
"""

import dataclasses
import difflib
import functools
import json
import math
import re
import types
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

Mask = Literal["", "all", "url"]
Kind = Literal["text", "whole", "number", "switch", "texts", "numbers"]

_KINDS: Mapping[object, Kind] = types.MappingProxyType(
    {
        str: "text",
        int: "whole",
        float: "number",
        bool: "switch",
        tuple[str, ...]: "texts",
        dict[str, int]: "numbers",
    }
)
_SWITCHES = types.MappingProxyType(
    {
        **dict.fromkeys(("true", "yes", "on", "1"), True),
        **dict.fromkeys(("false", "no", "off", "0"), False),
    }
)
# C0 (a tab too: nothing here needs one), DEL, C1 and lone surrogates, which come
# from undecodable bytes in the environment.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SHOWN_LENGTH = 60
_DIGITS = 30


class WrongValueError(ValueError):
    """A value that its setting does not allow: `shown` is the value, `allowed` what is."""

    def __init__(self, *, shown: str, allowed: str, item: int = 0) -> None:
        super().__init__(f"{shown}; {allowed}")
        self.shown = shown
        self.allowed = allowed
        self.item = item

    def sentence(self, *, source: str, name: str) -> str:
        """Return the one sentence for whoever wrote it: where, which, what is allowed."""
        which = f"item {self.item} of {name}" if self.item else name
        return f"{source}: {which} is {self.shown}; {self.allowed} is allowed."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is known about a setting beside its type: help, unit, bounds, secrecy."""

    about: str
    unit: str = ""
    choices: tuple[object, ...] = ()
    above: float | None = None
    least: float | None = None
    most: float | None = None
    pattern: str = ""
    words: str = ""
    mask: Mask = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One setting: its name in its section, kind, default and rule."""

    name: str
    kind: Kind
    default: object
    rule: Rule


def setting(default: object, about: str, **rule: Any) -> Any:
    """Declare a field: its default, one sentence of help, and what `Rule` knows."""
    metadata = {"rule": Rule(about=about, **rule)}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache
def specs(cls: type) -> Mapping[str, Spec]:
    """Return the settings that `cls` declares, by name, in their order."""
    hints = get_type_hints(cls)
    found = {}
    for field in dataclasses.fields(cls):
        if "rule" not in field.metadata:
            continue
        rule = cast("Rule", field.metadata["rule"])
        hint = hints[field.name]
        if get_origin(hint) is Literal:
            rule = dataclasses.replace(rule, choices=get_args(hint))
            hint = type(rule.choices[0])
        default = (
            field.default
            if field.default_factory is dataclasses.MISSING
            else field.default_factory()
        )
        found[field.name] = Spec(
            name=field.name, kind=_KINDS[hint], default=default, rule=rule
        )
    return types.MappingProxyType(found)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like `name`."""
    names = list(known)
    # difflib is quadratic: a key of a megabyte must not cost minutes.
    return difflib.get_close_matches(name[:100], names, n=1, cutoff=0.0)[0]


def shown(value: object) -> str:
    """Return a value as a sentence shows it: short, and never a whole document."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            text = json.dumps(one_line(value), ensure_ascii=False)
        case int() if abs(value) >= 10**_DIGITS:
            return f"a number of more than {_DIGITS} digits"
        case dict():
            return "a table"
        case list() | tuple():
            return "a list"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"


def one_line(text: str) -> str:
    """Return a text with a replacement character for each control character."""
    return _CONTROL.sub("\ufffd", text)


def masked(spec: Spec, value: object) -> object:
    """Return the value with its secrets made unreadable, for every place that shows it."""
    if not spec.rule.mask or not value:
        return value
    if spec.rule.mask == "all":
        return "***"
    if isinstance(value, tuple):
        return tuple(hide_passwords(str(item)) for item in value)
    return hide_passwords(str(value))


def hide_passwords(url: str) -> str:
    """Return a URL, or a text with URLs in it, with *** for every password."""
    # To the last "@": an unquoted "@" or "/" in a password must not show its tail.
    url = re.sub(r"(://[^:@/?#]*):.*@", r"\1:***@", url)
    return re.sub(r"(?i)([?&][^=&]*passw[^=&]*=)[^&]*", r"\1***", url)


def allowed(spec: Spec) -> str:
    """Return what a setting allows, in words that fit before "is allowed"."""
    rule = spec.rule
    if spec.kind == "switch":
        return "true or false"
    if rule.choices:
        return _either([shown(choice) for choice in rule.choices])
    if spec.kind == "text":
        return rule.words or "a text on one line"
    if spec.kind == "texts":
        return f"a list, each item {rule.words or 'a text on one line'},"
    noun = "a whole number" if spec.kind != "number" else "a number"
    phrase = " ".join(filter(None, (noun, rule.unit and f"of {rule.unit}")))
    phrase += _bounds(rule)
    if spec.kind == "numbers":
        return f"a table of {rule.words} with {phrase} for each"
    return phrase


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _bounds(rule: Rule) -> str:
    if rule.least is not None and rule.most is not None:
        return f" from {rule.least:.10g} to {rule.most:.10g}"
    parts = []
    if rule.above is not None:
        parts.append(f"greater than {rule.above:.10g}")
    if rule.least is not None:
        parts.append(f"not less than {rule.least:.10g}")
    if rule.most is not None:
        parts.append(f"not more than {rule.most:.10g}")
    return "".join((" ", " and ".join(parts))) if parts else ""


def read_value(spec: Spec, value: object) -> object:
    """Return a TOML or JSON value in the setting's own type, or raise WrongValueError."""
    readers = {
        "text": _text,
        "whole": _whole,
        "number": _number,
        "switch": _switch,
        "texts": _texts,
        "numbers": _numbers,
    }
    return readers[spec.kind](spec, value)


def read_text(spec: Spec, text: str) -> object:
    """Return a setting written as one text (environment, command line), or raise."""
    return read_value(spec, _from_text(spec.kind, text))


def _from_text(kind: Kind, text: str) -> object:
    """Read what can be read; what cannot stays text, and its setting refuses it."""
    bare = text.strip()
    if kind in {"text", "switch"}:
        return text if kind == "text" else _SWITCHES.get(bare.lower(), text)
    if kind == "texts" and not bare.startswith("["):
        return [item.strip() for item in bare.split(",") if item.strip()]
    if kind == "numbers" and not bare.startswith("{"):
        pairs = (item.partition("=") for item in bare.split(",") if item.strip())
        return {key.strip(): _from_text("whole", value) for key, _, value in pairs}
    if kind in {"whole", "number"}:
        return _arithmetic(bare, text)
    return _json(bare, text)


def _json(bare: str, text: str) -> object:
    try:
        return json.loads(bare)
    except (ValueError, RecursionError):
        return text


def _arithmetic(bare: str, text: str) -> object:
    if re.fullmatch(rf"[+-]?[0-9]{{1,{_DIGITS}}}", bare):
        return int(bare)
    if re.fullmatch(r"[+-]?[0-9]{1,30}\.[0-9]{1,30}", bare):
        return float(bare)
    return text


def _wrong(spec: Spec, value: object, *, item: int = 0) -> WrongValueError:
    # What may hold a password is not repeated: this sentence ends up in logs.
    text = "wrong (it may hold a secret and is not shown)"
    allows = (spec.rule.words or "a text on one line") if item else allowed(spec)
    return WrongValueError(
        shown=text if spec.rule.mask else shown(value), allowed=allows, item=item
    )


def _text(spec: Spec, value: object) -> object:
    rule = spec.rule
    if rule.choices and isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10 else value  # priority = 5
    if not isinstance(value, str) or not _text_fits(rule, value):
        raise _wrong(spec, value)
    return value


def _text_fits(rule: Rule, text: str) -> bool:
    if rule.choices:
        return text in rule.choices
    if _CONTROL.search(text):
        return False
    return not rule.pattern or re.fullmatch(rule.pattern, text) is not None


def _whole(spec: Spec, value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(spec, value)
    if not _number_fits(spec.rule, value):
        raise _wrong(spec, value)
    return value


def _number(spec: Spec, value: object) -> object:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(spec, value)
    if not _number_fits(spec.rule, value):
        raise _wrong(spec, value)
    return float(value)


def _number_fits(rule: Rule, value: float) -> bool:
    # Past bigint nothing is meant; this also keeps infinities and huge ints out.
    if abs(value) >= 2**63 or math.isnan(value):
        return False
    return (
        (not rule.choices or value in rule.choices)
        and (rule.above is None or value > rule.above)
        and (rule.least is None or value >= rule.least)
        and (rule.most is None or value <= rule.most)
    )


def _switch(spec: Spec, value: object) -> object:
    if not isinstance(value, bool):
        raise _wrong(spec, value)
    return value


def _texts(spec: Spec, value: object) -> object:
    if not isinstance(value, list | tuple):
        raise _wrong(spec, value)
    for place, item in enumerate(value, start=1):
        if not isinstance(item, str) or not _text_fits(spec.rule, item):
            raise _wrong(spec, item, item=place)
    return tuple(value)


def _numbers(spec: Spec, value: object) -> object:
    if not isinstance(value, dict):
        raise _wrong(spec, value)
    rule = spec.rule
    for key, item in value.items():
        if not isinstance(key, str) or not re.fullmatch(rule.pattern, key):
            raise _wrong(spec, key)
        if not isinstance(item, int) or isinstance(item, bool):
            raise _wrong(spec, item)
        if not _number_fits(rule, item):
            raise _wrong(spec, item)
    return dict(value)
