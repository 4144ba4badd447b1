"""What a claim costs when much waits: claim."""

import statistics
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg

from listhub.spool import store
from listhub.spool.horizon import Horizon
from listhub.spool.items import Done, Item, NewItem
from scripts.benches.figures import Figure, ratio
from scripts.benches.processes import load_average
from scripts.benches.site import Lab

BATCH = 20
FEW, MANY = 1000, 1_000_000
CLAIMS = 150
#: Settled items whose dead index entries an old snapshot keeps.
DEAD = 20_000

_FILL = """
INSERT INTO spool_item (stage, state, priority, rank, due_at, trace, list_id, ref)
SELECT 'send', %(state)s, %(priority)s,
       now() + %(priority)s * interval '20 s' + n * interval '1 ms',
       CASE WHEN %(state)s = 'deferred' THEN now() + interval '1 day' END,
       gen_random_uuid(), 1, n
  FROM generate_series(1, %(count)s) AS n
"""
_PLAN = """
EXPLAIN (COSTS OFF, ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF)
SELECT id, rank FROM spool_item
 WHERE stage = 'send' AND state = 'ready' AND rank > '-infinity'
   AND (lease_until IS NULL OR lease_until < clock_timestamp())
 ORDER BY rank, id LIMIT 20 FOR UPDATE SKIP LOCKED
"""


class Room:
    """A database with a filled room, and one claimer of it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._url = lab.new_database()
        self.conn = psycopg.connect(self._url)
        self._snapshot: psycopg.Connection | None = None
        self.horizon: Horizon | None = None

    def fill(self, count: int, *, state: str = "ready", priority: int = 5) -> None:
        self.conn.execute(_FILL, {"count": count, "state": state, "priority": priority})
        self.conn.commit()

    def settle_down(self) -> None:
        """Do what autovacuum would have done long ago."""
        self.conn.autocommit = True
        self.conn.execute("VACUUM ANALYZE spool_item")
        self.conn.execute("CHECKPOINT")
        self.conn.autocommit = False

    def hold_snapshot(self) -> None:
        """Open a transaction that sees the room as it is now, and leave it open."""
        other = psycopg.connect(self._url)
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("SELECT count(*) FROM body")
        self._snapshot = other

    def turn(self, batch: int = BATCH) -> float:
        """Claim and settle a batch; return the milliseconds.  Puts as many back."""
        start = time.perf_counter()
        items = self._claim(batch)
        self.conn.commit()
        store.finish(self.conn, [(item, Done()) for item in items])
        self.conn.commit()
        taken = (time.perf_counter() - start) * 1000
        if len(items) != batch:
            raise RuntimeError(f"{len(items)} of {batch} items were claimed")
        new = [
            NewItem(stage="send", trace=uuid.uuid4(), list_id=1, ref=1)
            for _ in range(batch)
        ]
        store.put(self.conn, new)
        self.conn.commit()
        return taken

    def _claim(self, batch: int) -> list[Item]:
        after: datetime | None = self.horizon.bound() if self.horizon else None
        claimed = store.claim(
            self.conn,
            stage="send",
            limit=batch,
            lease=timedelta(seconds=60),
            owner="bench",
            after=after,
        )
        if self.horizon:
            last = claimed[-1][1] if claimed else None
            self.horizon.note(last=last, full=len(claimed) == batch)
        return [item for item, _rank in claimed]

    def plan(self) -> str:
        """Return how the claim finds its rows."""
        rows = self.conn.execute(_PLAN).fetchall()
        self.conn.rollback()
        return "\n".join(row[0] for row in rows)

    def close(self) -> None:
        for conn in (self._snapshot, self.conn):
            if conn is not None:
                conn.close()
        self._lab.postgres.drop_database(self._url.rpartition("/")[2])


def claim(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Claim and settle 20 among few and among many, turn by turn, and in bad cases."""
    many = max(int(MANY * scale), FEW * 2)
    dead = max(int(DEAD * scale), 1000)
    cases: list[tuple[str, Callable[[Room], None], bool]] = [
        (f"{many:,} ready", lambda room: room.fill(many), True),
        (
            f"{many:,} deferred, better",
            lambda room: _beside(room, many, "deferred"),
            True,
        ),
        (f"{many:,} parked, better", lambda room: _beside(room, many, "parked"), True),
        ("old snapshot, horizon", lambda room: _old(room, many, dead, Horizon()), True),
        ("old snapshot, no horizon", lambda room: _old(room, many, dead, None), False),
    ]
    return [
        _measure(lab, case, fill, runs=runs, judged=judged)
        for case, fill, judged in cases
    ]


def _beside(room: Room, many: int, state: str) -> None:
    """Have a million rows of a better priority that must not be taken."""
    room.fill(many, state=state, priority=0)
    room.fill(FEW)


def _old(room: Room, many: int, dead: int, horizon: Horizon | None) -> None:
    """Settle items under an old snapshot, so that their index entries stay."""
    room.fill(many)
    room.settle_down()
    room.hold_snapshot()
    room.horizon = horizon
    for _ in range(dead // 1000):
        room.turn(1000)


def _measure(
    lab: Lab, case: str, fill: Callable[[Room], None], *, runs: int, judged: bool
) -> Figure:
    base, room = Room(lab), Room(lab)
    try:
        base.fill(FEW)
        base.settle_down()
        fill(room)
        if room.horizon is None and not case.startswith("old"):
            room.settle_down()
        costs, bases = [], []
        for _ in range(runs):
            for each in (base, room):
                each.turn()
            pairs = [(base.turn(), room.turn()) for _ in range(CLAIMS)]
            bases.append(statistics.mean(few for few, _ in pairs))
            costs.append(statistics.mean(much for _, much in pairs))
        plan = room.plan()
    finally:
        base.close()
        room.close()
    return Figure(
        workload="claim",
        case=case,
        unit="ms (mean)",
        rates=costs,
        limits=bases,
        goal="ratio <= 1.5" if judged else "",
        met=ratio(costs, bases) <= 1.5 if judged else None,
        note=f"the limit is {FEW:,} ready, turn by turn; load average"
        f" {load_average()}\n{plan}",
    )
