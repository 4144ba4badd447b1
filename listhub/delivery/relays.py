"""The relays that take our mail: their URLs, and whose turn it is.

A relay that fails rests, twice as long each time up to a minute; then one connection
tries it while the others go elsewhere, and a success puts it back among the rest.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from typing_extensions import override

from listhub.errors import UsageError

#: none: never; opportunistic: when offered, whoever it is; starttls: or no mail at
#: all, certificate verified; implicit: from the first byte (smtps), verified.
Tls = Literal["none", "opportunistic", "starttls", "implicit"]

_FORM = (
    "smtp|smtps://[user:password@]host:port[?weight=1..100"
    "&tls=none|starttls|opportunistic&xverp=auto|off]"
)
_MODES: Mapping[str, Tls] = MappingProxyType(
    {"none": "none", "starttls": "starttls", "opportunistic": "opportunistic"}
)
_PORTS = MappingProxyType({"smtp": 25, "smtps": 465})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HEAVIEST = 100
_FIRST_REST, _LONGEST_REST = 1.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A mail server that passes on what we give it."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)
    weight: int = 1
    #: Use XVERP where it is announced.
    xverp: bool = True

    @override
    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self.tls == 'implicit' else 'smtp'}://{host}:{self.port}"

    def without_tls(self) -> Self:
        """Return the same relay, spoken to in clear."""
        return replace(self, tls="none")

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the relay that the URL names; raise UsageError, password left out.

        Without `tls` a relay on this host is spoken to in clear, one with a password
        only through verified STARTTLS, any other opportunistically.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _refusal(url, "it is not a URL with a port of 1 to 65535") from None
        _check_shape(url, parts)
        options = _options(url, parts)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(
            host=parts.hostname or "",
            port=port or _PORTS[parts.scheme],
            tls=_tls(url, parts, options),
            user=user,
            password=password,
            weight=_weight(url, options),
            xverp=_choice(url, options, "xverp", ("auto", "off")) != "off",
        )


def _check_shape(url: str, parts: SplitResult) -> None:
    if parts.scheme not in _PORTS:
        raise _refusal(url, "the scheme is neither smtp nor smtps")
    if not parts.hostname:
        raise _refusal(url, "the host is missing")
    if parts.path not in {"", "/"} or parts.fragment:
        raise _refusal(url, "nothing but options may follow the port")
    if bool(parts.username) != bool(parts.password):
        raise _refusal(url, "user and password go together")


def _options(url: str, parts: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs):
        raise _refusal(url, "an option is given twice")
    for name in options:
        if name not in {"weight", "tls", "xverp"}:
            raise _refusal(url, f"there is no option {name!r}")
    return options


def _choice(
    url: str, options: dict[str, str], name: str, allowed: tuple[str, ...]
) -> str:
    value = options.get(name, "")
    if name in options and value not in allowed:
        raise _refusal(url, f"{name} is none of {', '.join(allowed)}")
    return value


def _weight(url: str, options: dict[str, str]) -> int:
    text = options.get("weight", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _HEAVIEST):
        raise _refusal(url, f"weight is no whole number from 1 to {_HEAVIEST}")
    return int(text)


def _tls(url: str, parts: SplitResult, options: dict[str, str]) -> Tls:
    chosen = _choice(url, options, "tls", tuple(_MODES))
    if parts.scheme == "smtps":
        if chosen:
            raise _refusal(url, "smtps is TLS from the start, tls= is for smtp")
        return "implicit"
    if chosen == "opportunistic" and parts.username:
        # Whoever strips STARTTLS from the answer to EHLO would get the password.
        raise _refusal(url, "a password needs tls=starttls, smtps, or a plain tls=none")
    if chosen:
        return _MODES[chosen]
    if parts.username:
        return "starttls"
    return "none" if parts.hostname in _LOOPBACK else "opportunistic"


def _refusal(url: str, why: str) -> UsageError:
    # Up to the last @ it may be a password, even one that breaks the URL; behind the
    # ? it may be one that was put in the wrong place.
    scheme, separator, rest = url.partition("?")[0].rpartition("://")
    shown = scheme + separator + rest.rpartition("@")[2]
    return UsageError(f"The relay {shown!r} cannot be used: {why}; write {_FORM}.")


@dataclass(slots=True)
class _Standing:
    """How a relay has been doing."""

    relay: Relay
    #: Smooth weighted round-robin: grows by the weight, pays the total when chosen.
    credit: int = 0
    #: Seconds of the latest rest, 0 while it is healthy.
    rest: float = 0.0
    #: Until then nobody shall try it, or nobody else when it is on trial.
    until: float = 0.0
    on_trial: bool = False


class RelayPool:
    """Chooses relays by weight among those that work; one per process."""

    def __init__(self, relays: Iterable[Relay], clock: Callable[[], float]) -> None:
        """`clock` returns seconds that never go back, such as time.monotonic."""
        self._standings = [_Standing(relay) for relay in relays]
        self._clock = clock
        if not self._standings:
            raise UsageError(f"No relay is configured; write at least one {_FORM}.")

    def pick(self) -> Relay | None:
        """Return the relay for the next connection, None while all of them rest.

        Say what came of it by `succeeded` or `failed`.
        """
        now = self._clock()
        for standing in self._standings:
            if standing.rest and standing.until <= now:
                # Half open: this caller tries it.  Another one may if nothing is heard
                # of that for as long as the rest has lasted.
                standing.on_trial = True
                standing.until = now + standing.rest
                return standing.relay
        healthy = [standing for standing in self._standings if not standing.rest]
        if not healthy:
            return None
        for standing in healthy:
            standing.credit += standing.relay.weight
        chosen = max(healthy, key=lambda standing: standing.credit)
        chosen.credit -= sum(standing.relay.weight for standing in healthy)
        return chosen.relay

    def succeeded(self, relay: Relay) -> None:
        """Take note that the relay works."""
        standing = self._find(relay)
        standing.rest = standing.until = 0.0
        standing.on_trial = False

    def failed(self, relay: Relay) -> None:
        """Let the relay rest, longer than the last time if it failed on trial.

        Fifty connections that break at once are one failure, not fifty: what is heard
        while it rests changes nothing.
        """
        standing = self._find(relay)
        now = self._clock()
        if standing.rest and standing.until > now and not standing.on_trial:
            return
        standing.rest = min(max(standing.rest * 2, _FIRST_REST), _LONGEST_REST)
        standing.until = now + standing.rest
        standing.on_trial = False
        standing.credit = 0

    @property
    def next_try(self) -> float:
        """Seconds until `pick` has a relay to offer, 0 when it has one now."""
        now = self._clock()
        return max(0.0, min(standing.until for standing in self._standings) - now)

    def _find(self, relay: Relay) -> _Standing:
        return next(one for one in self._standings if one.relay == relay)
