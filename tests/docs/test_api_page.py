"""The reference of the API is what the table of operations says."""

import pytest

from listhub.web.api import reference
from listhub.web.api.table import OPERATIONS


def test_reference_is_made_from_this_code() -> None:
    """An operation is documented in the commit that adds or changes it."""
    text = reference.FILE.read_text("utf-8") if reference.FILE.exists() else ""
    assert text == reference.page(), f"run `{reference.COMMAND}`"


def test_every_operation_says_what_it_does() -> None:
    """Each has a sentence, a path of its own with its method, and a name of its own."""
    assert [
        each.name for each in OPERATIONS if not each.summary.endswith((".", ";"))
    ] == []
    for what in (lambda o: (o.method, o.path), lambda o: o.name):
        names = [what(each) for each in OPERATIONS]
        assert len(names) == len(set(names))


def test_without_write_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """The module says how it is used and touches no file."""
    assert reference.main([]) == 64
    assert reference.COMMAND in capsys.readouterr().err
