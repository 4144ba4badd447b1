"""The brokers as real processes."""

import socket
from pathlib import Path

import psutil
from kombu.connection import Connection

from listhub.embedded.broker import RabbitServer, ValkeyServer


def test_valkey_forgets_and_comes_back(valkey: ValkeyServer):
    """After a flush and after kill -9 it serves again under the same URL, empty."""
    url = valkey.url
    for end in (valkey.flush, valkey.kill, valkey.stop):
        assert valkey.command("SET word 1") == b"+OK\r\n"
        end()
        valkey.start()

        assert valkey.url == url
        assert valkey.command("GET word") == b"$-1\r\n"


def test_valkey_wants_the_password(valkey: ValkeyServer):
    """Nobody without it gets in, and the process list does not show it."""
    pid = valkey.pid
    assert pid is not None
    with socket.create_connection(("127.0.0.1", valkey.port or 0), 5) as peer:
        peer.sendall(b"PING\r\n")
        answer = peer.recv(100)
    secret = (valkey.directory / "password").read_text().strip()

    assert answer.startswith(b"-NOAUTH")
    assert secret not in " ".join(psutil.Process(pid).cmdline())


def test_valkey_carries_messages(valkey: ValkeyServer):
    """kombu can use it."""
    assert _carried(valkey.url) == {"stage": "send"}


def test_rabbitmq_starts_again_after_stop_and_kill(rabbit: RabbitServer):
    """Messages go through before and after; nothing of Erlang's is left over."""
    first = _carried(rabbit.url)
    rabbit.stop()
    left_by_stop = _erlang(rabbit.directory)
    rabbit.start()
    second = _carried(rabbit.url)
    rabbit.kill()
    left_by_kill = _erlang(rabbit.directory)
    rabbit.start()
    third = _carried(rabbit.url)

    assert first == second == third == {"stage": "send"}
    assert left_by_stop == left_by_kill == []


def test_rabbitmq_listens_on_this_machine_only(rabbit: RabbitServer):
    """Broker, name server and distribution are all on 127.0.0.1."""
    pid = rabbit.pid
    assert pid is not None
    found = psutil.Process(pid).net_connections("inet")
    listening = {one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN}

    assert listening == {"127.0.0.1"}
    assert rabbit.control("await_startup").returncode == 0


def _carried(url: str) -> object:
    with Connection(url) as connection, connection.SimpleQueue("carried") as queue:
        queue.put({"stage": "send"})
        message = queue.get(timeout=20)
        message.ack()
        return message.payload


def _erlang(directory: Path) -> list[str]:
    """Return the command lines of what runs with a directory for its home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME") == str(directory):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found
