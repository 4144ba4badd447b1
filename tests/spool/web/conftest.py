"""Fixtures of the pages' tests."""

from collections.abc import Iterator

import pytest

from tests.oidc_provider import Lies, StrictProvider


@pytest.fixture(scope="session")
def strict() -> Iterator[StrictProvider]:
    """Return a provider of OpenID Connect, for all tests."""
    with StrictProvider() as provider:
        yield provider


@pytest.fixture
def provider(strict: StrictProvider) -> StrictProvider:
    """Return the provider, which tells no lies yet."""
    strict.lies = Lies()
    strict.asked.clear()
    return strict
