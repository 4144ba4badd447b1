"""A thread as a tree: which post answers which."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from listhub.archive.browse import Entry

#: Deeper answers stand as deep as this.
DEEPEST = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A post at its place in a thread, as a page shows it from top to bottom."""

    entry: Entry
    depth: int
    parent: Entry | None


def tree(entries: Sequence[Entry]) -> list[Node]:
    """Return the posts of a thread in the order of reading, answers below theirs.

    A post's parent is the nearest that it names of those that are here; of posts that
    answer each other in a ring the oldest is the first.  Posts whose parents are not
    here stand below the first of the thread.  The order in which the posts came into
    the archive does not count.
    """
    ordered = sorted(entries, key=lambda each: (each.sent_at, each.permalink))
    parents = _parents(ordered)
    children: dict[str | None, list[Entry]] = {}
    for each in ordered:
        children.setdefault(parents.get(each.permalink), []).append(each)
    here = {each.permalink: each for each in ordered}
    return [
        Node(entry=each, depth=min(depth, DEEPEST), parent=_of(here, parents, each))
        for each, depth in _walk(children)
    ]


def _parents(ordered: Sequence[Entry]) -> dict[str, str]:
    here = {each.permalink for each in ordered}
    parents: dict[str, str] = {}
    for each in ordered:
        named = [ref for ref in each.refs if ref in here and ref != each.permalink]
        if named:
            parents[each.permalink] = named[-1]
    _cut_rings(ordered, parents)
    roots = [each for each in ordered if each.permalink not in parents]
    for each in roots[1:]:
        parents[each.permalink] = roots[0].permalink
    return parents


def _cut_rings(ordered: Sequence[Entry], parents: dict[str, str]) -> None:
    """Make the oldest of each ring a root; whoever is looked at first, it is cut once."""
    place = {each.permalink: number for number, each in enumerate(ordered)}
    done: set[str] = set()
    for each in ordered:
        path: dict[str, None] = {}
        at: str | None = each.permalink
        while at is not None and at not in done and at not in path:
            path[at] = None
            at = parents.get(at)
        if at is not None and at in path:
            names = list(path)
            ring = names[names.index(at) :]
            del parents[min(ring, key=lambda name: place[name])]
        done.update(path)


def _walk(children: dict[str | None, list[Entry]]) -> Iterator[tuple[Entry, int]]:
    waiting = [(each, 0) for each in reversed(children.get(None, []))]
    while waiting:
        each, depth = waiting.pop()
        yield each, depth
        below = children.get(each.permalink, [])
        waiting.extend((child, depth + 1) for child in reversed(below))


def _of(here: dict[str, Entry], parents: dict[str, str], entry: Entry) -> Entry | None:
    parent = parents.get(entry.permalink)
    return here[parent] if parent else None
