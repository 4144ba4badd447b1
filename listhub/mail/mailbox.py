"""Write a mailbox into an address field: a name for people, an address for programs."""

import re

from listhub.mail import encoded_words

#: Characters of a name; a longer one is cut: nobody reads it, and some servers refuse.
NAME_LIMIT = 200

# RFC 5322 §3.2.3: words of these characters need no quotes.
_ATOMS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)
_SPECIAL = re.compile(r'(["\\])')


def write(name: str, address: str) -> str:
    """Return `name <address>`: the name as atoms, quoted or in encoded words."""
    name = short(" ".join(encoded_words.safe(name).split()))
    if not name:
        return f"<{address}>"
    encoded = encoded_words.encode(name)
    if encoded == name and not _ATOMS.fullmatch(name):
        encoded = '"' + _SPECIAL.sub(r"\\\1", name) + '"'
    return f"{encoded} <{address}>"


def short(name: str) -> str:
    """Return a name of at most `NAME_LIMIT` characters."""
    return name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1].rstrip() + "…"
