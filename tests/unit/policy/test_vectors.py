"""The truth table: what Sympa decides, row by row."""

import json
from pathlib import Path

import pytest

from listhub.policy import vectors

ROWS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "scenario_truth_table.json").read_text()
)


def test_all_rows_pass() -> None:
    """Every action and every reason is Sympa's."""
    failures = [outcome for outcome in vectors.run(ROWS) if not outcome.passed]

    assert len(ROWS) == 1892
    assert failures == []


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        {},
        {"function": "send"},
        {"function": "sned", "scenario": "private"},
        {"function": ["send"], "scenario": "private"},
        {"function": "send", "scenario": 1},
        {"function": "send", "scenario": "private", "sender_role": "king"},
        {"function": "send", "scenario": "private", "auth": "pgp"},
        {"function": "send", "scenario": "private", "message": []},
        {"function": "subscribe", "scenario": "open", "target": "x"},
        {"function": "send", "scenario": "private", "what": "x"},
    ],
)
def test_rows_that_are_not_understood_fail(row: object) -> None:
    """A row that says something unknown fails, and says why."""
    (outcome,) = vectors.run([row])

    assert not outcome.passed
    assert outcome.problem


def test_rows_that_do_not_fit_fail() -> None:
    """A wrong action, a missing reason and one too many are failures."""
    row = {"function": "send", "scenario": "closed", "sender_role": "owner"}
    right = {**row, "action": "reject", "reason": "send_closed"}
    wrong = [
        {**right, "action": "do_it"},
        {**right, "reason": "other"},
        {**row, "action": "reject"},
        {**right, "tt2": "x"},
    ]

    assert [outcome.passed for outcome in vectors.run([right, *wrong])] == [True] + [
        False
    ] * 4
