"""All jobs, in the order in which they are made due.

To add one: a module beside this one, a line below, a heading in
docs/reference/jobs.md.
"""

from listhub.jobs import (
    prepare_partitions,
    purge_bounces,
    purge_history,
    purge_ledger,
    purge_seen,
    send_grouped_notices,
    sweep,
    vacuum_bodies,
)
from listhub.jobs.job import Job

JOBS: tuple[Job, ...] = (
    # First: everything else writes history.
    prepare_partitions.JOB,
    sweep.JOB,
    send_grouped_notices.JOB,
    purge_seen.JOB,
    purge_history.JOB,
    # Before the bodies: what leaves names them.
    purge_ledger.JOB,
    purge_bounces.JOB,
    vacuum_bodies.JOB,
)


def by_name(name: str) -> Job | None:
    """Return the job of that name, or None."""
    return next((job for job in JOBS if job.name == name), None)
