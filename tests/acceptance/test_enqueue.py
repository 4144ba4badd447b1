"""listhub-enqueue as an MTA starts it: exit codes, bytes, every way to fail."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.intake_process import ENQUEUE, ROOT, daemon, environment, make_site, new_mail

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]

MAILS = {
    "lf": b"From: a@x\n\ntext\n",
    "crlf": b"From: a@x\r\n\r\ntext\r\n",
    "mixed": b"From: a@x\r\n\ntext\n\r\n\r",
    "no last line end": b"From: a@x\n\ntext",
    "dots": b"From: a@x\n\n.\n..\n.\r\n\r\n.\r\n..x\r\n.",
    "nul": b"From: a@x\n\n\0\0\xff\xfe\0",
    "envelope line": b"From a@x Sat Nov 21 12:00:00 2026\nFrom: a@x\n\n>From\n",
    "large": b"From: a@x\n\n" + bytes(range(256)) * 8000,
}


@pytest.fixture
def socket_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("s") / "i.sock")


@pytest.fixture(params=["daemon", "direct"])
def way(
    request: pytest.FixtureRequest, database_url: str, socket_path: str
) -> Iterator[str]:
    """Return how the mail gets in: with a daemon there, and without."""
    make_site(database_url)
    if request.param == "daemon":
        with daemon(database_url, socket_path):
            yield request.param
    else:
        yield request.param


@pytest.fixture
def enqueue(database_url: str, socket_path: str) -> Run:
    def start(
        *arguments: str,
        content: bytes = b"",
        program: Path = ENQUEUE,
        url: str = database_url,
        **more: str,
    ) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [program, *arguments],
            input=content,
            env=environment(url, socket_path, **more),
            capture_output=True,
            check=False,
            timeout=60,
        )

    return start


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as conn:
        return conn.execute(statement).fetchall()


ITEMS = """
SELECT recipient, reverse_path, meta->>'via', content
  FROM spool_item i JOIN body ON body.id = i.body_id ORDER BY i.id
"""


def test_every_octet_arrives(way: str, enqueue: Run, database_url: str) -> None:
    """What the MTA wrote into the pipe is what is stored, by either way."""
    for content in MAILS.values():
        done = enqueue("post@example.org", "--sender", "a@x.org", content=content)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    via = "socket" if way == "daemon" else "direct"
    expected = [("post@example.org", "a@x.org", via, mail) for mail in MAILS.values()]
    assert rows(database_url, ITEMS) == expected


POST = b"From: a@x\n\ntext\n"

#: Arguments, what is on standard input, the exit code, a part of the sentence.
FAILURES: tuple[tuple[list[str], bytes, int, str], ...] = (
    (["none@example.org"], POST, 67, "No list at none@example.org."),
    (["old@example.org"], POST, 67, "closed."),
    (["post@example.com"], POST, 67, "example.com"),
    (["post"], POST, 67, ""),
    (["sympa-request@example.org"], POST, 67, "Nobody reads"),
    (["post@example.org"], b"To: x\n\ntext\n", 65, "From"),
    (["post@example.org"], b"", 75, "empty"),
    (["post@example.org", "--size", "99999"], POST, 75, "of about 99999"),
    (["post@example.org", "--size", "x"], POST, 64, "no number"),
    (["post@example.org", "--what"], POST, 64, "--what"),
    ([], POST, 64, "recipient"),
    (["post@example.org", "none@example.org"], POST, 67, "none@example.org"),
    (["post@example.org", "--sender", "\x01@x"], POST, 65, "control"),
)


@pytest.mark.usefixtures("way")
def test_exit_codes_and_sentences(enqueue: Run) -> None:
    """Each failure has its code, and one sentence for the MTA's report."""
    for arguments, content, code, sentence in FAILURES:
        done = enqueue(*arguments, content=content)
        assert (arguments, done.returncode) == (arguments, code)
        assert sentence in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1
        assert done.stdout == b""


def test_too_large(database_url: str, socket_path: str, enqueue: Run) -> None:
    """65, by either way, at the limit of intake.max_size."""
    make_site(database_url)
    small = {"LISTHUB_INTAKE__MAX_SIZE": "1000"}
    mail = new_mail(b"x" * 2000)
    assert enqueue("post@example.org", content=mail, **small).returncode == 65
    with daemon(database_url, socket_path, **small):
        assert enqueue("post@example.org", content=mail).returncode == 65


def test_either_way_knows_the_others_retry(
    database_url: str, socket_path: str, enqueue: Run
) -> None:
    """A mail that was stored through the daemon is not stored again without it."""
    make_site(database_url)
    odd = '"odd one"@x.org'
    mail = new_mail()
    with daemon(database_url, socket_path):
        assert (
            enqueue("post@example.org", "--sender", odd, content=mail).returncode == 0
        )
    assert enqueue("post@example.org", "--sender", odd, content=mail).returncode == 0
    assert rows(database_url, "SELECT count(*) FROM spool_item") == [(1,)]


def test_several_recipients(way: str, enqueue: Run, database_url: str) -> None:
    """One process may bring a mail to several addresses."""
    recipients = ["post@example.org", "post-request@example.org"]
    assert enqueue(*recipients, content=new_mail()).returncode == 0
    assert [row[0] for row in rows(database_url, ITEMS)] == recipients


def test_no_database_is_75(enqueue: Run) -> None:
    """Neither daemon nor database: the MTA keeps the mail."""
    away = "postgresql://nobody:hunter2@127.0.0.1:1/nothing"
    done = enqueue("post@example.org", content=new_mail(), url=away)
    assert done.returncode == 75
    assert b"hunter2" not in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_wrong_settings_are_75(enqueue: Run) -> None:
    """A slip of the operator must not bounce mail."""
    wrong = {"LISTHUB_INTAKE__MAX_SIZE": "much"}
    assert enqueue("post@example.org", content=new_mail(), **wrong).returncode == 75


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param([b"220 x\r\n250 CHUNKING\r\n"], id="no binary mail"),
        pytest.param([b"421 busy\r\n"], id="busy"),
        pytest.param([b"garbage\r\n"], id="no LMTP"),
        pytest.param([b""], id="hangs up"),
    ],
)
def test_a_daemon_that_cannot_serve_is_passed_by(
    database_url: str, socket_path: str, enqueue: Run, talk: list[bytes]
) -> None:
    """Then the mail goes straight to the database, all of it."""
    make_site(database_url)
    mail = new_mail()
    with _impostor(socket_path, talk):
        assert enqueue("post@example.org", content=mail).returncode == 0
    assert [(row[2], row[3]) for row in rows(database_url, ITEMS)] == [("direct", mail)]


READY = b"220 x\r\n250-x\r\n250-CHUNKING\r\n250-SIZE 10000\r\n250 BINARYMIME\r\n"


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        pytest.param(b"", 75, id="dies at once"),
        pytest.param(b"250 2.0.0 OK\r\n250 2.0.0 OK\r\n", 75, id="dies midway"),
        pytest.param(b"250 2.0.0 OK\r\n250 2.0.0 OK\r\n250 2.0.", 75, id="in a line"),
        pytest.param(b"250 2.0.0 a\r\n250 2.0.0 b\r\n451 4.3.0 c\r\n", 75, id="451"),
        pytest.param(b"250 2.0.0 a\r\n250 2.0.0 b\r\n250 2.0.0 c\r\n", 0, id="250"),
        pytest.param(b"250 2.0.0 a\r\nwhat\r\n", 75, id="garbage"),
    ],
)
def test_a_daemon_that_dies_midway_is_75(
    socket_path: str, enqueue: Run, rest: bytes, code: int
) -> None:
    """Once the mail is read there is no other way: without a 250 it is tried again."""
    with _impostor(socket_path, [READY, rest]):
        assert enqueue("post@example.org", content=new_mail()).returncode == code


class _impostor:  # noqa: N801  used as a function
    """A daemon that says what it is told to say, and hangs up."""

    def __init__(self, path: str, talk: list[bytes]) -> None:
        self._talk = talk
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join(timeout=20)
        self._listener.close()

    def _serve(self) -> None:
        peer, _ = self._listener.accept()
        with peer:
            for said in self._talk:
                peer.recv(65536)
                peer.sendall(said)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass


def test_it_starts_from_anywhere(
    tmp_path: Path, database_url: str, enqueue: Run, socket_path: str
) -> None:
    """By a symbolic link, a link to a link, without PATH, in another directory."""
    make_site(database_url)
    (tmp_path / "one").symlink_to(ENQUEUE)
    (tmp_path / "two").symlink_to("one")
    with daemon(database_url, socket_path):
        for program in (ENQUEUE, tmp_path / "one", tmp_path / "two"):
            for path in (os.environ["PATH"], ""):
                done = enqueue(
                    "post@example.org", content=new_mail(), program=program, PATH=path
                )
                assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("beside", [True, False], ids=["installed", "editable"])
def test_it_starts_from_a_virtual_environment(
    tmp_path: Path, enqueue: Run, database_url: str, socket_path: str, *, beside: bool
) -> None:
    """With the package beside it, and where only site knows the package's place."""
    make_site(database_url)
    binaries = tmp_path / "venv" / "bin"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = tmp_path / "venv" / "lib" / version / "site-packages"
    for directory in (binaries, packages):
        directory.mkdir(parents=True)
    base = Path(sys.base_prefix) / "bin" / version
    (binaries / "python3").symlink_to(base)
    (tmp_path / "venv" / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
    shutil.copy(ENQUEUE, binaries)
    if beside:
        (packages / "listhub").symlink_to(ROOT / "listhub")
    else:
        (packages / "listhub.pth").write_text(f"{ROOT}\n")
    program = binaries / "listhub-enqueue"
    with daemon(database_url, socket_path):
        done = enqueue("post@example.org", content=new_mail(), program=program)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interpreter_that_is_killed_is_75(tmp_path: Path, enqueue: Run) -> None:
    """Whatever the MTA does not know as a code, it would bounce."""
    shutil.copy(ENQUEUE, tmp_path)
    for body in ("kill -9 $$", "exit 1", "exit 127"):
        fake = tmp_path / "python3"
        fake.write_text(f"#!/bin/sh\n{body}\n")
        fake.chmod(0o755)
        done = enqueue("post@example.org", program=tmp_path / "listhub-enqueue")
        assert done.returncode == 75
        assert b"the mail is tried again" in done.stderr
