"""Networks as verify_netmask writes them.

192.0.2.0/24   2001:db8::/32   192.0.2   10/8        a network; zeros may be left out
192.0.2.0:255.255.255.0                              a network and its mask
192.0.2.10:192.0.2.20   192.0.2.10-192.0.2.20        from the first to the last
default   any                                        every address
"""

import functools
import ipaddress
import re
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_RANGE = re.compile(r"([0-9.]{7,15})\s*[:-]\s*([0-9.]{7,15})|([^\s-]+)-([^\s-]+)")
_SHORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})(?:/(\d{1,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Every address from the first to the last; none of the other IP version."""

    first: Address
    last: Address

    def has(self, address: Address) -> bool:
        """Whether an address lies in the span."""
        # Not compared across versions: that would be a TypeError.
        same = address.version == self.first.version
        return same and int(self.first) <= int(address) <= int(self.last)


@functools.lru_cache(maxsize=256)
def read(text: str) -> tuple[Span, ...]:
    """Return the spans that a text names; ValueError if it names none."""
    bare = text.strip()
    if bare.lower() in {"default", "any"}:
        return (_network("0.0.0.0/0"), _network("::/0"))
    if match := _RANGE.fullmatch(bare):
        return (_range(*(part for part in match.groups() if part)),)
    if match := _SHORT.fullmatch(bare):
        octets = match[1].split(".")
        length = match[2] or str(8 * len(octets))
        return (_network(f"{'.'.join((octets + ['0'] * 3)[:4])}/{length}"),)
    return (_network(bare),)


def covers(text: str, address: str) -> bool:
    """Whether an address lies in what a text names; no for what is no address."""
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return any(span.has(mapped or found) for span in read(text))


def _network(text: str) -> Span:
    network = ipaddress.ip_network(text, strict=False)
    return Span(first=network.network_address, last=network.broadcast_address)


def _range(first: str, last: str) -> Span:
    one, other = ipaddress.ip_address(first), ipaddress.ip_address(last)
    # 192.0.2.0:255.255.255.0 as a span would be half the internet: it is a mask.
    if isinstance(other, ipaddress.IPv4Address) and last.startswith("255."):
        return _network(f"{first}/{last}")
    if one.version != other.version or int(one) > int(other):
        raise ValueError(f"{first} does not come before {last}")
    return Span(first=one, last=other)
