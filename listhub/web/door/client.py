"""Whose address a request comes from, where front servers stand before us.

X-Forwarded-For is a list to which each server adds whom it saw; only what trusted
servers have added says anything, so it is read from the right.
"""

from ipaddress import ip_address

from starlette.requests import Request

from listhub.lists.accounts.fronts import is_trusted


def peer_of(request: Request) -> str:
    """Return the IP address of whoever opened the connection; "" for a Unix socket."""
    return request.client.host if request.client else ""


def address_of(request: Request, *, trusted: tuple[str, ...]) -> str:
    """Return the client's IP address; "" for a Unix socket."""
    peer = peer_of(request)
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


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
