"""Cursors: what is written is read again, and what nobody wrote is no page."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from listhub.errors import UsageError
from listhub.lists import paging
from listhub.lists.paging import Cursor, Page

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(
    texts,
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=2)))),
    st.booleans(),
)
def test_cursors_come_back(text: str, number: int, at: datetime, back: bool) -> None:
    """Any key of a row is found again in its cursor, which is fit for an address."""
    cursor = Cursor(key=(text[:100], number, at), back=back)
    written = paging.write(cursor)

    assert written.isascii()
    assert written.replace("-", "").replace("_", "").replace("=", "").isalnum()
    assert paging.read(written, (str, int, datetime)) == cursor


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        "é",
        "W10=",  # []
        "WzBd",  # [0]: no key
        "e30=",  # {}
        "WzAsMV0=",  # [0,1]: no text
        "WzAsIlx1MDAwMCJd",  # [0,"\u0000"]
        "WzAsIlx1ZDgwMCJd",  # [0,"\ud800"]
        "W1tbW1tbW1tbW1tbW1tbW1tb",
        "WzAs" * 3000,
    ],
)
def test_what_nobody_wrote_is_no_page(wrong: str) -> None:
    """A cursor that was made up is refused in a sentence, never with an error of ours."""
    with pytest.raises(UsageError, match="no such page"):
        paging.read(wrong, (str,))
    with pytest.raises(UsageError, match="no such page"):
        paging.read(wrong, (datetime, int))


@given(st.binary(max_size=60))
def test_no_octets_break_the_reader(data: bytes) -> None:
    """Whatever is in the address of a page, it is a cursor or refused."""
    for text in (data.decode("latin-1"), data.decode("utf-8", "replace")):
        try:
            paging.read(text, (str, int))
        except UsageError:
            continue


def pages(rows: list[int], *, size: int) -> list[Page[int]]:
    """Turn over all pages of rows, to the last one."""
    found: list[Page[int]] = []
    cursor: Cursor | None = None
    while True:
        left = [row for row in rows if cursor is None or (row,) > cursor.key]
        page = paging.cut(
            left[: size + 1], size=size, cursor=cursor, key=lambda row: (row,)
        )
        found.append(page)
        if not page.after:
            return found
        cursor = paging.read(page.after, (int,))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_pages_go_on_and_back(count: int) -> None:
    """Each row is on one page; back from a page is the one before it."""
    rows = list(range(count))
    found = pages(rows, size=2)

    assert [row for page in found for row in page.rows] == rows
    assert not found[0].before
    for before, page in itertools.pairwise(found):
        back = paging.read(page.before, (int,))
        assert back is not None
        assert back.back
        left = [row for row in reversed(rows) if (row,) < back.key]
        again = paging.cut(left[:3], size=2, cursor=back, key=lambda row: (row,))
        assert again.rows == before.rows
        assert bool(again.before) == bool(before.before)
        assert again.after


def test_pages_are_of_a_bounded_size() -> None:
    """Nobody gets everything at once, and nobody nothing."""
    assert [paging.bounded(size) for size in (-5, 0, 7, 10**9)] == [1, 1, 7, 500]
