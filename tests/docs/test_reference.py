"""The reference of settings and commands is what the code says."""

import pytest

from listhub.cli import reference
from listhub.cli.main import COMMANDS


@pytest.mark.parametrize("name", reference.pages())
def test_reference_is_made_from_this_code(name: str) -> None:
    """A setting or command is documented in the commit that adds or changes it."""
    path = reference.DIRECTORY / name
    text = path.read_text("utf-8") if path.exists() else ""

    assert text == reference.pages()[name], (
        f"docs/reference/{name} is not of this code; run `{reference.COMMAND}`."
    )


def test_every_command_has_a_heading() -> None:
    """What `listhub --help` lists is explained."""
    page = reference.cli_page()

    assert [e.name for e in COMMANDS if f"\n## listhub {e.name}\n" not in page] == []


def test_without_write_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """The module says how it is used and touches no file."""
    assert reference.main([]) == 64
    assert reference.COMMAND in capsys.readouterr().err
