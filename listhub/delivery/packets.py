"""Recipients into packets: streaming and pure.

The rules, the odd ones too, are those of Sympa 6.2: its postmasters have tuned
`nrcpt`, `avg` and the caps to them, and a move here shall not change what their
relays see.  One is left out: its empty packet ahead of a domain whose cap is 1.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import islice
from types import MappingProxyType
from typing import Protocol, TypeVar


class Addressed(Protocol):
    """Somebody with an address."""

    @property
    def address(self) -> str:
        """Return it, as `local@domain`."""


R = TypeVar("R", bound=Addressed)

#: verp_rate in percent to the number of posts until everybody had a turn.  33 is 3.03,
#: not 100/33: the shares must come out as those of Sympa.
_TURNS: Mapping[int, Fraction] = MappingProxyType(
    {
        100: Fraction(1),
        50: Fraction(2),
        33: Fraction("3.03"),
        25: Fraction(4),
        20: Fraction(5),
        10: Fraction(10),
        5: Fraction(20),
        2: Fraction(50),
    }
)


def packets(
    recipients: Iterable[R],
    *,
    limit: int = 25,
    domains: int = 10,
    caps: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[list[R]]:
    """Yield packets of at most `limit` recipients, who come sorted by domain.

    From `domains` + 1 recipients on, a packet also ends where the last two labels of
    the domain change: that many recipients, not domains, as the setting's old name
    has it.  `caps` are the most recipients per packet of a domain (lower case); the
    first packet that meets a capped domain takes one less.
    """
    packet: list[R] = []
    site = before = domain = None
    cap = counted = 0
    for recipient in recipients:
        here = recipient.address.rpartition("@")[2]
        if here != domain:
            domain, counted = here, 0
            folded = here.lower()
            cap = caps.get(folded, 0)
            site = folded.split(".")[-2:]
        counted += 1
        if (
            len(packet) >= limit
            or (len(packet) > domains and site != before)
            or 0 < cap <= counted
        ):
            if packet:
                yield packet
            packet = []
            # The one who opens the next packet is not counted there: hence the
            # "one less" above, and "one more" in no packet.
            counted = 0
        packet.append(recipient)
        before = site
    if packet:
        yield packet


def verp_packets(recipients: Iterable[R], *, limit: int) -> Iterator[list[R]]:
    """Yield packets of `limit` recipients whose reverse-paths will all differ."""
    stream = iter(recipients)
    while packet := list(islice(stream, limit)):
        yield packet


def verp_selection(count: int, rate: int, sequence: int) -> range:
    """Return the 1-based positions, of `count` recipients, whose turn for VERP it is.

    Over consecutive sequence numbers of a list's posts everybody has a turn.  Raise
    KeyError for a rate (percent) that the setting verp_rate does not allow.
    """
    if not rate:
        return range(1, 1)
    turns = _TURNS[rate]
    share = int(count / turns) + 1
    start = share * (sequence % int(turns))
    return range(start + 1, min(start + share, count) + 1)
