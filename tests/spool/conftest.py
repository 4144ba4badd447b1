"""Fixtures of the spool ring."""

from collections.abc import Iterator

import pytest

from tests.rooms import Rooms, open_rooms


@pytest.fixture
def rooms(database_url: str) -> Iterator[Rooms]:
    """Return a site in a database of its own; commits are real."""
    with open_rooms(database_url) as rooms:
        yield rooms
