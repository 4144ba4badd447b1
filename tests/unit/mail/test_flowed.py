import time
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from listhub.mail.flowed import unflowed


@pytest.mark.parametrize(
    ("flow", "text", "meant"),
    [
        ("", " a \n>b\n", " a \n>b\n"),
        ("flowed", "a \nb\n", "a \nb\n"),
        ("flowed", "  stuffed\n From x\n -- \n", " stuffed\nFrom x\n-- \n"),
        ("delsp", "wo \nrd  \nnext\n", "word next\n"),
        ("delsp", "> quo \n> ted\nno \n-- \nAlice", "> quoted\nno\n-- \nAlice\n"),
        ("delsp", "> a \n>> b\n", "> a\n>> b\n"),
    ],
)
def test_unflowed(flow: Literal["", "flowed", "delsp"], text: str, meant: str) -> None:
    """RFC 3676 §4.1: stuffing goes; with DelSp a line may end within a word."""
    assert unflowed(text, flow) == meant


def test_one_line_in_many_pieces() -> None:
    """A text that is one line however it is cut takes time in proportion to it."""
    start = time.monotonic()
    [line] = unflowed(f"{'x' * 40} \n" * 200_000, "delsp").splitlines()

    assert len(line) == 40 * 200_000
    assert time.monotonic() - start < 3


@given(st.text(" >-a\n"))
def test_any_text(text: str) -> None:
    """Any text is lines again; nothing but blanks and marks of quotes goes."""
    for flow in ("flowed", "delsp"):
        assert unflowed(text, flow).count("a") == text.count("a")
