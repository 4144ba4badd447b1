"""The first page in a real browser: layout, language, accessibility."""

import pytest

from tests.acceptance.web.conftest import Open
from tests.browser import LOOKS, Look


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_first_page_is_read_by_all(window: Open, look: Look):
    """No serious fault of accessibility, and nothing to scroll sideways for."""
    one = window(look=look)
    one.open("/")
    assert one.faults() == []
    assert one.overflow() <= 0
