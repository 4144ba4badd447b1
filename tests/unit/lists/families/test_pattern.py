"""Patterns of names: what fits, what the fields are, and that it takes no time."""

import time

import pytest
from hypothesis import given, strategies as st

from listhub.errors import UsageError
from listhub.lists.families.pattern import parse

FITS = [
    ("course-${code}", "course-law", {"code": "law"}),
    ("course-${code}", "course-law-12", {"code": "law-12"}),
    (
        "course-${code}-${year:digits}",
        "course-a.b-2026",
        {"code": "a.b", "year": "2026"},
    ),
    ("${code}.students", "law_1.students", {"code": "law_1"}),
    ("${a:letters}${none}", "", None),
    ("x${a:digits}y", "x12y", {"a": "12"}),
    ("${f:law|arts}-all", "arts-all", {"f": "arts"}),
    ("auto.${x}+${y}", "auto.a+b+c", {"x": "a", "y": "b+c"}),
    ("everybody", "everybody", {}),
]
FITS_NOT = [
    ("course-${code}", "course-"),
    ("course-${code}", "a-course-law"),
    ("course-${code}", "course-a--b"),
    ("course-${code}", "course-law-request"),
    ("course-${code}-${year:digits}", "course-law-art-2026"),
    ("course-${code}-${year:digits}", "course-law-2026x"),
    ("${f:law|arts}-all", "gym-all"),
    ("auto.${x}", "autoXb"),
    ("listm${x}", "listmaster"),
    ("x${a:digits}y", "xy"),
    ("course-${code}", "course-" + "a" * 60),
    ("course-${code}", "course-ü"),
    ("course-${code}", "course-law\n"),
]


@pytest.mark.parametrize(("written", "name", "fields"), FITS)
def test_what_fits(written: str, name: str, fields: dict[str, str] | None):
    """The fields of a name are what stands in their places."""
    if fields is None:
        with pytest.raises(UsageError):
            parse(written)
    else:
        assert parse(written).read(name) == fields


@pytest.mark.parametrize(("written", "name"), FITS_NOT)
def test_what_does_not(written: str, name: str):
    """A name fits as a whole or not at all, and must be one that lists may have."""
    assert parse(written).read(name) is None


def test_no_name_takes_long():
    """A pattern with many fields is still read in one pass."""
    many = parse("-".join(f"${{f{n}}}" for n in range(15)))
    begun = time.process_time()
    for _ in range(1000):
        many.read("-".join(["a"] * 14) + "-")
        many.read("a" * 52)
    assert time.process_time() - begun < 1


@given(st.text("abx-.${}:|d", max_size=30))
def test_any_text_is_a_pattern_or_refused(written: str):
    """Whatever is written, the answer is a pattern or one sentence."""
    try:
        said = parse(written).expression
    except UsageError as error:
        said = error.public
    assert said.startswith("^") or "is not a pattern of names" in said
