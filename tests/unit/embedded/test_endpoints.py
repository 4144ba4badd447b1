import json
import os
import stat
from pathlib import Path

import pytest

from listhub.embedded.endpoints import (
    FILE,
    Endpoints,
    environment,
    make_secret,
)
from listhub.errors import UsageError

BROKEN = sorted((Path(__file__).parents[2] / "corpus" / "endpoints").glob("*.json"))


def _endpoints(directory: Path) -> Endpoints:
    return Endpoints(
        database="postgresql://listhub:secret@127.0.0.1:20001/listhub",
        broker="redis://:secret@127.0.0.1:20002/0",
        lmtp="127.0.0.1:20003",
        socket=str(directory / "intake.sock"),
        relay="smtp://127.0.0.1:20004",
        web="http://127.0.0.1:20005",
        directory=directory,
        pid=os.getpid(),
    )


def test_what_is_saved_is_loaded(tmp_path: Path):
    """Another command finds the addresses as they were written."""
    saved = _endpoints(tmp_path)
    saved.save()

    assert Endpoints.load(tmp_path) == saved
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_only_the_owner_may_read_the_passwords(tmp_path: Path):
    """The file is closed to others even where an open one was there before."""
    (tmp_path / FILE).write_text("{}")
    (tmp_path / FILE).chmod(0o644)
    _endpoints(tmp_path).save()

    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_no_file_is_explained(tmp_path: Path):
    """A directory in which nothing runs is named, with what to do."""
    with pytest.raises(UsageError, match=r"No ListHub runs in .*listhub up"):
        Endpoints.load(tmp_path)


def test_a_directory_in_its_place_is_explained(tmp_path: Path):
    """What cannot be read is said in one sentence."""
    (tmp_path / FILE).mkdir()

    with pytest.raises(UsageError, match="cannot be read"):
        Endpoints.load(tmp_path)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_explained(tmp_path: Path, path: Path):
    """Whatever stands in the file, the answer is one sentence."""
    (tmp_path / FILE).write_bytes(path.read_bytes())

    with pytest.raises(UsageError, match="is broken; stop ListHub there"):
        Endpoints.load(tmp_path)


def test_removing_twice_is_no_error(tmp_path: Path):
    """A system that stops may find its file gone."""
    endpoints = _endpoints(tmp_path)
    endpoints.save()
    endpoints.remove()
    endpoints.remove()

    assert not (tmp_path / FILE).exists()


def test_environment_names_every_server(tmp_path: Path):
    """Any command finds database, broker, doors, relay and web by its environment."""
    values = environment(_endpoints(tmp_path))

    assert values == {
        "LISTHUB_DATABASE__URL": "postgresql://listhub:secret@127.0.0.1:20001/listhub",
        "LISTHUB_BROKER__URL": "redis://:secret@127.0.0.1:20002/0",
        "LISTHUB_INTAKE__HOST": "127.0.0.1",
        "LISTHUB_INTAKE__PORT": "20003",
        "LISTHUB_INTAKE__SOCKET": str(tmp_path / "intake.sock"),
        "LISTHUB_DELIVERY__RELAYS": '["smtp://127.0.0.1:20004"]',
        "LISTHUB_DNS__ENABLED": "false",
        "LISTHUB_WEB__HOST": "127.0.0.1",
        "LISTHUB_WEB__PORT": "20005",
        "LISTHUB_WEB__URL": "http://127.0.0.1:20005",
    }


def test_environment_is_what_the_settings_read(tmp_path: Path):
    """The settings take each of the variables, and the values arrive."""
    from listhub.config import load, verp_key

    make_secret(tmp_path)
    (tmp_path / "listhub.toml").write_text('[site]\nlistmaster = "boss@example.org"\n')
    settings = load(None, environment(_endpoints(tmp_path)))

    assert settings.intake.port == 20003
    assert settings.delivery.relays == ("smtp://127.0.0.1:20004",)
    assert settings.site.listmaster == "boss@example.org"
    assert len(verp_key(settings)) == 32


def test_environment_leaves_out_what_does_not_run(tmp_path: Path):
    """A system without a door or a relay does not hide the defaults of those."""
    bare = Endpoints(
        database="postgresql:///x", broker="memory://", directory=tmp_path, pid=1
    )

    assert environment(bare) == {
        "LISTHUB_DATABASE__URL": "postgresql:///x",
        "LISTHUB_BROKER__URL": "memory://",
    }


def test_the_key_is_made_once(tmp_path: Path):
    """Addresses signed before a restart are known after it."""
    first = make_secret(tmp_path).read_text()

    assert make_secret(tmp_path).read_text() == first
    assert len(bytes.fromhex(first)) == 32


def test_alive_is_whether_the_process_exists(tmp_path: Path):
    """A file left by a killed system is told from one of a system that runs."""
    endpoints = _endpoints(tmp_path)
    endpoints.save()
    fields = json.loads((tmp_path / FILE).read_text())
    # Above the largest process id that the kernel gives, proc(5).
    (tmp_path / FILE).write_text(json.dumps({**fields, "pid": 2**22 + 1}))

    assert endpoints.alive
    assert not Endpoints.load(tmp_path).alive
