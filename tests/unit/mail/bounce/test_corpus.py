"""Every sample of corpus/bounces is read as the file beside it says, in full."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from listhub.cli.bounce import document
from listhub.mail.bounce.recognise import recognise
from listhub.mail.bounce.report import Recognised

FOLDER = Path(__file__).parents[3] / "corpus" / "bounces"
SAMPLES = sorted(FOLDER.glob("*.eml"))


def told(found: Recognised) -> dict[str, Any]:
    """Return all that was recognised in the form of the files: nothing that is empty."""
    whole = document(found)
    if found.feedback is not None:
        said = {key: value for key, value in asdict(found.feedback).items() if value}
        whole["feedback"] = said | {"wants_out": found.feedback.wants_out}
    original = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(found.original).items()
        if value
    }
    return whole | ({"original": original} if original else {})


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample(path: Path) -> None:
    """What a sample is, and says of whom, is all that and nothing but what is expected."""
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))

    assert told(recognise(path.read_bytes())) == expected


def test_every_sample_has_its_expectation() -> None:
    """There is no mail without an expectation, and none without its mail."""
    stems = [path.stem for path in SAMPLES]

    assert [path.stem for path in sorted(FOLDER.glob("*.json"))] == stems
    assert len(stems) == len(list(FOLDER.iterdir())) / 2 > 70


def test_corpus_holds_every_kind() -> None:
    """Each kind, action and class that there is has a sample."""
    expected = [json.loads(p.with_suffix(".json").read_text("utf-8")) for p in SAMPLES]
    recipients = [one for each in expected for one in each["recipients"]]

    assert {each["kind"] for each in expected} == {
        "dsn", "complaint", "auto-reply", "mdn", "challenge", "none",
    }  # fmt: skip
    assert {one["action"] for one in recipients} == {
        "failed", "delayed", "delivered", "relayed", "expanded", "",
    }  # fmt: skip
    assert {one["class"] for one in recipients} == {
        "no-such-user", "mailbox-full", "policy", "spam", "content", "authentication",
        "network", "transient", "unknown", "",
    }  # fmt: skip
