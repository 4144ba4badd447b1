"""Who vouches for the author of a message: whose word counts, and what it says.

Anybody can write `Authentication-Results: mx.example.org; dkim=pass`.  What tells the
field of our own border from a forged one is where it stands, and that the border
removes those that bear its name (RFC 8601 §5).  So a field counts only if its
authserv-id is one that we trust, and if it stands above what the outside has written:

    Authentication-Results: mx.example.org …   counts
    Received: … by mx.example.org              (hops=1: what is below this counts, too)
    Authentication-Results: mx.example.org …   forged, for all that we can tell
    Received: … by somewhere.example
"""

from dataclasses import dataclass
from typing import Literal

from listhub.mail import authentication_results
from listhub.mail.authentication_results import Result, Results
from listhub.mail.headers import Headers

Source = Literal["trusted field", "verified here", "none"]
Chain = Literal["none", "pass", "fail"]

_RESULTS = frozenset(
    {
        "fail",
        "neutral",
        "none",
        "pass",
        "permerror",
        "policy",
        "softfail",
        "temperror",
    }
)  # RFC 8601 §2.7
_ARC = b"arc-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose fields count, and how many Received fields our own hosts add above them.

    With more than 0 hops the border has to remove forged fields: it writes into the
    middle of what the outside wrote, and nothing else tells them apart.
    """

    authserv_ids: tuple[str, ...] = ()
    hops: int = 0

    def covers(self, authserv_id: str) -> bool:
        """Say whether an authserv-id is one of those trusted; case does not count."""
        return authserv_id in {trusted.lower() for trusted in self.authserv_ids}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What is known of the origin of a message."""

    #: Whose word `dkim` is; "none": nobody has looked.
    source: Source = "none"
    #: The domains that signed (d=), and whose signature is valid.
    dkim: tuple[str, ...] = ()
    #: Of the reverse-path, as a trusted field has it.
    spf: str = "none"
    #: Of the author's domain, as a trusted field has it.
    dmarc: str = "none"
    #: The chain of ARC seals as it came in.
    arc: Chain = "none"

    def vouches_for(self, domain: str, *, organisation: str = "") -> bool:
        """Say whether an author at this domain is who the message says.

        A signer vouches for its own name and those below it; for its neighbours and
        parents only where their common organisational domain is known (RFC 9989).
        """
        if self.dmarc == "pass":
            return True
        domain, organisation = domain.lower(), organisation.lower()
        return any(
            _within(domain, signer)
            or (_within(domain, organisation) and _within(signer, organisation))
            for signer in self.dkim
        )


def trusted_results(headers: Headers, trust: Trust) -> tuple[Results, ...]:
    """Return what the fields say that count, the newest first."""
    return tuple(results for _place, results in _trusted(headers, trust))


def read(headers: Headers, trust: Trust) -> Authentication:
    """Return what trusted servers say; the source is "none" if not about DKIM."""
    results = [
        result
        for found in trusted_results(headers, trust)
        for result in found.results
        if result.result in _RESULTS
    ]
    signed = [result for result in results if result.method == "dkim"]
    # A server that could not ask DNS has not looked.
    looked = any(result.result != "temperror" for result in signed)
    return Authentication(
        source="trusted field" if looked else "none",
        dkim=tuple(dict.fromkeys(filter(None, map(_signer, signed)))),
        spf=_first(results, "spf"),
        dmarc=_first(results, "dmarc"),
        arc=_chain(_first(results, "arc")),
    )


def remove_forged(headers: Headers, trust: Trust, *, own: str = "") -> None:
    """Remove the fields that bear a trusted name and do not count (RFC 8601 §5).

    Those of `own`, under which we write ourselves, are all removed.
    """
    kept = {place for place, _ in _trusted(headers, trust)}
    forged = set()
    for place, field in enumerate(headers.fields):
        if place in kept or not authentication_results.is_results(field):
            continue
        found = authentication_results.parse(field.value)
        name = found.authserv_id if found else ""
        if trust.covers(name) or (own and name == own.lower()):
            forged.add(id(field))
    if forged:
        headers.drop(lambda field: id(field) in forged)


def announce(headers: Headers, found: Authentication, *, authserv_id: str) -> None:
    """Write what was verified here above all fields, as RFC 8601 §4.1 has it.

    Nothing is written without an authserv-id, or where a trusted field says it.
    """
    if authserv_id and found.source == "verified here":
        value = authentication_results.payload(authserv_id, as_results(found))
        headers.prepend(authentication_results.NAME, value)


def as_results(found: Authentication) -> tuple[Result, ...]:
    """Return what is known as the results of a field."""
    results = [
        Result(method="dkim", result="pass", properties={"header.d": domain})
        for domain in found.dkim
    ] or [Result(method="dkim", result="none")]
    known = (("spf", found.spf), ("dmarc", found.dmarc), ("arc", found.arc))
    others = (Result(method=name, result=said) for name, said in known)
    return (*results, *(result for result in others if result.result != "none"))


def _trusted(headers: Headers, trust: Trust) -> list[tuple[int, Results]]:
    """Return the fields that count with their places.

    Without a Received of our border there is no telling who wrote the header.
    """
    found: list[tuple[int, Results]] = []
    received = 0
    for place, field in enumerate(headers.fields):
        if field.name == b"received":
            received += 1
            if received > trust.hops:
                return found
        elif field.name.startswith(_ARC):
            # What stands below a seal is the word of an earlier hop.
            break
        elif authentication_results.is_results(field):
            results = authentication_results.parse(field.value)
            if results and trust.covers(results.authserv_id):
                found.append((place, results))
    all_received = sum(field.name == b"received" for field in headers.fields)
    return found if all_received >= max(trust.hops, 1) else []


def _signer(result: Result) -> str:
    """Return the domain of a signature that passed, in lower case."""
    if result.result != "pass":
        return ""
    identity = result.properties.get("header.i", "")
    domain = result.properties.get("header.d") or identity.rpartition("@")[2]
    return domain.strip().strip(".").lower()


def _first(results: list[Result], method: str) -> str:
    said = (result.result for result in results if result.method == method)
    return next(said, "none")


def _chain(result: str) -> Chain:
    return "pass" if result == "pass" else "none" if result == "none" else "fail"


def _within(domain: str, above: str) -> bool:
    """Say whether a name is the other or below it; no top-level domain counts."""
    return "." in above and (domain == above or domain.endswith(f".{above}"))
