"""Groups of things that belong together, joined one pair after another."""

from collections import defaultdict
from typing import Any

Node = tuple[str, Any]


class Groups:
    """Disjoint sets: `join` is as good as constant in time, in any order the same."""

    def __init__(self) -> None:
        self._above: dict[Node, Node] = {}

    def join(self, first: Node, *others: Node) -> None:
        """Put these into one group, with all that belong to them."""
        top = self._top(first)
        for other in others:
            self._above[self._top(other)] = top

    def all(self) -> list[list[Node]]:
        """Return the groups."""
        found: dict[Node, list[Node]] = defaultdict(list)
        for node in self._above:
            found[self._top(node)].append(node)
        return list(found.values())

    def _top(self, node: Node) -> Node:
        path = []
        while (above := self._above.setdefault(node, node)) != node:
            path.append(node)
            node = above
        for each in path:
            self._above[each] = node
        return node
