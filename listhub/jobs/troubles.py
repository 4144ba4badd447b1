"""What does not go well by the clock: jobs that fail, and sources of people that stop.

For the status page and `listhub status`: numbers and names of jobs, no list and nobody.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

# Of runs in trouble, which an index of their own finds: those since whose slot no other
# run of the same job, domain or list went well.  A job that is not run any more is
# forgotten after two days, longer than the longest cadence; what failed once is tried
# again in seconds.
_JOBS = """
SELECT run.job, count(DISTINCT run.scope) AS runs,
       CASE WHEN bool_or(run.outcome = 'failed') THEN 'failed' ELSE 'failing' END AS state
  FROM job_run AS run
 WHERE run.outcome IN ('failing', 'failed')
   AND (run.outcome = 'failed' OR run.attempts > 1)
   AND coalesce(run.finished_at, now()) > now() - interval '2 days'
   AND run.due_at > now() - interval '7 days'
   AND NOT EXISTS (SELECT FROM job_run AS later
                    WHERE later.job = run.job AND later.scope = run.scope
                      AND later.due_at > run.due_at AND later.outcome = 'done')
 GROUP BY run.job ORDER BY run.job
"""
# One failure may be a restart of whoever is asked; listmasters hear of the third, too.
_SOURCES = """
SELECT count(*) FILTER (WHERE sync.state = 'stopped') AS stopped,
       count(*) FILTER (WHERE sync.state = 'failing' AND sync.failures >= 3) AS failing
  FROM source_sync AS sync JOIN mailing_list AS list ON list.id = sync.list_id
 WHERE sync.state IN ('stopped', 'failing') AND list.status = 'open'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingJob:
    """A job that fails, on the whole site, or for so many domains or lists."""

    job: str
    runs: int
    #: 'failing': it is tried again soon.  'failed': all attempts of its last run did.
    state: Literal["failing", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Roles of lists whose sources wait for somebody's word, or keep failing."""

    stopped: int = 0
    failing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """All that does not go well by the clock."""

    jobs: tuple[FailingJob, ...] = ()
    sources: Sources = field(default_factory=Sources)

    @property
    def problems(self) -> list[str]:
        """One sentence for each job that an operator should look at."""
        return [
            f"The job {each.job} fails{_for(each.runs)};"
            f" `listhub job history {each.job}` says why."
            for each in self.jobs
        ]

    @property
    def remarks(self) -> list[str]:
        """What owners of lists have to see to: it makes nobody come at night."""
        said = []
        if self.sources.stopped:
            said.append(
                f"Sources of {_roles(self.sources.stopped)} are stopped until an owner"
                " says that people may go."
            )
        if self.sources.failing:
            said.append(f"Sources of {_roles(self.sources.failing)} do not answer.")
        return said


def look(conn: "psycopg.Connection[Any]") -> Troubles:
    """Return what does not go well now; cheap, for it is asked often."""
    jobs = conn.cursor(row_factory=class_row(FailingJob)).execute(_JOBS).fetchall()
    sources = conn.cursor(row_factory=class_row(Sources)).execute(_SOURCES).fetchone()
    return Troubles(jobs=tuple(jobs), sources=sources or Sources())


def _for(runs: int) -> str:
    return f" for {runs:,} domains or lists" if runs > 1 else ""


def _roles(number: int) -> str:
    return f"{number:,} roles of lists" if number > 1 else "one role of a list"
