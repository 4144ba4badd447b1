"""DMARC policies, asked of DNS: one question for all names of the tree walk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from listhub.config import Settings
from listhub.mail import dmarc
from listhub.outside.answers import Answer, Ask
from listhub.outside.dns import FAILURE, MOST, Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a domain asks of those who get its mail.

    Not `known` where a name server gave no answer: then `policy` is not "no policy".
    """

    known: bool
    policy: dmarc.Policy | None = None
    #: The organisational domain; that of itself where it is not known.
    organisation: str = ""
    #: What each name asked for has; None: no answer.
    found: Mapping[str, dmarc.Found] = field(default_factory=dict)

    def look_up(self, name: str) -> dmarc.Found:
        """Return the records of a name of the walk; None if there was no answer."""
        return self.found.get(name)


@dataclass(frozen=True, slots=True)
class DmarcPolicy:
    """Which DMARC policy a domain publishes, and which organisation it belongs to."""

    domain: str

    def answer(self, settings: Settings) -> Answer[Published]:
        """Walk up the tree (RFC 9989 §4.10), all of it within `dns.timeout` seconds."""
        walk = _Walk(Resolver.of(settings))
        try:
            organisation = walk.organisation(self.domain)
            policy = dmarc.policy(self.domain, walk.look_up)
        except dmarc.NoAnswerError:
            unknown = Published(known=False, organisation=self.domain, found=walk.found)
            return Answer(value=unknown, keep=FAILURE)
        published = Published(
            known=True, policy=policy, organisation=organisation, found=walk.found
        )
        return Answer(value=published, keep=walk.keep)


def look_up(ask: Ask, domain: str) -> Callable[[str], dmarc.Found]:
    """Return what `dmarc.decide` looks names up with; it asks only if it is used."""
    return lambda name: ask(DmarcPolicy(domain)).look_up(name)


class _Walk:
    """Asks for each name once, and notes for how long all of it may be kept."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self.found: dict[str, dmarc.Found] = {}
        self.keep = MOST

    def look_up(self, name: str) -> dmarc.Found:
        if name not in self.found:
            answer = self._resolver.txt(name)
            self.keep = min(self.keep, answer.keep)
            texts = tuple(text.decode("utf-8", "replace") for text in answer.texts)
            self.found[name] = None if answer.status == "unknown" else texts
        return self.found[name]

    def organisation(self, domain: str) -> str:
        way = dmarc.walk(domain)
        try:
            name = next(way)
            while True:
                name = way.send(self.look_up(name))
        except StopIteration as end:
            return dmarc.organisational_domain(domain, end.value)
