"""Text of format=flowed as it is meant (RFC 3676 §4.1): for what is not flowed itself."""

from typing import Literal

_SIGNATURE = "-- "


def unflowed(text: str, flow: Literal["", "flowed", "delsp"]) -> str:
    """Return lines without stuffing; joined where the blank at their end is no blank.

    With DelSp a line may end within a word.  Without, its lines are good to read.
    """
    if not flow:
        return text
    lines: list[list[str]] = []  # each in pieces: a line may be all of a text
    depth, joins = 0, False
    for line in text.splitlines():
        quotes = len(line) - len(line.lstrip(">"))
        content = line[quotes:].removeprefix(" ")
        flows = content.endswith(" ") and content != _SIGNATURE
        if flow == "delsp" and flows:
            content = content[:-1]
        if joins and quotes == depth and content != _SIGNATURE:
            lines[-1].append(content)
        else:
            lines.append([f"{'>' * quotes} {content}" if quotes else content])
        depth, joins = quotes, flows and flow == "delsp"
    return "".join(f"{''.join(pieces)}\n" for pieces in lines)
