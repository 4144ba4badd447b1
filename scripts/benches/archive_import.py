"""What an archive that moves in costs: archive-import."""

import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import BinaryIO

import psycopg

from listhub.archive import exporting, importing
from listhub.archive.importing import Tally
from listhub.archive.reading import Found, mbox
from listhub.config import Database
from listhub.lists import catalogue
from listhub.spool import bodies
from scripts.benches.figures import Figure
from scripts.benches.processes import load_average
from scripts.benches.site import Lab

MESSAGES = 100_000
GOAL = 1000
LIST = "bench@lists.example"
FIRST = datetime(2010, 1, 1, 8, tzinfo=UTC)
WORDS = 20_000

Conn = psycopg.Connection[tuple[object, ...]]


def archive_import(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Import generated messages, export them, and import the export again."""
    count = max(int(MESSAGES * scale), 500)
    rates: list[float] = []
    again: list[float] = []
    exports: list[float] = []
    limits: list[float] = []
    with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as export:
        text.writelines(_mbox(count))
        size = text.tell()
        for _ in range(runs):
            one = _run(lab, text, export, count)
            for kept, rate in zip((rates, again, exports), one, strict=True):
                kept.append(rate)
            limits.append(_bytes_alone(lab, text, count))
    load = f"{count:,} messages, {size / 1e6:.0f} MB; load average {load_average()}"
    return [
        Figure(
            workload="archive-import",
            case="first",
            unit="messages/s",
            rates=rates,
            limits=limits,
            goal=f">= {GOAL:,}",
            met=min(rates) >= GOAL,
            note=f"limit: the bytes alone into `body`; {load}",
        ),
        Figure(
            workload="archive-import",
            case="own export again",
            unit="messages/s",
            rates=again,
            goal="changes nothing",
            met=True,
            note=load,
        ),
        Figure(
            workload="archive-import",
            case="export",
            unit="messages/s",
            rates=exports,
            note=load,
        ),
    ]


def _run(
    lab: Lab, text: BinaryIO, export: BinaryIO, count: int
) -> tuple[float, float, float]:
    """Return messages per second: of the import, of the second one, of the export."""
    url = lab.new_database()
    with psycopg.connect(url) as conn:
        number = _list(conn)
        conn.commit()
        first, tally = _timed(url, number, text)
        _expect(tally, added=count, present=0)
        export.seek(0)
        export.truncate()
        began = time.perf_counter()
        export.writelines(exporting.export(conn, list_id=number))
        exported = time.perf_counter() - began
        before = _fingerprint(conn)
        conn.rollback()
        again, tally = _timed(url, number, export)
        _expect(tally, added=0, present=count)
        if before != _fingerprint(conn):
            raise RuntimeError("the import of the own export changed something")
        conn.rollback()
    lab.postgres.drop_database(url.rpartition("/")[2])
    return count / first, count / again, count / exported


def _timed(url: str, number: int, text: BinaryIO) -> tuple[float, Tally]:
    text.seek(0)
    began = time.perf_counter()
    pieces = mbox.read(text, name="bench")
    tally = importing.bring_in(Database(url=url), pieces, list_id=number, language="en")
    return time.perf_counter() - began, tally


def _bytes_alone(lab: Lab, text: BinaryIO, count: int) -> float:
    """Store the messages and do nothing else with them; return messages per second."""
    url = lab.new_database()
    text.seek(0)
    pieces = mbox.read(text, name="bench")
    raws = (piece.raw for piece in pieces if isinstance(piece, Found))
    began = time.perf_counter()
    with psycopg.connect(url) as conn:
        while batch := [(bodies.digest(raw), raw) for raw in islice(raws, 500)]:
            bodies.store(conn, batch)
            conn.commit()
    seconds = time.perf_counter() - began
    lab.postgres.drop_database(url.rpartition("/")[2])
    return count / seconds


def _list(conn: Conn) -> int:
    catalogue.add_domain(conn, "lists.example", actor="bench")
    return catalogue.create_list(conn, LIST, actor="bench").id


def _expect(tally: Tally, *, added: int, present: int) -> None:
    if (tally.added, tally.present, len(tally.unread)) != (added, present, 0):
        raise RuntimeError(f"added {tally.added:,}, present {tally.present:,}")


def _fingerprint(conn: Conn) -> object:
    """Return what stands for all rows of the archive."""
    return conn.execute(
        "SELECT (SELECT md5(string_agg(md5(m::text), '' ORDER BY id))"
        " FROM archive_message m), (SELECT count(*) FROM archive_text),"
        " (SELECT md5(string_agg(md5(k::text), '' ORDER BY key)) FROM archive_key k),"
        " (SELECT count(*) FROM body)"
    ).fetchone()


def _mbox(count: int) -> Iterator[bytes]:
    """Yield messages of threads of about ten: half plain, the others of two forms."""
    dice = random.Random(7)  # noqa: S311 - the same mail in every run
    words = [
        "".join(dice.choices("abcdefghijklmnoprstuvw", k=dice.randint(3, 10)))
        for _ in range(WORDS)
    ]
    for number in range(count):
        came = FIRST + timedelta(minutes=37 * number)
        answers = number % 10 and dice.randint(number - number % 10, number - 1)
        text = _text(dice, words, lines=dice.randint(10, 60))
        raw = _message(number, answers, came, text, topic=words[number // 10 % WORDS])
        yield mbox.write(raw, sender=f"p{number % 500}@x.example", came=came)


def _text(dice: random.Random, words: list[str], *, lines: int) -> str:
    made = (" ".join(dice.choices(words, k=9)) for _ in range(lines))
    return "".join(f"{line}\n" for line in made)


def _message(
    number: int, answers: int, came: datetime, text: str, *, topic: str
) -> bytes:
    subject = f"{'Re: ' if answers else ''}{topic}"
    head = (
        f"From: Person {number % 500} <p{number % 500}@x.example>\nTo: {LIST}\n"
        f"Subject: {subject}\nMessage-ID: <{number}@x.example>\n"
        f"Date: {came:%a, %d %b %Y %H:%M:%S} +0000\nMIME-Version: 1.0\n"
    )
    if answers:
        head += (
            f"In-Reply-To: <{answers}@x.example>\nReferences: <{answers}@x.example>\n"
        )
    if number % 2:
        kind = "alternative" if number % 4 == 1 else "mixed"
        html = f"<p>{text}</p>" if kind == "alternative" else "0123456789abcdef\n" * 500
        form = "text/html" if kind == "alternative" else "text/csv; name=data.csv"
        return (
            f"{head}Content-Type: multipart/{kind}; boundary=b\n\n"
            f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
            f"--b\nContent-Type: {form}\n\n{html}\n--b--\n"
        ).encode()
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}".encode()
