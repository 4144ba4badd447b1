"""Texts of owners' own (Jinja2): what they may use, and what it may cost.

Owners are not programmers of this site, and some are not its friends.  A text may name
values, choose between them (`if`), go through them (`for`) and pass them through the
filters below.  There are no calls, no assignments and no arithmetic, so nothing can
reach into Python, and nothing can grow but by loops, which are counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from typing_extensions import override

#: Characters of a text, and of what it becomes.
SOURCE_LIMIT, OUTPUT_LIMIT = 65_536, 262_144

#: Steps of all loops of a text together.
STEP_LIMIT = 10_000

#: Opening braces of any kind in a row: deeper ones exhaust the reader's stack.
_DEEPEST = 40

#: Every filter gives back at most a small multiple of what it is given.
FILTERS = frozenset({
    "capitalize", "count", "d", "default", "e", "escape", "first", "last", "length",
    "lower", "sort", "title", "trim", "truncate", "unique", "upper", "urlencode",
})  # fmt: skip
TESTS = frozenset({"defined", "undefined", "none", "string", "number", "sequence"})

_LOOP = frozenset({"first", "index", "last", "length"})
_STEPPED = "_stepped"
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Test,
    nodes.Filter,
    nodes.Keyword,
)


class OwnerTextError(Exception):
    """A text cannot be used; the message says why and, where known, in which line."""


class OwnerText:
    """A text that is compiled once and rendered for many; one thread at a time."""

    __slots__ = ("_environment", "_template")

    def __init__(self, source: str, *, escape: bool = False) -> None:
        """Compile it; OwnerTextError if it is no good.

        With `escape` values are escaped for HTML; the text itself is HTML then.
        """
        if len(source) > SOURCE_LIMIT:
            raise OwnerTextError(f"It has more than {SOURCE_LIMIT} characters.")
        with _explained():
            self._environment = _Environment(escape=escape)
            self._template = self._environment.from_string(source)

    def render(self, values: Mapping[str, object]) -> str:
        """Return the text with the values put in; OwnerTextError if it cannot be.

        `values` are plain: texts, numbers, booleans, lists and dictionaries of these.
        """
        with _explained():
            self._environment.steps = 0
            return "".join(_bounded(self._template.generate(values)))


def render(source: str, values: Mapping[str, object], *, escape: bool = False) -> str:
    """Return an owner's text with the values put in; see OwnerText."""
    return OwnerText(source, escape=escape).render(values)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn whatever a text of somebody else's does into its fault, not ours."""
    try:
        yield
    except OwnerTextError:
        raise
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"Line {line}: " if line else ""
        raise OwnerTextError(f"{where}{error.message}") from error
    except Exception as error:
        raise OwnerTextError(f"{type(error).__name__}: {error}"[:200]) from error


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox for one text: it counts the steps of the loops of a rendering."""

    def __init__(self, *, escape: bool) -> None:
        super().__init__(
            autoescape=escape, undefined=StrictUndefined, keep_trailing_newline=True
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.filters[_STEPPED] = self._stepped
        self.tests = {name: self.tests[name] for name in TESTS}
        self.steps = 0

    @override
    def _parse(
        self, source: str, name: str | None, filename: str | None
    ) -> nodes.Template:
        _check_depth(source)
        tree = super()._parse(source, name, filename)
        _check(tree)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, _STEPPED, [], [], None, None)
        return tree

    @override
    def getattr(self, obj: Any, attribute: str) -> Any:
        # Values are plain: a.b is the item b of a.
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    @override
    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return isinstance(obj, LoopContext) and attr in _LOOP

    def _stepped(self, items: Iterable[object]) -> list[object]:
        """Go through what a loop is about, up to the last step that is left."""
        found: list[object] = []
        for item in items:
            self.steps += 1
            if self.steps > STEP_LIMIT:
                raise OwnerTextError(f"Its loops take more than {STEP_LIMIT} steps.")
            found.append(item)
        return found


def _check_depth(source: str) -> None:
    depth = 0
    for character in source:
        if character in "([{":
            depth += 1
            if depth > _DEEPEST:
                raise OwnerTextError(f"More than {_DEEPEST} brackets are open at once.")
        elif character in ")]}" and depth:
            depth -= 1


def _check(tree: nodes.Template) -> None:
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _ALLOWED) or (
            isinstance(node, nodes.For) and node.recursive
        ):
            what = type(node).__name__.lower()
            raise OwnerTextError(f"Line {node.lineno}: {what} may not be used here.")
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            raise OwnerTextError(
                f"Line {node.lineno}: there is no filter {node.name!r} here."
            )
        if isinstance(node, nodes.Filter) and node.node is None:
            raise OwnerTextError(f"Line {node.lineno}: filter may not be used here.")
        if isinstance(node, nodes.Name) and node.name == "self":
            raise OwnerTextError(f"Line {node.lineno}: 'self' may not be used here.")
        if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            raise OwnerTextError(f"Line {node.lineno}: {node.attr!r} is private.")
        waiting += node.iter_child_nodes()


def _bounded(pieces: Iterable[str]) -> Iterator[str]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > OUTPUT_LIMIT:
            raise OwnerTextError(f"It becomes more than {OUTPUT_LIMIT} characters.")
        yield piece
