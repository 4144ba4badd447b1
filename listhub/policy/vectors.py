"""Rows of a truth table of scenarios, evaluated and compared.

A row names a question (function, scenario, auth, sender_role, message, target, header)
and its answer (action, reason, tt2).  The world that they are asked in is made here: one
open list, one person in each role.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from listhub.mail.draft import Draft
from listhub.policy.decision import Decision
from listhub.policy.evaluate import Compiled, evaluate
from listhub.policy.facts import StaticFacts, keys
from listhub.policy.library import NoFiles
from listhub.policy.operations import OPERATIONS
from listhub.policy.request import NOBODY, Auth, Request
from listhub.policy.scenario import load

LIST, DOMAIN = "dev", "l.example.org"
OTHER = "target@x.org"
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "nobody": NOBODY,
        "stranger": "stranger@x.org",
        "subscriber": "sub@x.org",
        "editor": "ed@x.org",
        "owner": "own@x.org",
        "listmaster": f"lm@{DOMAIN}",
    }
)
_MESSAGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "plain": (f"{LIST}@{DOMAIN}", "text/plain"),
        "multipart_mixed": (f"{LIST}@{DOMAIN}", "multipart/mixed; boundary=b"),
        "bcc": ("somebody@x.org", "text/plain"),
    }
)
#: The tables shorten these lines of headers.
_SHORTENED: Mapping[str, str] = MappingProxyType(
    {
        "X-Spam-Status: Yes": "X-Spam-Status: Yes, score=9",
        "X-Spam-Status: No": "X-Spam-Status: No, score=0",
        "X-Bogosity: Spam": "X-Bogosity: Spam, x",
    }
)
_AUTHS: Mapping[str, Auth] = MappingProxyType(
    {"smtp": "smtp", "md5": "md5", "smime": "smime"}
)
_KEYS = frozenset(
    {"function", "scenario", "auth", "sender_role", "message", "target", "header"}
    | {"action", "reason", "tt2"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A row with the answer that we give; `problem` is why there is none."""

    row: Mapping[str, Any]
    answer: Mapping[str, str]
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is the answer of the row."""
        return not self.problem and self.answer == answer_of(self.row)


def answer_of(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the answer that a row expects."""
    return {key: str(row[key]) for key in ("action", "reason", "tt2") if row.get(key)}


def run(rows: Iterable[object]) -> list[Outcome]:
    """Evaluate every row with the shipped scenarios."""
    facts = world()
    return [_outcome(row, facts) for row in rows]


def world() -> StaticFacts:
    """Return who is who in the world of the tables."""
    address = f"{LIST}@{DOMAIN}"
    return StaticFacts(
        members={address: keys([ROLES["subscriber"]])},
        editors={address: keys([ROLES["editor"]])},
        owners={address: keys([ROLES["owner"]])},
        listmasters=keys([ROLES["listmaster"]]),
        filters={"blocklist.txt": ""},
    )


def request_of(row: Mapping[str, Any]) -> Request:
    """Return the question of a row; ValueError says what in it is not understood."""
    operation = row.get("function", "")
    if unknown := row.keys() - _KEYS:
        raise ValueError(f"unknown keys: {', '.join(sorted(map(str, unknown)))}")
    if operation not in OPERATIONS:
        raise ValueError(f"unknown function: {operation!r}")
    sender = _one_of(ROLES, row, "sender_role") or NOBODY
    auth = _AUTHS[_one_of(_AUTHS, row, "auth") or "smtp"]
    targets = {"self": sender, "other": OTHER}
    target = _one_of(targets, row, "target") or sender
    return Request(
        operation=operation,
        domain=DOMAIN,
        listname="" if OPERATIONS[operation].of_domain else LIST,
        auth=auth,
        sender=sender,
        message=_message(row),
        context={"email": target, "current_email": sender},
    )


def scenario_of(row: Mapping[str, Any]) -> str:
    """Return the name of the scenario of a row; ValueError without one."""
    name = row.get("scenario")
    if not name or not isinstance(name, str):
        raise ValueError("the row names no scenario")
    return name


def _one_of(
    known: Mapping[str, str] | Mapping[str, Auth], row: Mapping[str, Any], key: str
) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if value not in known:
        raise ValueError(f"{key} is one of {', '.join(known)}, not {value!r}")
    return known[value]


def _message(row: Mapping[str, Any]) -> Draft | None:
    if header := row.get("header"):
        return _draft("plain", "" if header == "none" else str(header))
    kind = row.get("message")
    if kind is not None and kind not in _MESSAGES:
        raise ValueError(f"message is one of {', '.join(_MESSAGES)}, not {kind!r}")
    return _draft(kind, "") if kind else None


@functools.lru_cache(maxsize=64)
def _draft(kind: str, line: str) -> Draft:
    to, content_type = _MESSAGES[kind]
    head = f"From: x@x.org\nTo: {to}\nContent-Type: {content_type}\n"
    line = _SHORTENED.get(line, line)
    return Draft.parse(f"{head}{line}{chr(10) if line else ''}\ntext\n".encode())


@functools.cache
def shipped(operation: str, name: str) -> Compiled:
    """Return a shipped scenario, with the blocklist where Sympa puts it."""
    blocked = operation in {"send", "create_list"}
    return load(NoFiles(), operation=operation, name=name, use_blocklist=blocked)


def _outcome(row: object, facts: StaticFacts) -> Outcome:
    if not isinstance(row, dict):
        return Outcome(row={}, answer={}, problem="the row is not an object")
    try:
        request = request_of(row)
        name = scenario_of(row)
    except (ValueError, TypeError) as error:
        return Outcome(row=row, answer={}, problem=str(error))
    decision = evaluate(shipped(request.operation, name), request, facts)
    return Outcome(row=row, answer=_answer(decision), problem=decision.error)


def _answer(decision: Decision) -> dict[str, str]:
    found = {
        "action": decision.written,
        "reason": decision.reason,
        "tt2": decision.template,
    }
    return {key: value for key, value in found.items() if value}
