"""All jobs, in the order in which they are made due.

To add one: a module beside this one, a line below, a heading in
docs/reference/jobs.md.
"""

from listhub.jobs import (
    count_statistics,
    describe_requests,
    evaluate_bounces,
    expire_requests,
    follow_families,
    make_digests_due,
    prepare_partitions,
    purge_archives,
    purge_audit,
    purge_bounces,
    purge_history,
    purge_ledger,
    purge_leftovers,
    purge_requests,
    purge_seen,
    purge_sessions,
    remind_members,
    remind_moderators,
    send_grouped_notices,
    sweep,
    sync_sources,
    tend_automatic_lists,
    vacuum_bodies,
    watch_bounces,
)
from listhub.jobs.job import AnyJob

JOBS: tuple[AnyJob, ...] = (
    # First: everything else writes history.
    prepare_partitions.JOB,
    sweep.JOB,
    make_digests_due.JOB,
    # Before the sources: a family may have new ones.
    follow_families.JOB,
    sync_sources.JOB,
    send_grouped_notices.JOB,
    # Before the reminders: nobody is reminded of what has just ended.
    expire_requests.JOB,
    remind_moderators.JOB,
    describe_requests.JOB,
    remind_members.JOB,
    # Before the scores: what is set aside does not count.
    watch_bounces.JOB,
    evaluate_bounces.JOB,
    # Before anything is purged that it counts.
    count_statistics.JOB,
    purge_seen.JOB,
    purge_history.JOB,
    # Before the bodies: what leaves names them.
    purge_ledger.JOB,
    purge_bounces.JOB,
    purge_requests.JOB,
    purge_archives.JOB,
    purge_leftovers.JOB,
    purge_audit.JOB,
    purge_sessions.JOB,
    tend_automatic_lists.JOB,
    vacuum_bodies.JOB,
)


def by_name(name: str) -> AnyJob | None:
    """Return the job of that name, or None."""
    return next((job for job in JOBS if job.name == name), None)
