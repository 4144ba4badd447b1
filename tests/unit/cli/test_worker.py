"""`listhub worker`: its pools, and what its children inherit."""

from pathlib import Path

import pytest

from listhub import config
from listhub.cli import worker
from listhub.cli.context import Context
from listhub.errors import UsageError

POOLS = ("distribution", "bulk")


def test_pools_are_named_or_all():
    """Without --pools all are served; a name given twice counts once."""
    assert worker._chosen(None, POOLS) == POOLS
    assert worker._chosen("bulk, bulk", POOLS) == ("bulk",)


@pytest.mark.parametrize("typed", ["", ",", "bulk,nope"])
def test_a_pool_that_is_not_there(typed: str):
    """The sentence names it and those that are there."""
    with pytest.raises(UsageError, match="the pools are distribution, bulk"):
        worker._chosen(typed, POOLS)


def test_children_read_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """--config reaches processes that read their settings from the environment."""
    file = tmp_path / "listhub.toml"
    file.write_text("[worker]\npoll = 7\n")
    monkeypatch.chdir(tmp_path)
    context = Context(path=Path("listhub.toml"), environ={})
    inherited = worker._inherited(context)
    assert inherited["LISTHUB_CONFIG"] == str(file)
    assert config.load(environ=inherited).worker.poll == 7
