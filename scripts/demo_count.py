"""Count what the catching server has: which copies of which post, and when."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from demo_mail import Post

POLL = 0.05


@dataclass(kw_only=True)
class Count:
    """A post, when it was handed over, and the copies of it so far."""

    post: Post
    began: datetime
    code: int
    copies: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

    @property
    def missing(self) -> list[str]:
        return [to for to in self.post.expected if not self.copies[to]]

    @property
    def doubled(self) -> list[str]:
        return [to for to, times in self.copies.items() if times > 1]

    @property
    def strange(self) -> list[str]:
        return [to for to in self.copies if to not in self.post.expected]

    @property
    def right(self) -> bool:
        """Whether everybody who should has it exactly once, and nobody else."""
        wrong = self.missing or self.doubled or self.strange
        return not wrong and self.code == self.post.code

    def after(self, moment: datetime | None) -> str:
        """Write how long after the handing over something was, in milliseconds."""
        if moment is None:
            return "-"
        return f"{max(0.0, (moment - self.began).total_seconds() * 1000):,.0f} ms"


class Reader:
    """Reads the catcher's index as it grows."""

    def __init__(self, caught: Path) -> None:
        self._index = caught / "index.jsonl"
        self._offset = 0
        self._rest = b""

    def read(self, counts: Sequence[Count]) -> bool:
        """Add what is new to the counts; tell whether there was anything."""
        try:
            with self._index.open("rb") as stream:
                stream.seek(self._offset)
                new = stream.read()
        except FileNotFoundError:
            return False
        self._offset += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        by_id = {count.post.message_id: count for count in counts}
        reports = [count for count in counts if count.post.report]
        for line in lines:
            self._add(json.loads(line), by_id, reports)
        return bool(lines)

    @staticmethod
    def _add(
        one: dict[str, object], by_id: dict[str, Count], reports: Sequence[Count]
    ) -> None:
        recipients = [str(to) for to in one["recipients"]]  # type: ignore[attr-defined]
        count = by_id.get(str(one["message_id"]).strip("<>"))
        if count is None:
            # A report has a Message-ID of its own, and the null reverse-path.
            count = next(
                (
                    report
                    for report in reports
                    if one["reverse_path"] == ""
                    and recipients == list(report.post.expected)
                ),
                None,
            )
        if count is None:
            return
        moment = datetime.fromisoformat(str(one["time"]))
        count.first = count.first or moment
        count.last = moment
        count.copies.update(recipients)


def wait_for_all(
    caught: Path,
    counts: Sequence[Count],
    *,
    seconds: float,
    idle: Callable[[], bool],
) -> bool:
    """Wait until every copy is caught and nothing is left to do; False if it is not.

    `idle` tells whether the spool is empty: then no second copy can come.
    """
    counter = Reader(caught)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if counter.read(counts):
            continue
        if not any(count.missing for count in counts) and idle():
            counter.read(counts)
            return True
        time.sleep(POLL)
    return False
