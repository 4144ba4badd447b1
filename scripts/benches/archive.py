"""What it takes to find a post among a million: archive-search."""

import itertools
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from listhub.archive import filing, store
from listhub.archive.filing import Filing
from listhub.archive.search import Search, explain, search
from listhub.spool import bodies
from scripts.benches.figures import Figure
from scripts.benches.processes import load_average
from scripts.benches.site import Lab

#: At scale 1; a tenth of them is filed as an import does, the others are copies.
POSTS = 1_000_000
COPIES = 10
LISTS = 20
BATCH = 250
WORDS = 30_000
#: Milliseconds for 95 of 100 searches.
GOALS = {"cold": 500.0, "warm": 200.0}
BEGAN = datetime(2010, 1, 1, tzinfo=UTC)

_COPY_POSTS = """
INSERT INTO archive_message (list_id, message_id, permalink, sent_at, author,
       author_name, subject, body_id, size, attachments, trace, refs)
SELECT list_id, %(copy)s || message_id, %(copy)s || permalink,
       sent_at + %(copy)s * interval '11 hours', author, author_name, subject, body_id,
       size, attachments, trace, '{}'
  FROM archive_message WHERE id <= %(last)s
"""
_COPY_TEXTS = """
INSERT INTO archive_text (id, list_id, sent_at, language, words, content)
SELECT copy.id, copy.list_id, copy.sent_at, text.language, text.words, text.content
  FROM archive_message AS copy
  JOIN archive_message AS post
    ON post.list_id = copy.list_id AND copy.message_id = %(copy)s || post.message_id
   AND post.id <= %(last)s
  JOIN archive_text AS text ON text.id = post.id
 WHERE copy.id > %(last)s
"""


def archive_search(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """File posts, then look for words common and rare, cold and warm."""
    posts = int(POSTS * scale)
    url = lab.new_database()
    with psycopg.connect(url) as conn:
        lists = _lists(conn)
        figures = [_file(conn, lists, max(BATCH, posts // COPIES))]
        _multiply(conn)
        figures += _measure(url, lists, restart=lambda: _restart(lab), runs=runs)
    lab.postgres.drop_database(url.rpartition("/")[2])
    return figures


def _restart(lab: Lab) -> None:
    """Empty the server's own cache; that of the system stays."""
    lab.postgres.stop()
    lab.postgres.start()


def _lists(conn: "psycopg.Connection[tuple[int]]") -> list[int]:
    conn.execute("INSERT INTO domain (name) VALUES ('bench.example')")
    rows = conn.execute(
        "INSERT INTO mailing_list (domain_id, name, address)"
        " SELECT domain.id, 'l' || n, 'l' || n || '@bench.example'"
        " FROM domain, generate_series(1, %s) AS n WHERE domain.name = 'bench.example'"
        " RETURNING mailing_list.id",
        [LISTS],
    ).fetchall()
    conn.commit()
    return [number for (number,) in rows]


def _file(
    conn: "psycopg.Connection[tuple[int]]", lists: list[int], posts: int
) -> Figure:
    """File posts in batches, each a transaction, as an import does."""
    chance = random.Random(7)  # noqa: S311 - the same posts in every run
    made = _posts(chance)
    seconds = 0.0
    for number in range(0, posts, BATCH):
        list_id = lists[number // BATCH % LISTS]
        raws = list(itertools.islice(made, BATCH))
        began = time.perf_counter()
        store.file_many(conn, _filings(conn, list_id, raws))
        conn.commit()
        seconds += time.perf_counter() - began
    return Figure(
        workload="archive-search",
        case=f"filing {posts:,} posts, {BATCH} at a time",
        unit="posts/s",
        rates=[posts / seconds],
        note=f"one process; load average {load_average()}",
    )


def _filings(
    conn: "psycopg.Connection[tuple[int]]", list_id: int, raws: list[bytes]
) -> list[Filing]:
    digests = [(bodies.digest(raw), raw) for raw in raws]
    stored = bodies.store(conn, digests)
    trace = uuid.uuid4()
    now = datetime.now(UTC)
    return [
        filing.read(
            raw,
            list_id=list_id,
            body_id=stored[digest],
            trace=trace,
            received_at=now,
        )
        for digest, raw in digests
    ]


def _posts(chance: random.Random) -> Iterator[bytes]:
    """Make posts of some 120 words each, two of three an answer to an earlier one."""
    words = [f"w{number}ord" for number in range(WORDS)]
    # Zipf's law: as often as words of a language are used.
    weights = list(itertools.accumulate(1 / (rank + 5) for rank in range(WORDS)))
    names: list[int] = []
    for number in itertools.count():
        text = chance.choices(words, cum_weights=weights, k=chance.randint(40, 200))
        author = chance.randint(1, 2000)
        refs = ""
        if names and chance.random() < 2 / 3:
            refs = f"References: <m{chance.choice(names[-50:])}@bench.example>\r\n"
        names = [*names[-99:], number]
        date = BEGAN + timedelta(minutes=number * 5)
        yield (
            f"From: Author{author} <a{author}@x{author % 97}.example>\r\n"
            f"Subject: {' '.join(text[:5])}\r\n"
            f"Date: {date:%a, %d %b %Y %H:%M:%S} +0000\r\n{refs}"
            f"Message-ID: <m{number}@bench.example>\r\n\r\n{' '.join(text)}\r\n"
        ).encode()


def _multiply(conn: "psycopg.Connection[tuple[int]]") -> None:
    """Copy what was filed; the index is built once, which is all that differs."""
    [last] = conn.execute("SELECT max(id) FROM archive_message").fetchone() or (0,)
    conn.execute("SET maintenance_work_mem = '512MB'")
    conn.execute("DROP INDEX archive_text_words")
    for copy in range(1, COPIES):
        values = {"copy": copy, "last": last}
        conn.execute(_COPY_POSTS, values)
        conn.commit()
    conn.execute("ANALYZE archive_message")
    for copy in range(1, COPIES):
        conn.execute(_COPY_TEXTS, {"copy": copy, "last": last})
        conn.commit()
    conn.execute("CREATE INDEX archive_text_words ON archive_text USING gin (words)")
    conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE archive_text")
    conn.execute("VACUUM ANALYZE archive_message")
    conn.autocommit = False


def _searches(lists: list[int]) -> dict[str, tuple[list[Search], list[int]]]:
    """Return what is looked for: a case has many searches, each of other words."""
    rare = [Search(words=f"w{n}ord") for n in range(20_000, 20_020)]
    common = [Search(words=f"w{n}ord") for n in range(20)]
    both = [Search(words=f"w{n}ord w{n + 300}ord") for n in range(20)]
    phrase = [Search(words=f'"w{n}ord w{n + 1}ord"') for n in range(100, 120)]
    best = [Search(words=f"w{n}ord", order="best") for n in range(20)]
    author = [Search(words=f"w{n}ord", author=f"author{n + 1}") for n in range(20)]
    since = datetime(2010, 6, 1, tzinfo=UTC)
    dated = [
        Search(words=f"w{n}ord", since=since, until=since + timedelta(days=30))
        for n in range(20)
    ]
    return {
        "a rare word": (rare, lists),
        "a common word": (common, lists),
        "a common word in one list": (common, lists[:1]),
        "two words": (both, lists),
        "a phrase": (phrase, lists),
        "a common word, best first": (best, lists),
        "a word of an author": (author, lists),
        "a word of a month": (dated, lists),
    }


def _measure(
    url: str, lists: list[int], *, restart: Callable[[], object], runs: int
) -> list[Figure]:
    figures = []
    for case, (searches, where) in _searches(lists).items():
        restart()
        with psycopg.connect(url) as conn:
            search(conn, Search(author="nobody"), lists=where, addresses=True)
            cold = [_milliseconds(conn, each, where) for each in searches]
            warm = [
                _milliseconds(conn, each, where)
                for _ in range(max(3, runs))
                for each in searches
            ]
            plan = explain(conn, searches[0], lists=where)
        print(f"--- {case}", *plan, sep="\n    ", flush=True)
        for state, times in (("cold", cold), ("warm", warm)):
            figures.append(_figure(f"{case}, {state}", times, GOALS[state]))
    return figures


def _figure(case: str, times: list[float], goal: float) -> Figure:
    p50 = statistics.median(times)
    p95 = statistics.quantiles(times, n=20)[-1]
    return Figure(
        workload="archive-search",
        case=case,
        unit="ms",
        rates=times,
        goal=f"p95 <= {goal:.0f}",
        met=p95 <= goal,
        note=f"p50 {p50:.1f}, p95 {p95:.1f}; load average {load_average()}",
    )


def _milliseconds(
    conn: "psycopg.Connection[tuple[int]]", wanted: Search, lists: list[int]
) -> float:
    began = time.perf_counter()
    search(conn, wanted, lists=lists, addresses=True)
    conn.commit()
    return (time.perf_counter() - began) * 1000
