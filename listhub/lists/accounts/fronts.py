"""Front servers, and the header in which they say who somebody is (SAML, Shibboleth).

A header is worth what its sender is: only a request that comes from an address in
`web.proxies` itself is believed, never one that such an address has merely passed on
from elsewhere in X-Forwarded-For.  The front server has to drop the header from what
comes in.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from listhub import log
from listhub.config import Settings
from listhub.errors import UsageError
from listhub.i18n.text import N_
from listhub.lists.said import SaidError
from listhub.mail.address import parse_addr_spec

#: In `web.proxies`: whoever speaks through our Unix socket.
SOCKET = "unix"

UNCLEAR = N_("The server in front of this one does not say clearly who you are.")

_log = log.get(__name__)


def is_trusted(peer: str, trusted: Sequence[str]) -> bool:
    """Tell whether a peer is a front server; that of a Unix socket has no address: "".

    UsageError if `trusted` holds what is no network.
    """
    if not peer:
        return SOCKET in trusted
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    networks = [_network(each) for each in trusted if each != SOCKET]
    return any((mapped or address) in network for network in networks)


def named(settings: Settings, *, peer: str, values: Sequence[str]) -> str:
    """Return the address of whom a front server names, "" if it names nobody.

    `peer` is who opened the connection, `values` are all headers of the name
    `sign_in.header`.  SaidError if they say two things, or no address.
    """
    if not settings.sign_in.header or not values:
        return ""
    if not is_trusted(peer, settings.web.proxies):
        _log.warning("header of a stranger", peer=peer, header=settings.sign_in.header)
        return ""
    if not any(value.strip() for value in values):
        return ""
    found = parse_addr_spec(values[0].strip()) if len(values) == 1 else None
    if found is None:
        _log.warning("header names no address", values=[v[:100] for v in values[:3]])
        raise SaidError(UNCLEAR)
    return found.text


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise UsageError(
            f"web.proxies has {text}; an IP address, a network such as 10.0.0.0/8, or"
            " unix is allowed."
        ) from None
