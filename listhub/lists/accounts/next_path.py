"""Where to go after signing in: a path of this site, whatever somebody wrote there."""

import re

_LONGEST = 2000

# Printable ASCII without what browsers read otherwise than it is written: they drop tabs
# and line ends, take a backslash for a slash, and two slashes at the start for a host.
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]*")


def local(written: str) -> str:
    """Return a path of this site as it was written, "" for anything else."""
    if len(written) > _LONGEST or not _LOCAL.fullmatch(written):
        return ""
    return written
