"""Checks: what is known of where a post comes from, in words for who decides.

Only what trusted servers wrote down, or what was verified here, is told; what a mail
says of itself is not (see `mail.authentication`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from listhub.i18n.text import N_, Text
from listhub.mail.address import domain_of
from listhub.mail.authentication import Authentication

Method = Literal["origin", "dkim", "spf", "dmarc", "arc"]
#: Whether it speaks for the author: it does, it does not, or it says nothing.
Good = Literal["yes", "no", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was checked, and what it means."""

    method: Method
    #: The word of RFC 8601: pass, fail, softfail, none ...
    result: str
    good: Good
    sentence: Text


_UNCHECKED = N_("Nobody has checked where this comes from.")
_SIGNED_BY_AUTHOR = N_(
    "Signed by %(domains)s, and the signature is valid: it speaks for the author (DKIM)."
)
_SIGNED_BY_OTHERS = N_(
    "Signed by %(domains)s, and the signature is valid; but it does not speak for the"
    " author (DKIM)."
)
_UNSIGNED = N_("It has no valid signature (DKIM).")
#: Results of which there is something to tell; all others say nothing.
_TOLD: Mapping[tuple[Method, str], tuple[Good, str]] = {
    ("spf", "pass"): (
        "open",
        N_("The server that sent it may send for its reverse-path's domain (SPF)."),
    ),
    ("spf", "fail"): (
        "no",
        N_("The server that sent it may not send for its reverse-path's domain (SPF)."),
    ),
    ("spf", "softfail"): (
        "no",
        N_(
            "The server that sent it should not send for its reverse-path's domain (SPF)."
        ),
    ),
    ("dmarc", "pass"): ("yes", N_("The author's domain vouches for it (DMARC).")),
    ("dmarc", "fail"): (
        "no",
        N_("The author's domain does not vouch for it; it may be forged (DMARC)."),
    ),
    ("arc", "pass"): (
        "open",
        N_("Who passed it on has sealed what they found, and the seals hold (ARC)."),
    ),
    ("arc", "fail"): ("no", N_("A seal of those who passed it on is broken (ARC).")),
}


def in_words(found: Authentication, *, author: str) -> tuple[Check, ...]:
    """Return what was checked of a post, the strongest word first."""
    good: Good
    others: tuple[tuple[Method, str], ...] = (
        ("dmarc", found.dmarc),
        ("spf", found.spf),
        ("arc", found.arc),
    )
    told = []
    for method, result in others:
        good, text = _TOLD.get((method, result), ("open", ""))
        if text:
            told.append(
                Check(method=method, result=result, good=good, sentence=Text(text))
            )
    if found.source != "none":
        told.insert(1 if found.dmarc in {"pass", "fail"} else 0, _dkim(found, author))
    if told:
        return tuple(told)
    unchecked = Text(_UNCHECKED)
    return (Check(method="origin", result="none", good="open", sentence=unchecked),)


def _dkim(found: Authentication, author: str) -> Check:
    if not found.dkim:
        return Check(
            method="dkim", result="none", good="open", sentence=Text(_UNSIGNED)
        )
    speaks = found.vouches_for(domain_of(author))
    text = _SIGNED_BY_AUTHOR if speaks else _SIGNED_BY_OTHERS
    return Check(
        method="dkim",
        result="pass",
        good="yes" if speaks else "open",
        sentence=Text(text, domains=", ".join(found.dkim)),
    )
