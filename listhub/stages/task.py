"""Task: due jobs are run, each run once, wherever it is claimed."""

from listhub.jobs.table import by_name
from listhub.spool.items import Bury, Done, Item, Verdict
from listhub.stages.stage import RoomStage, StageContext

_START = "UPDATE job_run SET started_at = clock_timestamp() WHERE id = %s"
_FINISH = """
UPDATE job_run SET finished_at = clock_timestamp(), outcome = 'done', detail = %s
 WHERE id = %s
"""


def handle(item: Item, context: StageContext) -> Verdict:
    """Run the job of a due run and keep what it says it did."""
    job = by_name(item.recipient or "")
    if job is None:
        return Bury(reason=f"There is no job {item.recipient!r} in this release.")
    context.conn.execute(_START, [item.ref])
    said = job.run(context.conn, context.settings)
    context.conn.execute(_FINISH, [said, item.ref])
    return Done(note=f"{job.name}: {said}")


STAGE = RoomStage(
    name="task",
    pool="task",
    about="Runs the jobs that are due.",
    handle=handle,
)
