"""DMARC (RFC 9989): what a domain asks others to do, and whether we rewrite From.

Nothing is asked here.  `walk` names what is to be asked for, one name after another,
and is sent the TXT records found there; `policy` drives it with a function.  That
function may be one that breaks the work off until it has the answer.

    policy("a.mail.example.com", look_up)
        _dmarc.a.mail.example.com  ─▶ its own record counts alone: p
        _dmarc.mail.example.com, _dmarc.example.com, _dmarc.com
                                   ─▶ the organisation's: np, sp or p
"""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from listhub.mail import address

Policy = Literal["none", "quarantine", "reject"]
#: What one question found: TXT records, each joined to one text; None: no answer.
Found = Sequence[str] | None

MODES = (
    "all", "dkim_signature", "domain_regex", "dmarc_reject", "dmarc_quarantine",
    "dmarc_any",
)  # fmt: skip

_MOST_LABELS = 7  # of a name on the way up: at most eight questions, RFC 9989 §4.10
_POLICIES = ("none", "quarantine", "reject")
_VERSION = re.compile(r"v\s*=\s*DMARC1\s*(?:;|\Z)")  # §4.7: first, and in these letters
_PUBLISHED = {"dmarc_reject": "reject", "dmarc_quarantine": "quarantine"}


class NoAnswerError(Exception):
    """A name server gave no answer, so the policy is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a domain publishes; `sp` and `np` are those in force, p if not set."""

    domain: str
    p: Policy
    sp: Policy
    np: Policy
    psd: Literal["y", "n", "u"] = "u"
    #: The domain still tests: it asks for one degree less, but From rewritten as if not.
    testing: bool = False


def parse(text: str, *, domain: str) -> Record | None:
    """Return the record that a TXT record holds; None if it is none, or of no use.

    Unknown tags are passed over (§4.7), pct, rf and ri among them.  Without a valid
    `p` it says "none" (§4.7).
    """
    text = text.strip()
    if not _VERSION.match(text):
        return None
    tags: dict[str, str] = {}
    for tag in text.split(";"):
        name, _, value = tag.partition("=")
        tags.setdefault(name.strip().lower(), value.strip().lower())
    p = _policy(tags.get("p")) or "none"
    sp = _policy(tags.get("sp")) or p
    psd = tags.get("psd", "u")
    return Record(
        domain=domain,
        p=p,
        sp=sp,
        np=_policy(tags.get("np")) or sp,
        psd="y" if psd == "y" else "n" if psd == "n" else "u",
        testing=tags.get("t") == "y",
    )


def walk(domain: str) -> Generator[str, Found, tuple[Record, ...]]:
    """Give the names to ask, longest first, and return the records found (§4.10).

    It is sent what each name holds.  Raise NoAnswerError when it is sent None.
    """
    return _walk(_labels(domain))


def _walk(labels: list[str]) -> Generator[str, Found, tuple[Record, ...]]:
    found: list[Record] = []
    while labels:
        name = ".".join(labels)
        record = _record((yield _place(name)), name)
        if record:
            found.append(record)
            if record.psd != "u":
                break
        labels = _shorter(labels)
    return tuple(found)


def organisational_domain(domain: str, found: Sequence[Record]) -> str:
    """Return the domain that the walk from a domain shows it to belong to (§4.10.2)."""
    labels = _labels(domain)
    name = ".".join(labels)
    for record in found:
        if record.psd == "n":
            return record.domain
        if record.psd == "y" and record.domain != name:
            return ".".join(labels[-len(record.domain.split(".")) - 1 :])
    return found[-1].domain if found else name


def policy(
    domain: str, look_up: Callable[[str], Found], *, exists: bool = True
) -> Policy | None:
    """Return what is asked for mail from a domain, None if it takes no part (§4.10.1).

    `look_up` gets each name to ask for.  Raise NoAnswerError if it returns None.
    """
    labels = _labels(domain)
    if not labels:
        return None
    name = ".".join(labels)
    if own := _record(look_up(_place(name)), name):
        return own.p
    found = _driven(_walk(_shorter(labels)), look_up)
    organisation = organisational_domain(domain, found)
    published = next(
        (r for r in found if r.domain == organisation),
        # §4.10.1: then that of the public suffix, where the walk has ended.
        next((r for r in found if r.psd == "y"), None),
    )
    if published is None:
        return None
    return published.sp if exists else published.np


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """When a list rewrites From; an anonymous list has no modes, it has no authors."""

    modes: tuple[str, ...] = ()
    domain_regex: str = ""  #: the end of the author's address, for mode `domain_regex`
    own_domains: tuple[str, ...] = ()  #: whose mail our own signature covers


def decide(
    protection: Protection,
    *,
    author: str,
    signed: bool,
    look_up: Callable[[str], Found],
) -> str | None:
    """Return why From must be rewritten, in words for the trace, or None.

    The first reason counts.  Nothing is looked up unless a mode needs it; if there is
    no answer then, From is rewritten: a copy refused costs more than a name changed.
    """
    domain = address.domain_of(author)
    if not domain or domain in map(_key, protection.own_domains):
        return None
    if "all" in protection.modes:
        return "all authors"
    if "dkim_signature" in protection.modes and signed:
        return "a DKIM signature that our changes would break"
    if "domain_regex" in protection.modes and _ends_like(author, protection):
        return f"{domain} is one of the list's domain_regex"
    return _published(protection, domain, look_up)


def _ends_like(author: str, protection: Protection) -> bool:
    pattern = protection.domain_regex
    try:
        return bool(pattern and re.search(rf"(?:{pattern})\Z", author, re.IGNORECASE))
    except re.error:
        return True  # as with a name server that does not answer


def _published(
    protection: Protection, domain: str, look_up: Callable[[str], Found]
) -> str | None:
    wanted = {mode for mode in protection.modes if mode.startswith("dmarc_")}
    if not wanted or domain.startswith("["):  # RFC 5321 §4.1.3: a literal has no DNS
        return None
    try:
        published = policy(domain, look_up)
    except NoAnswerError as error:
        return f"no answer about the DMARC policy of {error}"
    if published is None:
        return None
    if "dmarc_any" in wanted or any(_PUBLISHED.get(m) == published for m in wanted):
        return f"the DMARC policy of {domain} is {published}"
    return None


def _driven(
    way: Generator[str, Found, tuple[Record, ...]], look_up: Callable[[str], Found]
) -> tuple[Record, ...]:
    try:
        name = next(way)
        while True:
            name = way.send(look_up(name))
    except StopIteration as end:
        return cast("tuple[Record, ...]", end.value)


def _record(answer: Found, domain: str) -> Record | None:
    if answer is None:
        raise NoAnswerError(domain)
    records = [r for text in answer if (r := parse(text, domain=domain))]
    return records[0] if len(records) == 1 else None  # §4.10: several are none


def _place(domain: str) -> str:
    return f"_dmarc.{domain}"


def _shorter(labels: list[str]) -> list[str]:
    return labels[max(1, len(labels) - _MOST_LABELS) :]


def _key(domain: str) -> str:
    return address.domain_of(f"x@{domain}")


def _policy(text: str | None) -> Policy | None:
    return cast("Policy", text) if text in _POLICIES else None


def _labels(domain: str) -> list[str]:
    """§5.3.1: names are asked for in A-labels."""
    parsed = address.parse_addr_spec(f"x@{domain.strip().rstrip('.')}")
    written = (parsed.ascii if parsed else None) or ""
    return written.lower().rpartition("@")[2].split(".") if written else []
