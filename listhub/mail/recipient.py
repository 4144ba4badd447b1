"""What a local part calls for: a list to post to, its owners, a command, a bounce."""

import re
from collections.abc import Collection
from enum import StrEnum

COMMANDS = ("sympa", "listhub")
BOUNCE_PREFIX = "bounce+"

_LIST_NAME = re.compile(r"[a-z0-9][a-z0-9.+_-]*")
_RESERVED = frozenset({"listmaster", "bounce", "mailer-daemon"})


class AddressKind(StrEnum):
    """What mail to an address is for."""

    POST = "post"
    OWNER = "owner"  #: list-request: a letter to the owners
    EDITOR = "editor"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"  #: list-owner, the reverse-path of what we send, and bounce+...
    COMMAND = "command"
    LISTMASTER = "listmaster"
    SYMPAOWNER = "sympaowner"  #: sympa-request, the reverse-path of our own notices: dropped, no loops


_SUFFIXES = {
    "-request": AddressKind.OWNER,
    "-editor": AddressKind.EDITOR,
    "-subscribe": AddressKind.SUBSCRIBE,
    "-unsubscribe": AddressKind.UNSUBSCRIBE,
    "-owner": AddressKind.BOUNCE,
}
# With the longest suffix a name must still make a local part (RFC 5321 §4.5.3.1.1).
_LONGEST_NAME = 64 - max(map(len, _SUFFIXES))


def split(
    local_part: str, *, commands: Collection[str] = COMMANDS
) -> tuple[str, AddressKind]:
    """Return the list's name, "" where there is none to name, and the kind.

    Of any text; whether such a list exists is for the directory to say.
    """
    local = local_part.strip().lower()
    if local in commands:
        return "", AddressKind.COMMAND
    if local == "listmaster":
        return "", AddressKind.LISTMASTER
    if local.startswith(BOUNCE_PREFIX):
        return "", AddressKind.BOUNCE  # the token in it names the list
    for suffix, kind in _SUFFIXES.items():
        name = local.removesuffix(suffix)
        if name and name != local:
            ours = name in commands and kind is AddressKind.OWNER
            return ("", AddressKind.SYMPAOWNER) if ours else (name, kind)
    return local, AddressKind.POST


def valid_list_name(name: str, *, commands: Collection[str] = COMMANDS) -> bool:
    """Say whether a list may bear this name (lower case) in every form of address."""
    return (
        _LIST_NAME.fullmatch(name) is not None
        and len(name) <= _LONGEST_NAME
        and name not in _RESERVED
        and name not in commands
        and not name.startswith(BOUNCE_PREFIX)
        and not name.endswith(tuple(_SUFFIXES))
    )
