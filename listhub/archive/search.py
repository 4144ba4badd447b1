"""Find posts by their words, author, date, list and files.

Who may read which list is decided before (scenario `archive_web_access`): a search is
given the lists, and finds nothing outside of them.  Newest first, every page costs the
same; best first ranks the newest `RANKED` that match, so that a common word does not
cost reading everything that was ever written.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.archive import index
from listhub.archive.hiding import hide

RANKED = 1000
MOST = 100
_LONGEST_QUERY = 500
#: In the index up to so many lists are told apart; more are, row by row.
_MOST_LIST_MARKS = 5
#: Characters of a text in which what was found is shown.
_HEADLINE = 20_000

#: Among how many times the posts that are wanted a common word is looked for.
_WINDOW = 20

# What `ts_headline` puts around words: no text has these.
_START, _STOP = "\ue000", "\ue001"
_MARKS = re.compile(f"[{_START}{_STOP}]")

Conn = psycopg.Connection[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What is asked for; `words` as people type: "a phrase", or, -not."""

    words: str = ""
    author: str = ""  #: an address, or words of a name
    since: datetime | None = None
    until: datetime | None = None  #: not itself
    with_files: bool = False
    order: Literal["newest", "best"] = "newest"


@dataclass(frozen=True, kw_only=True, slots=True)
class After:
    """Where the next page begins; `rank` only counts for the best first."""

    sent_at: datetime
    id: int
    rank: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A post that was found; `snippet` is safe HTML with <mark>, the rest is text."""

    id: int
    list_id: int
    permalink: str
    sent_at: datetime
    author: str
    author_name: str
    subject: str
    attachments: int
    rank: float
    snippet: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What was found; `after` is None on the last page."""

    found: tuple[Found, ...]
    after: After | None


class TooSlow(Exception):
    """A search took longer than anybody waits for it."""


_NEWEST = """
SELECT text.id, text.sent_at, 0::real AS rank
  FROM archive_text AS text
 WHERE {where}
 ORDER BY text.sent_at DESC, text.id DESC
 LIMIT %(limit)s
"""
# The newest that match.  Of a common word enough are among the newest posts; of all
# others the index of words knows where they are.  The planner is not left the choice:
# it takes words for evenly spread and phrases for their words, and a wrong guess would
# read the words of every post there is.
_MATCHES = """
WITH recent AS MATERIALIZED (
    SELECT newest.id, newest.sent_at
      FROM (SELECT text.id, text.sent_at, text.list_id, text.words
              FROM archive_text AS text
             WHERE {near}
             ORDER BY text.sent_at DESC, text.id DESC
             LIMIT %(window)s) AS newest
     WHERE newest.list_id = ANY(%(lists)s) AND newest.words @@ %(marked)s::tsquery
     ORDER BY newest.sent_at DESC, newest.id DESC
     LIMIT %(enough)s
), enough AS MATERIALIZED (
    SELECT count(*) >= %(enough)s AS found FROM recent
), far AS MATERIALIZED (
    SELECT text.id, text.sent_at
      FROM archive_text AS text
     WHERE {where} AND text.words @@ %(marked)s::tsquery
       AND NOT (SELECT found FROM enough)
), matches AS (
    (SELECT id, sent_at FROM recent WHERE (SELECT found FROM enough))
     UNION ALL
    (SELECT id, sent_at FROM far ORDER BY sent_at DESC, id DESC LIMIT %(enough)s)
)
"""
_FIRST = "SELECT id, sent_at, 0::real AS rank FROM matches"
_BEST = """
SELECT ranked.id, ranked.sent_at, ranked.rank FROM (
    SELECT matches.id, matches.sent_at,
           -- 1: long posts have more words of every kind
           ts_rank_cd(text.words, %(query)s::tsquery, 1) AS rank
      FROM matches JOIN archive_text AS text ON text.id = matches.id
    ) AS ranked
 WHERE %(after_date)s::timestamptz IS NULL
    OR (ranked.rank, ranked.sent_at, ranked.id)
       < (%(after_rank)s::real, %(after_date)s, %(after_id)s::bigint)
 ORDER BY ranked.rank DESC, ranked.sent_at DESC, ranked.id DESC
 LIMIT %(limit)s
"""
_SHOW = """
SELECT post.id, post.list_id, post.permalink, post.sent_at, post.author,
       post.author_name, post.subject, post.attachments, page.rank,
       CASE WHEN %(query)s = '' THEN left(text.content, 240)
            ELSE ts_headline(text.language::regconfig, left(text.content, %(headline)s),
                             %(query)s::tsquery, %(options)s) END AS snippet
  FROM ({page}) AS page
  JOIN archive_text AS text ON text.id = page.id
  JOIN archive_message AS post ON post.id = page.id
 ORDER BY page.rank DESC, page.sent_at DESC, page.id DESC
"""
_QUERY = """
SELECT query::text, array_agg(mark)
  FROM (SELECT mark, websearch_to_tsquery(name::regconfig, %s) AS query
          FROM unnest(%s::text[], %s::text[]) AS each (name, mark)) AS queries
 WHERE numnode(query) > 0
 GROUP BY query::text ORDER BY query::text
"""
_OPTIONS = (
    f"StartSel={_START}, StopSel={_STOP}, MaxFragments=2, MaxWords=24, MinWords=8,"
    ' FragmentDelimiter=" … "'
)


def search(
    conn: Conn,
    wanted: Search,
    *,
    lists: Collection[int],
    addresses: bool,
    after: After | None = None,
    limit: int = 20,
) -> Page:
    """Return a page of what was found in these lists, at most `limit` posts.

    `addresses`: whether the reader may see them.
    """
    if not lists:
        return Page(found=(), after=None)
    limit = max(1, min(limit, MOST))
    statement, values = _statement(conn, wanted, lists, after=after, limit=limit + 1)
    with conn.cursor(row_factory=class_row(Found)) as cursor:
        # A plan made for any words would be a bad one for these.
        rows = cursor.execute(statement.encode(), values, prepare=False).fetchall()
    found = [_shown(row, addresses=addresses) for row in rows[:limit]]
    last = found[-1] if len(rows) > limit else None
    return Page(
        found=tuple(found),
        after=After(sent_at=last.sent_at, id=last.id, rank=last.rank) if last else None,
    )


@contextmanager
def patience(conn: Conn, seconds: float) -> Iterator[None]:
    """Break a search off that takes longer: `TooSlow`; the transaction goes on."""
    try:
        with conn.transaction():
            limit = str(max(1, int(seconds * 1000)))
            conn.execute("SELECT set_config('statement_timeout', %s, true)", [limit])
            yield
    except psycopg.errors.QueryCanceled:
        raise TooSlow from None


def explain(conn: Conn, wanted: Search, *, lists: Collection[int]) -> list[str]:
    """Return PostgreSQL's plan of the first page, with what it took."""
    statement, values = _statement(conn, wanted, lists, after=None, limit=21)
    rows = conn.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}".encode(), values)
    return [str(line) for (line,) in rows]


def _statement(
    conn: Conn,
    wanted: Search,
    lists: Collection[int],
    *,
    after: After | None,
    limit: int,
) -> tuple[str, dict[str, object]]:
    bound, free = _query(conn, wanted.words)
    query = _marked(bound, wanted, lists)
    best = wanted.order == "best" and bool(free)
    # An index gives the newest of one list, or of all.
    near = ["text.list_id = %(list)s" if len(lists) == 1 else "true"]
    if wanted.since:
        near.append("text.sent_at >= %(since)s")
    if wanted.until:
        near.append("text.sent_at < %(until)s")
    if after and not best:
        near.append("(text.sent_at, text.id) < (%(after_date)s, %(after_id)s::bigint)")
    page = _MATCHES + (_BEST if best else _FIRST) if query else _NEWEST
    page = page.format(
        near=" AND ".join(near),
        where=" AND ".join([*near, "text.list_id = ANY(%(lists)s)"]),
    )
    values: dict[str, object] = {
        "lists": list(lists),
        "list": min(lists),
        "query": free,
        "marked": query,
        "since": wanted.since,
        "until": wanted.until,
        "after_date": after.sent_at if after else None,
        "after_id": after.id if after else None,
        "after_rank": after.rank if after else None,
        "limit": limit,
        "enough": RANKED if best else limit,
        "window": _WINDOW * (RANKED if best else limit),
        "headline": _HEADLINE,
        "options": _OPTIONS,
    }
    return _SHOW.format(page=page), values


def _query(conn: Conn, words: str) -> tuple[str, str]:
    """Return the words as a query: bound to the posts of each language, and free.

    The free one is to rank and to mark by: marks have no place in a text.  Both are ""
    if there is nothing to find; where there are stop words only, nothing is found.
    """
    words = words.replace("\0", " ")[:_LONGEST_QUERY].encode(errors="replace").decode()
    configurations = list(index.ALL)
    marks = [index.of_configuration(each) for each in configurations]
    found = conn.execute(_QUERY, [words, configurations, marks]).fetchall()
    free = " | ".join(f"({query})" for query, _ in found)
    if len(found) == 1 and len(found[0][1]) == len(marks):
        return free, free  # the same in all languages: there is less to look up
    bound = " | ".join(f"({_any(of)} & ({query}))" for query, of in found)
    return bound, free


def _marked(words: str, wanted: Search, lists: Collection[int]) -> str:
    """Return the query with what else is asked for and is in the index."""
    needed = [f"({words})"] if words else []
    needed += [_quoted(mark) for mark in index.of_author(wanted.author)]
    if wanted.with_files:
        needed.append(_quoted(index.FILES))
    if needed and len(lists) <= _MOST_LIST_MARKS:
        needed.append(_any(index.of_list(each) for each in sorted(lists)))
    return " & ".join(needed)


def _any(lexemes: Iterable[str]) -> str:
    return f"({' | '.join(map(_quoted, lexemes))})"


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''").replace("\0", "")
    return f"'{escaped}'"


def _shown(row: Found, *, addresses: bool) -> Found:
    plain = row.snippet if addresses else _hidden(row.snippet)
    safe = escape(" ".join(plain.split())).replace(_START, "<mark>")
    return Found(
        id=row.id,
        list_id=row.list_id,
        permalink=row.permalink,
        sent_at=row.sent_at,
        author=row.author if addresses else "",
        author_name=row.author_name if addresses else hide(_name(row)),
        subject=row.subject if addresses else hide(row.subject),
        attachments=row.attachments,
        rank=row.rank,
        snippet=safe.replace(_STOP, "</mark>"),
    )


def _name(row: Found) -> str:
    return row.author_name or row.author


def _hidden(snippet: str) -> str:
    """Hide addresses, those too of which a part is marked."""
    plain = _MARKS.sub("", snippet)
    hidden = hide(plain)
    return snippet if hidden == plain else hidden
