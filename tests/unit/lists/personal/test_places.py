"""Every column that could hold something of a person is thought of."""

import re

import pytest
from sqlalchemy import ARRAY, Column, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from listhub.lists.personal import subject
from listhub.lists.personal.place import Place
from listhub.lists.personal.places import IMPERSONAL, OTHERS_WORDS, PLACES
from listhub.lists.personal.subject import Subject
from listhub.models import Base

KINDS = (Text, LargeBinary, JSONB, TSVECTOR)

SEARCHED = {f"{place.table}.{name}" for place in PLACES for name in place.columns}


def _can_hold_text(column: "Column[object]") -> bool:
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    return isinstance(kind, KINDS)


def _columns() -> set[str]:
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if _can_hold_text(column)
    }


def test_every_column_has_its_place() -> None:
    """Text, octets or JSON: searched, argued to be others' words, or to hold nothing."""
    thought_of = SEARCHED | set(OTHERS_WORDS) | set(IMPERSONAL)
    assert _columns() - thought_of == set()
    assert set(OTHERS_WORDS) | set(IMPERSONAL) <= _columns()


def test_no_column_is_both_searched_and_impersonal() -> None:
    """A column is argued away or searched."""
    assert SEARCHED & set(IMPERSONAL) == set()


def test_every_reference_to_a_person_has_its_place() -> None:
    """What hangs on a person's row is told before the row takes it away."""
    hanging = {
        table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "person"
    }
    assert hanging <= {place.table for place in PLACES}


@pytest.mark.parametrize(
    "place", PLACES, ids=lambda place: f"{place.table}-{place.about}"
)
def test_place_is_of_the_schema(place: Place) -> None:
    """Tables and columns are there, and JSON and arrays are what they are said to be."""
    columns = Base.metadata.tables[place.table].columns
    types = {name: columns[name].type for name in place.columns}
    if place.deed in {"rewrite", "keep"}:
        assert {n for n, t in types.items() if isinstance(t, JSONB)} == set(place.json)
        assert {n for n, t in types.items() if isinstance(t, ARRAY)} == set(
            place.arrays
        )
    assert place.about
    assert place.why


def test_pseudonym_is_made_of_nothing() -> None:
    """Two erasures of one person give two pseudonyms, which are addresses of nobody."""
    one, two = subject.make_pseudonym(), subject.make_pseudonym()
    assert one != two
    assert re.fullmatch(r"erased-[0-9a-f]{8}@erased\.invalid", one)


def test_what_is_looked_for() -> None:
    """The forms of an address, as patterns of LIKE and of PostgreSQL's expressions."""
    who = Subject(
        address="a_b@x.example", number=1, name="Al", forms=("a_b@x.example",)
    )
    values = who.values("p")
    assert values["likes"] == [
        *[r"%a\_b@x.example%"] * 2,
        *[r"%a\_b=x.example%"] * 2,
        *[r"%a\_b==x.example%"] * 2,
    ]
    assert values["keys"] == ["x.example a_b"]
    assert values["name"] is None
