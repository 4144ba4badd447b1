"""Task: due jobs are run, each run once, wherever it is claimed.

What a job does is in a savepoint: if it fails, that is undone and the failure is written
down.  It is tried again a few times, later each time, and then ends as failed; nothing
waits for it meanwhile but its own next run.
"""

from typing import Any

from listhub import db, log
from listhub.errors import StaleClaim
from listhub.jobs import schedule
from listhub.jobs.job import AnyJob, Job
from listhub.jobs.table import by_name
from listhub.lists.notices import group, place as places
from listhub.lists.notices.to_listmasters import ERROR_IN_TASK, Trouble
from listhub.outside.answers import Unanswered
from listhub.spool.items import Bury, Done, Item, NewItem, Retry, Verdict
from listhub.stages import runner
from listhub.stages.stage import RoomStage, StageContext

_log = log.get(__name__)

_START = "UPDATE job_run SET started_at = clock_timestamp() WHERE id = %s"
_FINISH = """
UPDATE job_run SET finished_at = clock_timestamp(), outcome = %s, detail = %s
 WHERE id = %s
"""
_FAILING = """
UPDATE job_run SET attempts = %(attempts)s, outcome = 'failing', detail = %(detail)s
 WHERE id = %(id)s
"""
_FAILED = """
UPDATE job_run SET attempts = %(attempts)s, outcome = 'failed', detail = %(detail)s,
       finished_at = clock_timestamp()
 WHERE id = %(id)s
"""

_FIRST_DOMAIN = "SELECT name FROM domain ORDER BY id LIMIT 1"


def handle(item: Item, context: StageContext) -> Verdict:
    """Run the job of a due run and keep what it says it did."""
    job = by_name(item.recipient or "")
    if job is None:
        return Bury(reason=f"There is no job {item.recipient!r} in this release.")
    if not item.meta.get("asked") and schedule.is_paused(context.conn, job):
        context.conn.execute(_FINISH, ["paused", "not run", item.ref])
        return Done(verdict="dropped", note=f"{job.name} is paused")
    return perform(job, item, context)


def perform(job: AnyJob, item: Item, context: StageContext) -> Verdict:
    """Run a job and write down how it ended."""
    conn = context.conn
    conn.execute(_START, [item.ref])
    try:
        with conn.transaction():
            said = _run(job, item, context)
    except (StaleClaim, Unanswered):
        raise
    except Exception as error:
        if db.useless(conn, error):
            raise
        return _failed(job, item, context, error)
    conn.execute(_FINISH, ["done", said, item.ref])
    return Done(note=f"{job.name}: {said}")


def _run(job: AnyJob, item: Item, context: StageContext) -> str:
    if isinstance(job, Job):
        return job.run(context.conn, context.settings)
    target: Any = item.meta["target"]
    return job.run(context.conn, context.settings, int(target))


def _failed(
    job: AnyJob, item: Item, context: StageContext, error: Exception
) -> Verdict:
    """Have a failed job tried again, or end its run and tell the listmasters."""
    verdict = runner.failure(item, error, context.host)
    detail = f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
    values = {
        "id": item.ref,
        "attempts": item.attempts,
        "detail": detail.replace("\0", ""),
    }
    if isinstance(verdict, Retry):
        context.conn.execute(_FAILING, values)
        return verdict
    _log.error("job failed", job=job.name, exc_info=error)
    context.conn.execute(_FAILED, values)
    return Done(
        verdict="failed",
        note=f"{job.name}: {detail}",
        emit=_told(job, item, context, detail),
    )


def _told(
    job: AnyJob, item: Item, context: StageContext, detail: str
) -> tuple[NewItem, ...]:
    # A job of the site is of no domain; the mail about it comes from the first one.
    name = context.conn.execute(_FIRST_DOMAIN).fetchone()
    if name is None:
        return ()
    place = places.of_domain(context.conn, name=name[0], settings=context.settings)
    return group.tell(
        context.conn,
        ERROR_IN_TASK,
        Trouble(what=job.name, problem=detail),
        place=place,
        settings=context.settings,
        trace=item.trace,
    )


STAGE = RoomStage(
    name="task",
    about="Runs the jobs that are due.",
    handle=handle,
)
