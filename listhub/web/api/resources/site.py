"""The site: its domains and listmasters, processes, jobs, figures, the audit."""

from typing import Any

from listhub.i18n.text import N_, Text
from listhub.jobs import orders, runs
from listhub.jobs.job import AnyJob
from listhub.jobs.table import JOBS, by_name
from listhub.lists import catalogue, listmasters, posting
from listhub.lists.operators import audited
from listhub.mail.address import key
from listhub.spool import processes, series
from listhub.stages.table import STAGES
from listhub.web import status
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Done,
    Paged,
    Rows,
)
from listhub.web.api.shapes.site import (
    AuditWanted,
    Deed,
    DomainShape,
    Figures,
    JobBody,
    JobShape,
    Listmaster,
    ListmasterBody,
    Of,
    ProcessShape,
    Run,
)
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need
from listhub.web.pages.operations_audit import DOORS
from listhub.web.pages.operations_jobs import (
    DUE,
    MANY_DUE,
    NOT_NOW,
    NOT_PAUSED,
    PAUSED,
    PAUSED_ALREADY,
    RESUMED,
)
from listhub.web.pages.operations_site import ADDED, NOT_ONESELF, REMOVED
from listhub.web.pages.operations_trace import NO_LIST

NO_DOOR = N_("Nothing comes by a door called so.")


def domains(call: Call) -> Rows[DomainShape]:
    """Find the domains that one runs."""
    rows = [each for each in catalogue.domains(call.conn) if call.who.runs(each.id)]
    return call.every(DomainShape, rows)


def masters(call: Call) -> Rows[Listmaster]:
    """Find the listmasters, those of the site first."""
    return call.every(Listmaster, listmasters.listmasters(call.conn))


def add_master(call: Call, body: ListmasterBody) -> Done:
    """Make somebody a listmaster."""
    listmasters.grant(
        call.conn,
        body.address.strip(),
        domain=body.domain,
        actor=call.actor,
        how="api",
    )
    place = body.domain or Text(listmasters.SITE)
    return call.done(Text(ADDED, address=body.address, place=place))


def remove_master(call: Call, query: Of) -> Done:
    """End that somebody is a listmaster; nobody takes the site from themselves."""
    address = call.asked.params["address"]
    if query.domain is None and key(address) == key(call.by):
        raise Refused(400, Text(NOT_ONESELF))
    listmasters.revoke(
        call.conn, address, domain=query.domain, actor=call.actor, how="api"
    )
    place = query.domain or Text(listmasters.SITE)
    return call.done(Text(REMOVED, address=address, place=place))


def find_processes(call: Call) -> Rows[ProcessShape]:
    """Find the processes of all hosts, with what they do now."""
    found = processes.processes(call.conn, [stage.name for stage in STAGES])
    return call.every(ProcessShape, found)


def find_jobs(call: Call) -> Rows[JobShape]:
    """Find what is done by the clock, and how each stands."""
    found = runs.standings(call.conn, JOBS)
    rows = [_job(job, one) for job, one in zip(JOBS, found, strict=True)]
    return call.every(JobShape, rows)


def show_job(call: Call) -> JobShape:
    """Tell how one job stands."""
    job = _named(call)
    [standing] = runs.standings(call.conn, [job])
    return call.give(JobShape, _job(job, standing))


def find_runs(call: Call, query: Paged) -> Rows[Run]:
    """Find the runs of a job, the latest first."""
    page = runs.history(
        call.conn, _named(call).name, cursor=query.cursor, size=query.limit
    )
    return call.rows(Run, page)


def order_job(call: Call, body: JobBody) -> Done:
    """Run a job now, pause it or resume it."""
    job = _named(call)
    by: dict[str, Any] = {"actor": call.actor, "how": "api"}
    if body.action == "run":
        made = len(orders.run(call.conn, job, **by))
        told = (NOT_NOW, DUE, MANY_DUE)[min(made, 2)]
        return call.done(Text(told, job=job.name, count=made), changed=bool(made))
    if body.action == "pause":
        well = orders.pause(call.conn, job, **by)
        told = PAUSED if well else PAUSED_ALREADY
    else:
        well = orders.resume(call.conn, job, **by)
        told = RESUMED if well else NOT_PAUSED
    return call.done(Text(told, job=job.name), changed=well)


def audit(call: Call, query: AuditWanted) -> Rows[Deed]:
    """Find who did what to which object, the newest first."""
    row = posting.find_named(call.conn, query.list) if query.list else None
    if query.list and row is None:
        raise Refused(404, Text(NO_LIST))
    if query.how and query.how not in DOORS:
        raise Refused(400, Text(NO_DOOR))
    given = query.model_dump(exclude={"cursor", "limit", "list"})
    wanted = audited.Wanted(**given, list_id=row.id if row else None)
    page = audited.page(call.conn, wanted, cursor=query.cursor, size=query.limit)
    return call.rows(Deed, page)


def figures(call: Call) -> Figures:
    """Tell how things stand, and what the last hour was like."""
    report, found = status.look(call.conn), series.figures(call.conn)
    settled = [sum(each) for each in zip(*_settled(found), strict=True)]
    minutes = [
        {
            "at": at,
            "settled": settled[n],
            "sent": found.sent[n],
            "deferred": found.deferred[n],
            "failed": found.failed[n],
        }
        for n, at in enumerate(found.minutes)
    ]
    return call.give(
        Figures,
        {
            "at": report.at,
            "healthy": report.healthy,
            "problems": report.problems,
            "oldest": report.oldest,
            "minutes": minutes,
        },
    )


def _settled(found: series.Figures) -> list[tuple[int, ...]]:
    return [found.settled(stage.name) for stage in STAGES]


def _job(job: AnyJob, standing: runs.Standing) -> dict[str, object]:
    names = JobShape.model_fields.keys() - {"name", "about", "every", "scope"}
    return {
        "name": job.name,
        "about": job.about,
        "every": job.every,
        "scope": job.scope,
        **{name: getattr(standing, name) for name in names},
    }


def _named(call: Call) -> AnyJob:
    found = by_name(call.asked.params["job"])
    if found is None:
        raise no_page()
    return found


OPERATIONS = (
    Operation(
        method="GET",
        path="/domains",
        name="find_domains",
        need=Need.LISTMASTER,
        rights="read",
        function=domains,
    ),
    Operation(
        method="GET",
        path="/listmasters",
        name="find_listmasters",
        need=Need.SITE,
        rights="read",
        function=masters,
    ),
    Operation(
        method="POST",
        path="/listmasters",
        name="add_listmaster",
        need=Need.SITE,
        rights="manage",
        function=add_master,
    ),
    Operation(
        method="DELETE",
        path="/listmasters/{address:path}",
        name="remove_listmaster",
        need=Need.SITE,
        rights="manage",
        function=remove_master,
        example={"address": "dora@admin.example"},
    ),
    Operation(
        method="GET",
        path="/processes",
        name="find_processes",
        need=Need.SITE,
        rights="read",
        function=find_processes,
    ),
    Operation(
        method="GET",
        path="/jobs",
        name="find_jobs",
        need=Need.SITE,
        rights="read",
        function=find_jobs,
    ),
    Operation(
        method="GET",
        path="/jobs/{job}",
        name="show_job",
        need=Need.SITE,
        rights="read",
        function=show_job,
    ),
    Operation(
        method="GET",
        path="/jobs/{job}/runs",
        name="find_runs",
        need=Need.SITE,
        rights="read",
        function=find_runs,
    ),
    Operation(
        method="POST",
        path="/jobs/{job}/orders",
        name="order_job",
        need=Need.SITE,
        rights="manage",
        function=order_job,
    ),
    Operation(
        method="GET",
        path="/audit",
        name="find_deeds",
        need=Need.SITE,
        rights="read",
        function=audit,
    ),
    Operation(
        method="GET",
        path="/figures",
        name="show_figures",
        need=Need.SITE,
        rights="read",
        function=figures,
    ),
)
