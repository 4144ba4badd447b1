"""Our cookies: their names, and the prefix that binds them to this very host.

With the prefix a browser takes a cookie from no other host of the domain, and over
https alone.  It wants the path to be /, so a site below a path, or without https, does
without.
"""

from collections.abc import Mapping

#: The cookie that holds a session's identifier.
SESSION = "listhub"

_PREFIX = "__Host-"


def prefix(*, https: bool, base: str) -> str:
    """Return what all names of cookies begin with on the wire; "" where it cannot be."""
    return _PREFIX if https and not base else ""


def ours(cookies: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return the cookies that have the prefix, by their names without it."""
    return {
        name.removeprefix(prefix): value
        for name, value in cookies.items()
        if name.startswith(prefix)
    }
