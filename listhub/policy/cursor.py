"""One line of a scenario, read from left to right by regular expressions."""

import re


class Expected(Exception):
    """The line does not go on as it must: the column, counted from 1, and what must."""

    def __init__(self, column: int, text: str) -> None:
        super().__init__(text)
        self.column = column
        self.text = text


class Cursor:
    """A place in a line; blanks between two pieces are passed over."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._place = 0

    @property
    def column(self) -> int:
        """The column of what comes next, counted from 1."""
        self._pass_blanks()
        return self._place + 1

    @property
    def at_end(self) -> bool:
        """Whether nothing but a comment is left."""
        self._pass_blanks()
        return self._place >= len(self._line) or self._line[self._place] == "#"

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what matches here, or nothing."""
        self._pass_blanks()
        match = pattern.match(self._line, self._place)
        if match:
            self._place = match.end()
        return match

    def must(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        """Read what matches here, or raise `Expected`."""
        return self.take(pattern) or self.fail(f"{expected} is expected")

    def fail(self, text: str, *, column: int = 0) -> "re.Match[str]":
        """Raise `Expected` at a column, or here with what stands here instead."""
        if column:
            raise Expected(column, text)
        raise Expected(self.column, f"{text}, not {self._seen()}")

    def _seen(self) -> str:
        if self.at_end:
            return "the end of the line"
        rest = self._line[self._place : self._place + 20]
        return f"`{''.join(c if c.isprintable() else '?' for c in rest).rstrip()}`"

    def _pass_blanks(self) -> None:
        while self._place < len(self._line) and self._line[self._place].isspace():
            self._place += 1
