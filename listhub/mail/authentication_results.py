"""The field Authentication-Results (RFC 8601), read from anybody and written by us.

Reading never raises and is linear; what is not understood of a field is left out.
Whether a field may be believed is not decided here, but in `authentication`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from listhub.mail import encoded_words
from listhub.mail.headers import Field

NAME = "Authentication-Results"

_LONGEST = 16_384  # octets of a value worth reading
_MOST = 100  # results of one field
_TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*+")'
    r"|(?P<open>\()"
    r"|(?P<end>;)"
    r"|(?P<blank>\s++)"
    r'|(?P<text>[^"(;\s]++)',
    re.DOTALL,
)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_PAIR = re.compile(
    r"(?<!\S)(?P<key>[A-Za-z0-9_-]+(?: ?[./] ?[A-Za-z0-9_-]+)?) ?= ?"
    r'(?P<value>(?:"(?:[^"\\]|\\.)*+"|[^\s"])++)',
    re.DOTALL,
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TOKEN_TEXT = re.compile(r"[!#-'*+.0-9A-Z^_`a-z{|}~@/=-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one method said; properties are named as `header.d`, in lower case."""

    method: str
    result: str
    reason: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that one server says of a message."""

    authserv_id: str
    results: tuple[Result, ...] = ()

    def of(self, method: str) -> tuple[Result, ...]:
        """Return the results of one method, in order."""
        return tuple(result for result in self.results if result.method == method)


def is_results(field: Field) -> bool:
    """Say whether a field is called Authentication-Results."""
    return field.name == b"authentication-results"


def parse(value: bytes) -> Results | None:
    """Read a field's value; None if it does not even name a server."""
    first, *others = _statements(encoded_words.plain(value[:_LONGEST]))
    words = first.split(" ")
    authserv_id = _unquoted(words[0]).lower()
    if not authserv_id:
        return None
    # RFC 8601 §2.5: a version that we do not know may mean anything.
    if len(words) > 1 and words[1] not in {"", "1"}:
        return Results(authserv_id=authserv_id)
    results = (_result(statement) for statement in others[:_MOST])
    return Results(
        authserv_id=authserv_id, results=tuple(found for found in results if found)
    )


def payload(authserv_id: str, results: Iterable[Result]) -> str:
    """Write a value, for this field and for ARC-Authentication-Results."""
    written = [_written(result) for result in results] or ["none"]
    return "; ".join([authserv_id, *written])


def _statements(text: str) -> list[str]:
    """Cut at semicolons; comments and blanks become one blank each."""
    statements: list[list[str]] = [[]]
    for kind, piece in _tokens(text):
        pieces = statements[-1]
        if kind == "end":
            statements.append([])
        elif kind != "blank":
            pieces.append(piece)
        elif pieces and pieces[-1] != " ":
            pieces.append(" ")
    return ["".join(pieces).strip(" ") for pieces in statements]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Give the pieces of a value, up to a quote that does not close."""
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "open":
            # RFC 5322 §3.2.2: comments nest.
            position = _comment_end(text, match.start())
            kind = "blank"
        yield kind, match[0]


def _comment_end(text: str, start: int) -> int:
    depth = 0
    for match in _PARENTHESIS.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return len(text)


def _result(statement: str) -> Result | None:
    pairs = [
        (match["key"].replace(" ", "").lower(), _unquoted(match["value"]))
        for match in _PAIR.finditer(statement)
    ]
    # The method comes first (`dkim/1=pass`); what stands before it is no result.
    if not pairs or not _PAIR.match(statement) or "." in pairs[0][0]:
        return None
    properties: dict[str, str] = {}
    reason = ""
    for key, value in pairs[1:]:
        if key == "reason":
            reason = reason or value
        elif "." in key:
            properties.setdefault(key, value)
    return Result(
        method=pairs[0][0].partition("/")[0],
        result=pairs[0][1].lower(),
        reason=reason,
        properties=properties,
    )


def _written(result: Result) -> str:
    pairs = [f"{result.method}={result.result}"]
    if result.reason:
        pairs.append(f"reason={_quoted(result.reason, always=True)}")
    pairs += [f"{key}={_quoted(value)}" for key, value in result.properties.items()]
    return " ".join(pairs)


def _quoted(value: str, *, always: bool = False) -> str:
    value = encoded_words.safe(value)
    if not always and _TOKEN_TEXT.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _unquoted(value: str) -> str:
    return _QUOTED.sub(lambda match: _ESCAPE.sub(r"\1", match[1]), value)
