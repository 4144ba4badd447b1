"""Pages as HTML: templates of the package, filled with escaped figures and words."""

from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from listhub.spool.stats import LATE, Room, duration
from listhub.web.status import Report

_HEADINGS = (
    *("Stage", "Oldest", "Ready", "In work", "Deferred", "Parked", "Held", "Buried"),
    *("Most attempts", "Settled 1 min", "Settled 1 h"),
)


def status(report: Report, *, refresh: bool) -> str:
    """Return the page; `refresh`: it loads itself again from time to time."""
    return Template(_file("status.html")).substitute(
        refresh='<meta http-equiv="refresh" content="10">' if refresh else "",
        title="All is well" if report.healthy else "Needs a look",
        state="well" if report.healthy else "bad",
        verdict="All is well" if report.healthy else "Needs a look",
        problems=_problems(report),
        oldest=_oldest(report),
        table=_table(report) if report.rooms else "",
        at=escape(f"{report.at:%Y-%m-%d %H:%M:%S} UTC"),
        at_machine=escape(report.at.isoformat()),
        toggle='<a href="/status?refresh=off">Stop renewing</a>'
        if refresh
        else '<a href="/status">Renew every 10 seconds</a>',
    )


def style() -> str:
    """Return the style sheet."""
    return _file("status.css")


@cache
def _file(name: str) -> str:
    return files("listhub.web").joinpath("templates", name).read_text("utf-8")


def _problems(report: Report) -> str:
    return _items(report.problems) + _items(report.troubles.remarks, kind="remarks")


def _items(sentences: Iterable[str], *, kind: str = "problems") -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<ul class="{kind}">{items}</ul>' if items else ""


def _oldest(report: Report) -> str:
    if not report.database:
        return ""
    if report.oldest is None:
        return "<p>Nothing waits.</p>"
    age = escape(duration(report.oldest))
    return f'<p class="oldest">The oldest item has waited <strong>{age}</strong>.</p>'


def _table(report: Report) -> str:
    # The roles: laid out as cards on a narrow screen, it is still read as a table.
    heads = "".join(
        f'<th scope="col" role="columnheader">{heading}</th>' for heading in _HEADINGS
    )
    rows = "".join(map(_row, report.rooms))
    return (
        '<table role="table"><caption>The rooms, in the order in which mail meets them</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
    )


def _row(room: Room) -> str:
    figures = (
        (duration(room.oldest), room.oldest is not None and room.oldest > LATE),
        (_about(room.ready, estimated=room.ready_estimated), False),
        (f"{room.leased:,}", False),
        (_about(room.deferred, estimated=room.deferred_estimated), False),
        (f"{room.parked:,}", False),
        (f"{room.held:,}", False),
        (f"{room.buried:,}", room.buried > 0),
        (f"{room.most_attempts:,}", False),
        (f"{room.settled_minute:,}", False),
        (f"{room.settled_hour:,}", False),
    )
    cells = "".join(
        _cell(heading, text, bad=bad)
        for heading, (text, bad) in zip(_HEADINGS[1:], figures, strict=True)
    )
    name = f'<th scope="row" role="rowheader">{escape(room.stage)}</th>'
    return f'<tr role="row">{name}{cells}</tr>'


def _cell(heading: str, text: str, *, bad: bool) -> str:
    kind = "bad" if bad else "none" if text in {"0", "-"} else ""
    class_ = f' class="{kind}"' if kind else ""
    return f'<td role="cell" data-label="{heading}"{class_}>{escape(text)}</td>'


def _about(number: int, *, estimated: bool) -> str:
    return f"~{number:,}" if estimated else f"{number:,}"
