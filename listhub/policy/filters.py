"""Named filters of files search_filters/NAME.txt: who is on a list of patterns.

One pattern on a line, compared with the whole address without case.  The first `*` of
a pattern stands for anything, a later one for itself.  Lines that start with `#` or
`;` are comments.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from listhub.mail.address import key

BLOCKLIST = "blocklist.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """The patterns of one file: whole addresses, and what stands around a `*`."""

    whole: frozenset[str]
    parts: tuple[tuple[str, str], ...]

    def match(self, address: str) -> bool:
        """Whether an address, in the form of its key, is on the list."""
        return address in self.whole or any(
            len(address) >= len(head) + len(tail)
            and address.startswith(head)
            and address.endswith(tail)
            for head, tail in self.parts
        )


@functools.lru_cache(maxsize=256)
def read(text: str) -> Patterns:
    """Return the patterns of a file."""
    lines = (line.strip() for line in text.splitlines())
    written = [line for line in lines if line and line[0] not in "#;"]
    split = [line.partition("*") for line in written]
    return Patterns(
        whole=frozenset(key(head) for head, star, _ in split if not star),
        parts=tuple((h.lower(), t.lower()) for h, star, t in split if star),
    )


def matches(texts: Iterable[str], addresses: Sequence[str]) -> bool:
    """Whether one of the addresses is on one of the files, of whatever level."""
    wanted = [key(address) for address in addresses]
    return any(
        patterns.match(address) for patterns in map(read, texts) for address in wanted
    )
