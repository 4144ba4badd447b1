"""Fixtures of the API's tests: a lively site, and a program that calls it."""

from collections.abc import Iterator

import pytest

from tests import lively
from tests.api_client import Program, token_for
from tests.lively import PEOPLE
from tests.rooms import Rooms


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    """Return a site with something of everything."""
    lively.fill(rooms)
    return rooms


@pytest.fixture
def program(site: Rooms) -> Iterator[Program]:
    """Return a program with the token of a site's listmaster."""
    with Program(site.host.settings) as program:
        program.token = token_for(site.host.settings, PEOPLE.site)
        yield program
