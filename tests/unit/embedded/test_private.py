import socket
import stat
from pathlib import Path

import pytest

from listhub.embedded.private import (
    free_port,
    lock,
    make_private,
    remembered_port,
    remembered_secret,
)
from listhub.errors import UsageError


def test_a_secret_is_made_once_and_closed_to_others(tmp_path: Path):
    """A restart keeps the password; nobody else may read it."""
    path = tmp_path / "password"
    first = remembered_secret(path)

    assert remembered_secret(path) == first
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_ports_are_not_those_of_outgoing_connections():
    """A client that calls a stopped server must never be connected to itself."""
    text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    ports = {free_port() for _ in range(20)}

    assert all(1024 <= port < int(text.split()[0]) for port in ports)


def test_a_port_is_kept_while_it_is_free(tmp_path: Path):
    """A restart listens where the clients look for it."""
    path = tmp_path / "port"
    first = remembered_port(path)

    assert remembered_port(path) == first


@pytest.mark.parametrize("text", ["", "x", "-1\n", "0\n", "70000\n"])
def test_a_broken_port_file_is_written_anew(tmp_path: Path, text: str):
    """A damaged file costs a new port, no more."""
    (tmp_path / "port").write_text(text)
    port = remembered_port(tmp_path / "port")

    assert (tmp_path / "port").read_text() == f"{port}\n"


def test_a_port_that_is_taken_is_left_or_refused(tmp_path: Path):
    """The remembered port gives way to a stranger; the one asked for is an error."""
    path = tmp_path / "port"
    first = remembered_port(path)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first))
        stranger.listen()
        second = remembered_port(path)
        with pytest.raises(UsageError, match=f"Port {first} of 127.0.0.1 is in use"):
            remembered_port(path, wanted=first)

    assert second != first


@pytest.mark.parametrize("port", [-1, 65536])
def test_what_is_no_port_is_refused(tmp_path: Path, port: int):
    """A number that no port has is explained like a port that is taken."""
    with pytest.raises(UsageError, match=f"Port {port} .* no port for us"):
        remembered_port(tmp_path / "port", wanted=port)


def test_a_directory_is_held_once(tmp_path: Path):
    """Two servers never share a directory; the second is told so."""
    with (
        lock(tmp_path),
        pytest.raises(UsageError, match="in use by another running server"),
        lock(tmp_path),
    ):
        pass
    with lock(tmp_path):
        pass


def test_a_file_in_the_directorys_place_is_explained(tmp_path: Path):
    """What cannot be a directory is named."""
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="cannot be used"):
        make_private(tmp_path / "file")
