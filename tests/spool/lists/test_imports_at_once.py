"""Imports at the same time: no deadlock, each member once; and a big one."""

import io
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from listhub.lists import catalogue, member_file, member_import, members
from listhub.lists.member_import import Report

DOMAIN = "lists.example.org"


@pytest.fixture
def lists(database_url: str) -> list[str]:
    """Return the addresses of two lists."""
    with psycopg.connect(database_url) as conn:
        catalogue.add_domain(conn, DOMAIN, actor="t")
        return [
            catalogue.create_list(conn, f"list{n}@{DOMAIN}", actor="t").address
            for n in (1, 2)
        ]


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Connect with the time-outs that a role has in production."""
    with psycopg.connect(url, options="-c lock_timeout=5s") as conn:
        yield conn


def bring(
    url: str, address: str, data: bytes, *, start: threading.Barrier | None = None
) -> Report:
    with connected(url) as conn:
        found = catalogue.find_list(conn, address)
        conn.commit()
        rows = member_file.read(io.BytesIO(data), name="x")
        with member_import.stage(rows, found=found) as staged:
            if start is not None:
                start.wait()
            return member_import.apply(conn, staged, found=found, actor="t")


def csv_of(numbers: Sequence[int]) -> bytes:
    return b"".join(b"m%d@host%d.example,M %d\n" % (n, n % 97, n) for n in numbers)


def test_one_file_twice_at_once(database_url: str, lists: list[str]) -> None:
    """One of the two adds everybody, and the other finds them all members already."""
    data = b"address,name\n" + csv_of(range(5000))
    start = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        pair = [
            pool.submit(bring, database_url, lists[0], data, start=start)
            for _ in range(2)
        ]
        reports = sorted((each.result() for each in pair), key=lambda r: r.applied)

    assert [(r.applied, len(r.refused)) for r in reports] == [(False, 5000), (True, 0)]
    with connected(database_url) as conn:
        found = catalogue.find_list(conn, lists[0])
    assert found.members == 5000


def test_same_people_in_other_orders_at_once(
    database_url: str, lists: list[str]
) -> None:
    """Two lists share everybody, the files run against each other: no deadlock."""
    numbers = range(5000)
    files = [b"address,name\n" + csv_of(order) for order in (numbers, numbers[::-1])]
    start = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        pair = [
            pool.submit(bring, database_url, address, data, start=start)
            for address, data in zip(lists, files, strict=True)
        ]
        reports = [each.result() for each in pair]

    assert [report.added for report in reports] == [5000, 5000]
    with connected(database_url) as conn:
        persons = conn.execute("SELECT count(*) FROM person").fetchone()
    assert persons == (5000,)


def test_hundred_thousand_members(database_url: str, lists: list[str]) -> None:
    """A big list is imported whole, refused as a whole, and exported."""
    data = b"address,name\n" + csv_of(range(100_000))
    first = bring(database_url, lists[0], data)
    second = bring(database_url, lists[0], data)
    with connected(database_url) as conn:
        found = catalogue.find_list(conn, lists[0])
        size = sum(map(len, members.export(conn, found.id)))

    assert (first.added, second.added, len(second.refused)) == (100_000, 0, 100_000)
    assert size > len(data)
