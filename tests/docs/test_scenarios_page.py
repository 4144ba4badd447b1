"""docs/reference/scenarios.md is what the tables of listhub.policy say."""

from pathlib import Path

import pytest

from listhub.policy.conditions import CONDITIONS
from listhub.policy.grammar import ACTIONS, parse
from listhub.policy.library import NoFiles, menu
from listhub.policy.operations import OPERATIONS
from listhub.policy.variables import VARIABLES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "scenarios.md").read_text()


@pytest.mark.parametrize("name", CONDITIONS)
def test_condition_is_documented(name: str) -> None:
    """Each condition stands there as it is written, with the sentence of the table."""
    entry = CONDITIONS[name]

    assert f"| `{entry.usage}` | {entry.about} |\n" in PAGE


@pytest.mark.parametrize("name", VARIABLES)
def test_variable_is_documented(name: str) -> None:
    """Each variable stands there with the sentence of the table."""
    entry = VARIABLES[name]
    key = "->KEY" if entry.key == "needed" else ""

    assert f"| `[{name}{key}]` | {entry.about} |\n" in PAGE


def test_actions_are_documented() -> None:
    """Each action is explained."""
    section = PAGE.partition("## Actions")[2].partition("## Conditions")[0]

    assert [name for name in ACTIONS if f"`{name}`" not in section] == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_is_documented(name: str) -> None:
    """Each operation has its heading, its default and all its scenarios with titles."""
    operation = OPERATIONS[name]
    rows = "".join(
        f"| `{entry.name}` | {entry.title} |\n" for entry in menu(NoFiles(), name)
    )

    assert (
        f"### {name}\n\n{operation.about} Default: `{operation.default}`.\n\n"
        f"| name | who |\n|---|---|\n{rows}"
    ) in PAGE


def test_example_is_a_scenario() -> None:
    """What the page shows first can be put in force."""
    section = PAGE.partition("## An example")[2].partition("The rules are")[0]
    text = "\n".join(line.strip() for line in section.splitlines())

    assert len(parse(text, file="example").steps) == 3
