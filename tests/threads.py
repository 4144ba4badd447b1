"""Threads as they are defined, worked out from all posts at once and as simply."""

from dataclasses import dataclass
from datetime import datetime

from listhub.archive.filing import Filing
from listhub.archive.threading import WINDOW


@dataclass(frozen=True, slots=True)
class _Edge:
    first: str
    second: str


def expected(filings: list[Filing]) -> set[frozenset[str]]:
    """Return the threads, each as the Message-IDs of its posts."""
    left = {each.message_id: each for each in filings}
    edges = [edge for each in filings for edge in _edges(each, filings)]
    threads = set()
    while left:
        _, first = left.popitem()
        reached = _reachable(first.permalink, edges)
        members = {m for m, each in left.items() if each.permalink in reached}
        threads.add(frozenset({first.message_id, *members}))
        for member in members:
            del left[member]
    return threads


def _edges(post: Filing, filings: list[Filing]) -> list[_Edge]:
    found = [_Edge(post.permalink, ref) for ref in post.refs]
    if post.answers:
        before = [each for each in filings if _is_before(each, post)]
        if before:
            found.append(_Edge(post.permalink, max(before, key=_place).permalink))
    return found


def _is_before(each: Filing, post: Filing) -> bool:
    close = post.sent_at - each.sent_at <= WINDOW
    return each.stem == post.stem and _place(each) < _place(post) and close


def _place(post: Filing) -> tuple[datetime, str]:
    return post.sent_at, post.permalink


def _reachable(start: str, edges: list[_Edge]) -> set[str]:
    reached = {start}
    while True:
        more = {e.second for e in edges if e.first in reached}
        more |= {e.first for e in edges if e.second in reached}
        if more <= reached:
            return reached
        reached |= more
