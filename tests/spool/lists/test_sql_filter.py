"""A filter in SQL asks a database that is there, and only reads."""

import pytest

from listhub.config import Settings
from listhub.outside import sql_filter
from listhub.outside.filter_file import Hit


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT count(*) FROM (VALUES ([sender])) AS v(m) WHERE m = 'a@b'", True),
        ("SELECT ARRAY[1]", True),
        ("SELECT 0", False),
        ("SELECT NULL", False),
        ("SELECT '' || '[sender]'", True),
        ("SELECT 1 WHERE false", False),
        ("SELECT 'x' LIKE '%'", True),
    ],
)
def test_first_column_of_the_first_row(
    database_url: str, statement: str, expected: bool
) -> None:
    """Neither 0 nor NULL nor no row at all: found; kept for an hour."""
    text = f"url {database_url}\nstatement {statement}"
    answer = sql_filter.question(text, lambda _: "a@b").answer(Settings())

    assert (answer.value, answer.keep) == (Hit(found=expected), 3600)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("CREATE TABLE x (y int)", "read-only transaction"),
        ("SELECT nonsense", "does not exist"),
        ("DO 'BEGIN END'", "didn't produce records"),
    ],
)
def test_what_goes_wrong_is_told(database_url: str, statement: str, error: str) -> None:
    """A filter cannot write, and its mistakes are for the listmaster to read."""
    text = f"url {database_url}\nstatement {statement}"
    answer = sql_filter.question(text, lambda _: "").answer(Settings())

    assert error in answer.value.error
    assert not answer.value.found
