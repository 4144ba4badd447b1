"""A site whose bounces can be of any day."""

import pytest

from tests.bouncing import number_sources
from tests.rooms import Rooms


@pytest.fixture(autouse=True)
def _numbered(rooms: Rooms) -> None:
    number_sources(rooms)
