"""The servers of the embedded system, really started, stopped and killed."""

import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from listhub.embedded.binaries import (
    PostgresBinaries,
    find_postgres,
    find_valkey,
    wheel_postgres,
    wheel_valkey,
)
from listhub.embedded.broker import ValkeyServer
from listhub.embedded.caught import show
from listhub.embedded.identity import LAUNCHER, Identity, ordinary
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.process import Command, start, wait_until
from listhub.embedded.relay import CatchingRelay
from listhub.embedded.server import Server
from listhub.errors import TemporaryError, UsageError
from tests.servers import SETTINGS

ROOT = Path(__file__).parents[2]
NOBODY = 65534

#: Starts all servers below the directory given, says so, and waits to be killed.
OWNER = """
import signal, sys
from pathlib import Path
from listhub.embedded.broker import ValkeyServer
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.relay import CatchingRelay
here = Path(sys.argv[1])
for kind in (PostgresServer, ValkeyServer, CatchingRelay):
    server = kind(here / kind.name)
    server.start()
    globals()[kind.name] = server
    print(server.pid, flush=True)
print("ready", flush=True)
signal.pause()
"""

#: Makes a database, goes through a restart, and reads back what it wrote.
USER = """
import sys
from pathlib import Path
import psycopg
from listhub.embedded.postgres import PostgresServer
with PostgresServer(Path(sys.argv[1]) / "postgres", settings={"fsync": "off"}) as server:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    server.stop()
    server.start()
    with psycopg.connect(server.url()) as connection:
        print(connection.execute("SELECT n FROM kept").fetchone()[0])
"""


def _identities() -> list[Identity]:
    """Return every way in which this user may run PostgreSQL."""
    if os.geteuid() != 0:
        return [Identity()]
    other = Identity(kind="other", uid=NOBODY, gid=NOBODY)
    return [one for one in {ordinary(), other} if one.possible()]


def _binaries() -> list[PostgresBinaries]:
    return list({find_postgres(), *wheel_postgres()})


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _gone(processes: list[psutil.Process]) -> bool:
    """Tell whether all have ended; some machines bury orphans only after a while."""
    for process in processes:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            continue
    return True


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Return a directory that other users can reach."""
    path = Path(tempfile.mkdtemp(prefix="listhub-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize("binaries", _binaries(), ids=lambda one: str(one.major))
@pytest.mark.parametrize("identity", _identities(), ids=lambda one: one.kind)
def test_postgres_goes_on_with_its_data(
    server_directory: Path, binaries: PostgresBinaries, identity: Identity
):
    """Rows outlive a stop and a kill -9; port and password stay the same."""
    server = PostgresServer(
        server_directory / "postgres", binaries=binaries, identity=identity
    )
    with server:
        url = server.url()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES (lower('ÄÖ'))")
        server.stop()
        server.start()
        pid = server.pid
        assert pid is not None
        family = _family(pid)
        server.kill()
        killed = wait_until(lambda: _gone(family), timeout=10)
        server.start()
        with psycopg.connect(url) as connection:
            words = connection.execute("SELECT word FROM kept").fetchall()

    assert words == [("äö",)]
    assert len(family) > 3
    assert killed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start as somebody else")
@pytest.mark.parametrize("uid", [NOBODY, 54321], ids=["nobody", "nameless"])
def test_postgres_runs_for_an_ordinary_user(open_directory: Path, uid: int):
    """Users who are not root, with a name or (in containers) without, need nothing."""
    os.chown(open_directory, uid, uid)
    user = Identity(kind="other", uid=uid, gid=uid)
    # The interpreter itself may lie where only root gets in: the launcher can pass.
    launch = [sys.executable, str(LAUNCHER), str(os.getpid()), "9", user.argument()]
    run = subprocess.run(
        [*launch, sys.executable, "-c", USER, str(open_directory)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "1"
    assert (open_directory / "postgres" / "data").stat().st_uid == uid


def test_killing_the_owner_leaves_nothing_running(server_directory: Path):
    """After kill -9 of their owner no server is left, and the next owner takes over."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(server_directory)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        pids = []
        for line in owner.stdout:
            if line.strip() == "ready":
                break
            if line.strip().isdigit():
                pids.append(int(line))
        family = [process for pid in pids for process in _family(pid)]
        owner.kill()
    servers: list[Server] = [
        PostgresServer(server_directory / "postgres"),
        ValkeyServer(server_directory / "valkey"),
        CatchingRelay(server_directory / "catcher"),
    ]
    for server in servers:
        with server:
            assert server.running

    assert len(pids) == 3
    assert wait_until(lambda: _gone(family), timeout=10)


def test_a_stale_pid_file_does_not_stop_postgres(own_postgres: PostgresServer):
    """After a crash the old process id may be another program's: ours, here."""
    own_postgres.stop()
    stale = own_postgres.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{own_postgres.data}\n1\n1\n\n127.0.0.1\n")
    own_postgres.start()

    assert own_postgres.running


def test_initdb_that_was_killed_is_done_again(server_directory: Path):
    """Half a database from an interrupted first start is not taken for one."""
    directory = server_directory / "postgres"
    (directory / "data.new").mkdir(parents=True)
    (directory / "data.new" / "PG_VERSION").write_text("15\n")
    with PostgresServer(directory, settings=SETTINGS) as server:
        assert server.running


def test_nothing_but_the_port_is_shared(own_postgres: PostgresServer):
    """Only this machine gets in, only with the password, and no socket lies about."""
    pid = own_postgres.pid
    assert pid is not None
    sockets = psutil.Process(pid).net_connections("all")
    listening = {one.laddr for one in sockets if one.status == psutil.CONN_LISTEN}
    unix = [one.laddr for one in sockets if one.family == socket.AF_UNIX and one.laddr]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host="127.0.0.1", port=own_postgres.port, user="listhub", dbname="postgres"
        )

    assert listening == {("127.0.0.1", own_postgres.port)}
    assert unix == []


def test_databases_are_made_copied_and_dropped(own_postgres: PostgresServer):
    """A name may hold anything; dropping ends sessions and may be repeated."""
    name = 'odd "name" / ü'
    url = own_postgres.create_database(name)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    copy = own_postgres.create_database("copy", template=name)
    with psycopg.connect(copy) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
        own_postgres.drop_database("copy")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    own_postgres.drop_database("copy")


def test_a_directory_is_for_one_server(own_postgres: PostgresServer):
    """A second server on the same data is refused in one sentence."""
    with pytest.raises(UsageError, match="in use by another running server"):
        PostgresServer(own_postgres.directory).start()

    assert own_postgres.running


def test_a_port_in_use_is_refused(own_postgres: PostgresServer, server_directory: Path):
    """A port that was asked for and is taken is named."""
    with pytest.raises(UsageError, match=f"Port {own_postgres.port} of 127.0.0.1"):
        ValkeyServer(server_directory / "valkey", own_postgres.port).start()


@pytest.mark.parametrize("text", ["9.6", "word", ""], ids=repr)
def test_data_of_no_known_version_is_refused(server_directory: Path, text: str):
    """Data that is not ours is left alone."""
    directory = server_directory / "postgres"
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "PG_VERSION").write_text(text)
    with pytest.raises(UsageError, match="does not hold a database"):
        PostgresServer(directory).start()

    assert (directory / "data" / "PG_VERSION").read_text() == text


def test_data_of_a_missing_version_asks_for_it(server_directory: Path):
    """After an upgrade of the system's PostgreSQL the old data says what it needs."""
    directory = server_directory / "postgres"
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "PG_VERSION").write_text("9\n")

    with pytest.raises(UsageError, match="PostgreSQL 9, which is not installed"):
        PostgresServer(directory).start()


def test_a_server_that_cannot_start_says_where_its_log_is(server_directory: Path):
    """The sentence names the log; the reason is its last lines."""
    server = PostgresServer(
        server_directory / "postgres", settings={"fsync": "off", "no_such": "1"}
    )
    with pytest.raises(TemporaryError, match=r"its log is .*postgres\.log") as caught:
        server.start()

    assert "no_such" in caught.value.reason
    assert not server.running


def test_wheels_and_system_are_both_found():
    """Whichever is installed, its programs are there and can be run."""
    valkey = {find_valkey(), wheel_valkey()} - {None}

    assert all(os.access(str(path), os.X_OK) for path in valkey)
    assert all(one.postgres.exists() for one in _binaries())


def test_mail_is_caught(catcher: CatchingRelay):
    """What a client sends is there, envelope and bytes, before it has its answer."""
    with smtplib.SMTP("127.0.0.1", catcher.port or 0) as client:
        refused = client.sendmail(
            "a@example.org",
            ["bob@example.com", "tempfail@example.com", "refuse@example.com"],
            b"Subject: one\r\n\r\n.dot\r\n",
        )
        (one,) = catcher.transactions()

    assert {address: code for address, (code, _) in refused.items()} == {
        "tempfail@example.com": 451,
        "refuse@example.com": 550,
    }
    assert one.recipients == ("bob@example.com",)
    assert show(catcher.mail, one.digest) == b"Subject: one\r\n\r\n.dot\r\n"


def test_caught_mail_outlives_the_catcher(catcher: CatchingRelay):
    """A kill and a restart lose nothing that was answered."""
    for number in range(3):
        with smtplib.SMTP("127.0.0.1", catcher.port or 0) as client:
            client.sendmail(f"{number}@x", ["bob@x"], b"Subject: one\r\n\r\n")
            catcher.kill()
        catcher.start()

    senders = [one.reverse_path for one in catcher.transactions()]
    assert senders == ["0@x", "1@x", "2@x"]


def test_a_child_that_ignores_sigterm_is_killed(server_directory: Path):
    """Stopping ends: after the time given the whole group is killed."""
    log = server_directory / "log"
    script = "trap '' TERM; echo ready; sleep 60 & wait; sleep 60"
    child = start(Command(name="stubborn", argv=["/bin/sh", "-c", script], log=log))
    child.wait_ready(lambda: b"ready" in log.read_bytes(), timeout=10)
    family = _family(child.pid)

    assert not child.stop(timeout=0.2)
    assert child.returncode == -signal.SIGKILL
    assert wait_until(lambda: _gone(family), timeout=10)


def test_a_child_that_is_never_ready_is_killed(server_directory: Path):
    """Waiting ends with an error, not with a process left behind."""
    child = start(
        Command(name="silent", argv=["/bin/sleep", "60"], log=server_directory / "log")
    )
    with pytest.raises(TemporaryError, match=r"not ready within 0\.1 seconds"):
        child.wait_ready(lambda: False, timeout=0.1)

    assert not child.running
