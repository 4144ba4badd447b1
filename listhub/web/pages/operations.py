"""How things stand: what needs a look, the rooms, the last hour, who works."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from listhub import clock
from listhub.i18n.text import N_
from listhub.lists import catalogue, listmasters
from listhub.lists.sources import stuck
from listhub.spool import processes, series, stats
from listhub.spool.series import Figures
from listhub.stages.table import STAGES
from listhub.web import plot, status
from listhub.web.door.answer import Answer
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.operations_frame import view
from listhub.web.plot import Plot

#: What is plotted, by the names of the figures.
SETTLED, SENT = N_("Settled each minute"), N_("Sent each minute")
DEFERRED, FAILED = N_("Deferred each minute"), N_("Failed each minute")
_HEARD = N_("%(title)s: %(last)s last, %(most)s at most, %(total)s in the last hour.")


class Curve(NamedTuple):
    """One plot: its title, the picture, the figure of each minute."""

    title: str
    picture: Markup
    numbers: Sequence[int]


def show(visit: Visit) -> Answer:
    """Show how the site stands; to the listmaster of a domain, what is theirs."""
    if not visit.who.site_listmaster:
        return _of_domains(visit)
    stages = [stage.name for stage in STAGES]
    report = status.look(visit.conn)
    figures = series.figures(visit.conn)
    found = processes.processes(visit.conn, stages)
    curves = _curves(visit, figures)
    troubled = report.troubles.sources
    return view(
        visit,
        "operations.html.j2",
        report=report,
        late=stats.LATE,
        oldest=sorted(
            (room for room in report.rooms if room.oldest is not None),
            key=lambda room: -(room.oldest or 0.0),
        ),
        curves=curves,
        rows=_rows(figures, curves),
        processes=found,
        silent=[one for one in found if not one.alive],
        stuck=stuck.stuck(visit.conn) if troubled.stopped or troubled.failing else (),
        now=clock.now(),
        renews=visit.asked.one("renew") != "off",
    )


def _of_domains(visit: Visit) -> Answer:
    mine = [
        domain
        for domain in catalogue.domains(visit.conn)
        if domain.id in visit.who.listmaster_of
    ]
    names = {domain.name for domain in mine}
    masters = [
        one for one in listmasters.listmasters(visit.conn) if one.domain in names
    ]
    return view(visit, "operations_domains.html.j2", domains=mine, masters=masters)


def _curves(visit: Visit, figures: Figures) -> list[Curve]:
    settled = [0] * len(figures.minutes)
    for stage in STAGES:
        pairs = zip(settled, figures.settled(stage.name), strict=True)
        settled = [a + b for a, b in pairs]
    drawn = (
        (SETTLED, settled),
        (SENT, figures.sent),
        (DEFERRED, figures.deferred),
        (FAILED, figures.failed),
    )
    return [_curve(visit, visit.say(title), each, figures) for title, each in drawn]


def _rows(figures: Figures, curves: Sequence[Curve]) -> list[tuple[object, ...]]:
    """Return the figures for the table beside the plots, the last minute first."""
    numbers = zip(*(curve.numbers for curve in curves), strict=True)
    each = zip(figures.minutes, numbers, strict=True)
    return [(f"{minute:%H:%M}", *row) for minute, row in each][::-1]


def _curve(visit: Visit, title: str, numbers: Sequence[int], figures: Figures) -> Curve:
    label = visit.say(
        _HEARD,
        title=title,
        last=plot.short(numbers[-1]),
        most=plot.short(max(numbers)),
        total=plot.short(sum(numbers)),
    )
    drawn = Plot(
        title=title,
        numbers=numbers,
        label=label,
        first=f"{figures.minutes[0]:%H:%M}",
        last=f"{figures.minutes[-1]:%H:%M} UTC",
    )
    # Our own SVG, whose words `plot` has escaped.
    return Curve(title, Markup(plot.svg(drawn)), numbers)  # noqa: S704


PAGES = (Page(path="/operations", need=Need.LISTMASTER, get=show),)
