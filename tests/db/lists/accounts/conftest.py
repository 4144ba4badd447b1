"""A person, and the settings of a site that has a key."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from listhub.config import Settings, SignIn, Site
from listhub.lists import persons

Driver = psycopg.Connection[Any]
ANN = "Ann@a.example"
KEY = "0f" * 16


@pytest.fixture
def settings() -> Settings:
    return Settings(site=Site(secret=KEY))


@pytest.fixture
def ann(driver: Driver) -> int:
    """Return the number of a person."""
    return persons.find_or_make(driver, ANN)


@pytest.fixture
def signing_in() -> Callable[..., Settings]:
    """Return what makes settings with these of [sign_in]."""

    def make(**values: Any) -> Settings:
        return Settings(site=Site(secret=KEY), sign_in=SignIn(**values))

    return make
