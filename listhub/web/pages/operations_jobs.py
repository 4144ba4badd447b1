"""What is done by the clock: how each job stands, its runs, and orders for it."""

from datetime import timedelta

from listhub.i18n.text import N_, Text, translated
from listhub.jobs import orders, runs
from listhub.jobs.job import AnyJob
from listhub.jobs.table import JOBS, by_name
from listhub.web.door.answer import Answer, Moved, Refused, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages.operations_frame import view

NO_ORDER = N_("This is no order for a job; nothing was changed.")
DUE = N_("%(job)s is due; the next free worker takes it.")
MANY_DUE = N_("%(job)s: %(count)s runs are due; the next free workers take them.")
NOT_NOW = N_("%(job)s is due or at work already, or has nothing to do.")
PAUSED = N_("%(job)s is paused until somebody resumes it; what is at work ends.")
PAUSED_ALREADY = N_("%(job)s was paused already.")
RESUMED = N_("%(job)s is run again, from its next time on.")
NOT_PAUSED = N_("%(job)s is not paused.")

_EVERY = {
    timedelta(minutes=1): N_("every minute"),
    timedelta(hours=1): N_("every hour"),
    timedelta(days=1): N_("every day"),
}
_MINUTES = N_("every %(number)s minutes")
_HOURS = N_("every %(number)s hours")


def show(visit: Visit) -> Answer:
    """Show all jobs."""
    found = runs.standings(visit.conn, JOBS)
    rows = [
        (job, standing, cadence(visit, job.every))
        for job, standing in zip(JOBS, found, strict=True)
    ]
    return view(visit, "jobs.html.j2", rows=rows)


def show_job(visit: Visit) -> Answer:
    """Show one job and its runs."""
    job = _job(visit)
    [standing] = runs.standings(visit.conn, [job])
    return view(
        visit,
        "job.html.j2",
        job=job,
        standing=standing,
        every=cadence(visit, job.every),
        page=runs.history(visit.conn, job.name, cursor=visit.asked.one("page")),
        to=lambda page: path("jobs", job.name, query={"page": page}),
    )


def act(visit: Visit) -> Answer:
    """Run a job now, pause it or resume it."""
    job = _job(visit)
    text, well = _done(visit, job, visit.asked.one("do"))
    to = visit.back(path("jobs", job.name))
    return Moved(to=to, said=text, tone="well" if well else "note")


def _done(visit: Visit, job: AnyJob, action: str) -> tuple[Text, bool]:
    """Carry out an order; return what it came to, and whether anything changed."""
    match action:
        case "run":
            made = orders.run(visit.conn, job, actor=visit.by, how="web")
            if len(made) > 1:
                return Text(MANY_DUE, job=job.name, count=len(made)), True
            return Text(DUE if made else NOT_NOW, job=job.name), bool(made)
        case "pause":
            well = orders.pause(visit.conn, job, actor=visit.by, how="web")
            return Text(PAUSED if well else PAUSED_ALREADY, job=job.name), well
        case "resume":
            well = orders.resume(visit.conn, job, actor=visit.by, how="web")
            return Text(RESUMED if well else NOT_PAUSED, job=job.name), well
        case _:
            raise Refused(400, Text(NO_ORDER))


def cadence(visit: Visit, every: timedelta) -> str:
    """Return how often something is done, in words."""
    if every in _EVERY:
        return translated(_EVERY[every], visit.language)
    hours, rest = divmod(every, timedelta(hours=1))
    if not rest:
        return visit.say(_HOURS, number=hours)
    return visit.say(_MINUTES, number=every // timedelta(minutes=1))


def _job(visit: Visit) -> AnyJob:
    found = by_name(visit.asked.params.get("job", ""))
    if found is None:
        raise no_page()
    return found


PAGES = (
    Page(path="/jobs", need=Need.SITE, get=show),
    Page(path="/jobs/{job}", need=Need.SITE, get=show_job, post=act),
)
