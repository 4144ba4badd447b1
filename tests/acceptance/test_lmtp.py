"""The intake daemon as a process: conversations, retries, the database away, the end."""

import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from listhub.db import upgrade
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.process import wait_until
from tests.intake_process import Client, Daemon, daemon, make_site, new_mail


@pytest.fixture
def socket_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("s") / "i.sock")


@pytest.fixture
def running(database_url: str, socket_path: str) -> Iterator[Daemon]:
    make_site(database_url)
    with daemon(database_url, socket_path) as running:
        yield running


def query(database_url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as conn:
        return conn.execute(statement).fetchall()


def connect(running: Daemon) -> Client:
    return Client(("127.0.0.1", running.port))


def test_a_mail_is_committed_when_it_is_answered(
    running: Daemon, database_url: str
) -> None:
    """250 names the trace of a row that is there."""
    content = new_mail(b"..\r\n.\r\nlast")
    with connect(running) as client:
        replies = client.mail("post@example.org", "none@example.org", content=content)
    assert replies[0].startswith("550 5.1.1 ")
    assert replies[1].startswith("250 2.0.0 accepted as ")
    rows = query(
        database_url,
        "SELECT trace::text, stage, content FROM spool_item i"
        " JOIN body ON body.id = i.body_id",
    )
    assert rows == [(replies[1].rpartition(" ")[2], "distribute", content)]


def test_a_retry_is_no_second_post(running: Daemon, database_url: str) -> None:
    """The same transaction again, on another connection, gets the same answer."""
    content = new_mail()
    answers = set()
    for _ in range(3):
        with connect(running) as client:
            answers.update(client.mail("post@example.org", content=content))
    assert len(answers) == 1
    assert query(database_url, "SELECT count(*) FROM spool_item") == [(1,)]


def test_an_mta_that_hangs_up_has_sent_nothing(
    running: Daemon, database_url: str
) -> None:
    """A mail without its end is no mail."""
    for rest in (b"", b"\r\n.", b"\r\n.\r", b"\n.\n"):
        with connect(running) as client:
            client.say("LHLO x")
            client.say("MAIL FROM:<>")
            client.say("RCPT TO:<post@example.org>")
            client.say("DATA")
            client.send(new_mail() + rest)
    with connect(running) as client:
        assert client.say("NOOP").startswith("250")
    assert query(database_url, "SELECT count(*) FROM spool_item") == [(0,)]


def test_many_connections_at_once(running: Daemon, database_url: str) -> None:
    """Each mail of each connection is answered and stored once."""
    answers: list[str] = []

    def send() -> None:
        with connect(running) as client:
            for _ in range(20):
                answers.extend(client.mail("post@example.org", content=new_mail()))

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(set(answers)) == 200
    assert {answer[:3] for answer in answers} == {"250"}
    traces = "SELECT count(DISTINCT trace), count(*) FROM spool_item"
    assert query(database_url, traces) == [(200, 200)]


def test_a_pipelining_client(running: Daemon) -> None:
    """All commands in one piece, replies in their order."""
    with connect(running) as client:
        client.send(
            b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<post@example.org>\r\n"
            b"RCPT TO:<old@example.org>\r\nRCPT TO:<listmaster@example.org>\r\nDATA\r\n"
        )
        codes = [client.reply()[:3] for _ in range(6)]
        client.send(new_mail() + b".\r\nQUIT\r\n")
        codes += [client.reply()[:3] for _ in range(3)]
    expected = ["250", "250", "250", "550", "250", "354", "250", "250", "221"]
    assert codes == expected


def test_a_client_that_ends_its_side_first(running: Daemon) -> None:
    """It still gets its answer, and then the connection is closed."""
    with connect(running) as client:
        client.send(
            b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<post@example.org>\r\nDATA\r\n"
            + new_mail()
            + b".\r\n"
        )
        client.end()
        codes = [client.reply()[:3] for _ in range(6)]
    assert codes == ["250", "250", "250", "354", "250", ""]


def test_the_socket_has_its_mode_and_goes_with_the_daemon(
    running: Daemon, socket_path: str
) -> None:
    """0660 while it runs; nothing is left behind after SIGTERM."""
    assert stat.S_IMODE(os.stat(socket_path).st_mode) == 0o660  # noqa: PTH116
    with Client(socket_path) as client:
        assert client.greeting.startswith("220")
    assert running.stop() == 0
    assert not Path(socket_path).exists()


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(
    running: Daemon, database_url: str, socket_path: str
) -> None:
    """After kill -9 the next daemon starts; beside a living one it does not."""
    with (
        pytest.raises(AssertionError, match="another intake daemon"),
        daemon(database_url, socket_path),
    ):
        pass
    with Client(socket_path) as client:
        assert client.say("NOOP").startswith("250")
    running.kill()
    assert Path(socket_path).is_socket()
    with daemon(database_url, socket_path), Client(socket_path) as client:
        assert client.say("NOOP").startswith("250")


def test_sigterm_finishes_what_is_being_stored(
    running: Daemon, database_url: str
) -> None:
    """The mail under way is answered, then 421; idle peers get 421 at once."""
    idle, busy = connect(running), connect(running)
    with psycopg.connect(database_url) as blocker:
        busy.say("LHLO x")
        busy.say("MAIL FROM:<>")
        busy.say("RCPT TO:<post@example.org>")
        busy.say("DATA")
        blocker.execute("LOCK TABLE spool_item IN ACCESS EXCLUSIVE MODE")
        busy.send(new_mail() + b".\r\n")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        assert wait_until(lambda: query(database_url, waiting) == [(1,)], timeout=20)
        running.process.terminate()
        assert idle.reply().startswith("421 4.3.2")
        assert idle.reply() == ""
        with pytest.raises(ConnectionRefusedError):
            connect(running)
    assert busy.reply().startswith("250 2.0.0")
    assert busy.reply().startswith("421 4.3.2")
    assert running.process.wait(timeout=20) == 0
    assert query(database_url, "SELECT count(*) FROM spool_item") == [(1,)]
    idle.close()
    busy.close()


def test_a_silent_peer_is_dismissed(database_url: str, socket_path: str) -> None:
    """421 4.4.2 after the idle time, and the connection is closed."""
    patience = {"LISTHUB_INTAKE__IDLE_TIMEOUT": "0.2"}
    with (
        daemon(database_url, socket_path, **patience) as running,
        connect(running) as client,
    ):
        assert client.reply().startswith("421 4.4.2")
        assert client.reply() == ""


def test_a_mail_that_is_too_large(database_url: str, socket_path: str) -> None:
    """552 5.3.4 for SIZE and for what arrives; the daemon does not grow by it."""
    make_site(database_url)
    small = {"LISTHUB_INTAKE__MAX_SIZE": "10000"}
    with (
        daemon(database_url, socket_path, **small) as running,
        connect(running) as client,
    ):
        client.say("LHLO x")
        assert client.say("MAIL FROM:<> SIZE=10001").startswith("552 5.3.4")
        before = _memory(running)
        replies = client.mail("post@example.org", content=new_mail(b"x" * 50_000_000))
        assert replies[0].startswith("552 5.3.4")
        assert _memory(running) - before < 20_000_000
        ok = client.mail("post@example.org", content=new_mail())
        assert ok[0].startswith("250")


def _memory(running: Daemon) -> int:
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024


def test_the_database_away_and_back(
    own_postgres: PostgresServer, socket_path: str
) -> None:
    """451 and never 5xx while it is away; then the same daemon goes on."""
    url = own_postgres.url()
    upgrade(url)
    make_site(url)
    content = new_mail()
    with daemon(url, socket_path) as running, connect(running) as client:
        assert client.mail("post@example.org", content=new_mail())[0].startswith("250")
        own_postgres.kill()
        assert _unknown_verdict(client) == "451 4.3.0"
        # The list is known for some seconds yet: then the mail itself is put off.
        assert client.mail("post@example.org", content=content)[0].startswith("451")
        own_postgres.start()
        assert wait_until(lambda: _unknown_verdict(client) == "550 5.1.1", timeout=20)
        assert client.mail("post@example.org", content=content)[0].startswith("250")
    assert query(url, "SELECT count(*) FROM spool_item") == [(2,)]


def _unknown_verdict(client: Client) -> str:
    client.say("RSET")
    client.say("LHLO x")
    client.say("MAIL FROM:<>")
    verdict = client.say("RCPT TO:<none@example.org>")[:9]
    client.say("RSET")
    return verdict


def test_a_port_in_use_is_said_in_one_sentence(
    database_url: str, socket_path: str
) -> None:
    """The daemon names the port and the settings, and leaves no socket."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with (
            pytest.raises(
                AssertionError, match=f"cannot listen on 127.0.0.1 port {port}"
            ),
            daemon(database_url, socket_path, LISTHUB_INTAKE__PORT=port),
        ):
            pass
    assert not Path(socket_path).exists()
