"""Recipients into packets: streaming and pure.

The rules, the odd ones too, are those of Sympa 6.2: its postmasters have tuned
`nrcpt`, `avg` and the caps to them, and a move here shall not change what their
relays see.  One is left out: its empty packet ahead of a domain whose cap is 1.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Protocol, TypeVar


class Addressed(Protocol):
    """Somebody with an address."""

    @property
    def address(self) -> str:
        """Return it, as `local@domain`."""


R = TypeVar("R", bound=Addressed)

#: What the setting verp_rate allows, in percent.
_RATES = frozenset({0, 2, 5, 10, 20, 25, 33, 50, 100})


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
    ValueError for a rate (percent) that the setting verp_rate does not allow.
    """
    if rate not in _RATES:
        raise ValueError(f"no VERP rate: {rate}")
    if not rate:
        return range(1, 1)
    # 33 % is every third post.  Sympa cuts shares of 1/3.03 and takes three turns, so
    # that the last hundredth of a large list never has one.
    turns = 100 // rate
    share = count // turns + 1
    start = share * (sequence % turns)
    return range(start + 1, min(start + share, count) + 1)
