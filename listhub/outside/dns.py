"""TXT records, asked of the site's name servers: found, none, or nobody knows.

"There is none" is an answer and "nobody answers" is not: what follows from each is
different, so they are told apart.  Nothing here raises for what a server does.
"""

import ipaddress
import time
from dataclasses import dataclass
from typing import Literal, Self

import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from listhub import log as logs
from listhub.config import Settings
from listhub.outside.answers import Answer

Status = Literal["found", "none", "unknown", "not asked"]

#: Seconds that an answer is kept, whatever its TTL says; that of a failure.
LEAST, MOST = 60.0, 86_400.0
FAILURE = 60.0

_PORT = 53
_UDP = 1232  # octets that cross any path in one piece

log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The TXT records of a name, the strings of each joined, and for how long."""

    status: Status
    texts: tuple[bytes, ...] = ()
    keep: float = FAILURE


@dataclass(frozen=True, slots=True)
class Txt:
    """Which TXT records a name has."""

    name: str

    def answer(self, settings: Settings) -> Answer[Texts]:
        """Ask the name servers."""
        found = Resolver.of(settings).txt(self.name)
        return Answer(value=found, keep=found.keep)


class Resolver:
    """Asks for names until a moment in time; after that nothing is known."""

    def __init__(self, resolver: "dns.resolver.Resolver | None", until: float) -> None:
        self._resolver = resolver
        self._until = until

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what asks as the settings say, for `dns.timeout` seconds in all."""
        rules = settings.dns
        until = time.monotonic() + rules.timeout
        if not rules.enabled:
            return cls(None, until)
        try:
            resolver = dns.resolver.Resolver(configure=not rules.servers)
        except (dns.exception.DNSException, OSError) as error:
            log.warning("no name server is configured", error=str(error))
            resolver = dns.resolver.Resolver(configure=False)
        if rules.servers:
            resolver.nameservers = [_server(text) for text in rules.servers]
        resolver.timeout = rules.timeout / 2  # so that a lost datagram is sent again
        resolver.use_edns(0, 0, _UDP)
        return cls(resolver, until)

    def txt(self, name: str) -> Texts:
        """Return the TXT records of a name; no search list is applied to it."""
        if self._resolver is None:
            return Texts(status="not asked")
        place = _name(name)
        if place is None:
            # What is no name has no records, today and tomorrow.
            return Texts(status="none", keep=MOST)
        left = self._until - time.monotonic()
        if left <= 0:
            return Texts(status="unknown")
        try:
            found = self._resolver.resolve(
                place,
                dns.rdatatype.TXT,
                raise_on_no_answer=False,
                lifetime=left,
                search=False,
            )
            return _texts(found.response)
        except dns.resolver.NXDOMAIN as missing:
            return _texts(missing.response(place))  # type: ignore[no-untyped-call]
        except (dns.exception.DNSException, OSError, ValueError) as error:
            log.info("a name server gave no answer", name=name, error=str(error))
            return Texts(status="unknown")


def _name(text: str) -> dns.name.Name | None:
    try:
        name = dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError):
        return None
    return None if name == dns.name.root else name


def _texts(response: dns.message.Message) -> Texts:
    assert isinstance(response, dns.message.QueryMessage)  # noqa: S101 - it answers one
    found = response.resolve_chaining()
    texts = tuple(b"".join(record.strings) for record in found.answer or ())
    return Texts(
        status="found" if texts else "none",
        texts=texts,
        keep=min(max(float(found.minimum_ttl), LEAST), MOST),
    )


def _server(text: str) -> dns.nameserver.Do53Nameserver:
    """Read an address, or address:port."""
    try:
        return dns.nameserver.Do53Nameserver(str(ipaddress.ip_address(text)), _PORT)
    except ValueError:
        host, _, port = text.rpartition(":")
        return dns.nameserver.Do53Nameserver(
            host.strip("[]"), int(port) if port.isdigit() else _PORT
        )
