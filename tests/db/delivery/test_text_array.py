from typing import Any

import psycopg
import pytest

from listhub.delivery.outgoing import text_array


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["bob@x.example"],
        ["a@x.example", "b@x.example", "é@x.example"],
        ['"a b"@x.example', r'"a\"b\\"@x.example', "{a,b}@x.example", "NULL"],
        ["a,b", " ", "", "null", "\t", "\\", '"'],
    ],
)
def test_the_database_reads_what_was_meant(
    driver: "psycopg.Connection[Any]", texts: list[str]
) -> None:
    """An address with quotes, commas or backslashes arrives in a packet as it is."""
    row = driver.execute("SELECT %s::text[]", [text_array(texts)]).fetchone()

    assert row == (texts,)
