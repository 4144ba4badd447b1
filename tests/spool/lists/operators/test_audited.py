"""The audit browser: who did what, when and how, cheap however long it is."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.clock import now
from listhub.lists import audit
from listhub.lists.operators import audited
from listhub.lists.operators.audited import Wanted
from tests.rooms import Rooms
from tests.spool.stages.test_statements import noting

_MANY = """
INSERT INTO audit (at, actor, action, object, list_id, detail)
SELECT now() - n * interval '1 s', 'person' || n %% 300 || '@a.example',
       (ARRAY['member.add', 'member.remove', 'config.set', 'spool.drop'])[1 + n %% 4],
       'item ' || n, n %% 500, jsonb_build_object('how', (ARRAY['mail', 'web'])[1 + n %% 2])
  FROM generate_series(1, %(rows)s) AS n
"""


def actions(rooms: Rooms, **wanted: Any) -> list[str]:
    return [deed.action for deed in audited.page(rooms.conn, Wanted(**wanted)).rows]


@pytest.fixture
def dev(rooms: Rooms) -> int:
    """Make a list and four deeds about it and others."""
    number = rooms.add_list()
    audit.note(rooms.conn, actor="ann@a.example", action="member.add", subject="x",
               list_id=number, detail={"how": "web"})  # fmt: skip
    audit.note(rooms.conn, actor="cli:eve", action="member_x", subject="y")
    audit.note(rooms.conn, actor="clock", action="bounce.stop", subject="x",
               detail={"how": "clock"})  # fmt: skip
    audit.note(rooms.conn, actor="ann@a.example", action="config.set", subject="dev",
               detail={"how": "cli"})  # fmt: skip
    rooms.conn.commit()
    return number


def test_each_filter_chooses(rooms: Rooms, dev: int) -> None:
    """By actor, beginning of the action, object, list, door and time; newest first."""
    whole = ["config.set", "bounce.stop", "member_x", "member.add"]
    assert actions(rooms) == whole
    assert actions(rooms, actor="ann@a.example") == ["config.set", "member.add"]
    assert actions(rooms, action="member.") == ["member.add"]
    assert actions(rooms, action="member_") == ["member_x"]
    assert actions(rooms, action="%") == []
    assert actions(rooms, object="x") == ["bounce.stop", "member.add"]
    assert actions(rooms, list_id=dev) == ["member.add"]
    assert actions(rooms, how="clock") == ["bounce.stop"]
    assert actions(rooms, how="cli") == ["config.set", "member_x"]
    assert actions(rooms, since=now() - timedelta(hours=1)) == whole
    assert actions(rooms, until=now() - timedelta(hours=1)) == []
    [deed] = audited.page(rooms.conn, Wanted(list_id=dev)).rows
    assert (deed.list, deed.how, deed.actor) == (
        "dev@lists.example",
        "web",
        "ann@a.example",
    )


def test_pages_go_on_and_back(rooms: Rooms, dev: int) -> None:
    """Deeds written meanwhile do not shift the pages of a reader."""
    first = audited.page(rooms.conn, Wanted(), size=2)
    audit.note(rooms.conn, actor="bob@b.example", action="late", subject="z")
    second = audited.page(rooms.conn, Wanted(), cursor=first.after, size=2)
    assert [deed.action for deed in second.rows] == ["member_x", "member.add"]
    assert second.after == ""
    back = audited.page(rooms.conn, Wanted(), cursor=second.before, size=2)
    assert back.rows == first.rows
    assert back.before


def test_a_long_audit_is_read_by_index(database_url: str) -> None:
    """Among 100,000 deeds any one filter is one statement that reads no whole table."""
    asked: list[str] = []
    with psycopg.connect(database_url) as conn:
        conn.execute(_MANY, {"rows": 100_000})
        conn.commit()
        conn.execute("ANALYZE audit")
        conn.cursor_factory = noting(asked)
        conn.execute("SET enable_seqscan = on")
        before = _scans(conn)
        for wanted in (
            Wanted(),
            Wanted(actor="nobody"),
            Wanted(action="nothing."),
            Wanted(object="item 77"),
            Wanted(list_id=30_000),
            Wanted(how="api"),
        ):
            asked.clear()
            audited.page(conn, wanted)
            assert len(asked) == 1
        assert _scans(conn) == before


def _scans(conn: "psycopg.Connection[Any]") -> int:
    """Return how often this transaction has read the whole table."""
    row = conn.execute("SELECT pg_stat_get_xact_numscans('audit'::regclass)").fetchone()
    return int(row[0]) if row else 0
