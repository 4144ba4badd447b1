"""Whose address a request comes from, where front servers stand before us.

X-Forwarded-For is a list to which each server adds whom it saw; only what trusted
servers have added says anything, so it is read from the right.
"""

from ipaddress import ip_address, ip_network

from starlette.requests import Request


def address_of(request: Request, *, trusted: tuple[str, ...]) -> str:
    """Return the client's IP address; "" for a Unix socket."""
    peer = request.client.host if request.client else ""
    if not is_trusted(peer, trusted):
        return peer
    chain = [
        each.strip()
        for line in request.headers.getlist("x-forwarded-for")
        for each in line.split(",")
    ]
    for each in reversed(chain):
        if not _is_address(each):
            break
        peer = each
        if not is_trusted(each, trusted):
            break
    return peer


def is_trusted(peer: str, trusted: tuple[str, ...]) -> bool:
    """Tell whether a peer is one of the front servers; a Unix socket's is `unix`."""
    if not peer:
        return "unix" in trusted
    if not _is_address(peer):
        return False
    address = ip_address(peer)
    networks = (ip_network(each, strict=False) for each in trusted if each != "unix")
    return any(
        address in network for network in networks if network.version == address.version
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
