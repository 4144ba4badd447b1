"""The status page as HTML, in the look and the language of all pages."""

from listhub.i18n.languages import SOURCE
from listhub.i18n.text import N_, Text
from listhub.spool.stats import LATE
from listhub.web.render import Renderer, span
from listhub.web.status import Report

WELL, TROUBLE = N_("All is well"), N_("Needs a look")
UNKNOWN = N_("How things stand is not known.")
NOTHING = N_("Nothing waits.")
OLDEST = N_("The oldest item has waited for %(span)s.")


def status(
    report: Report, *, refresh: bool, language: str = SOURCE, base: str = ""
) -> str:
    """Return the page; `refresh`: it loads itself again from time to time.

    `base` is the path of the site's address.
    """
    values = {
        "title": WELL if report.healthy else TROUBLE,
        "tone": "well" if report.healthy else "bad",
        "text": _oldest(report, language),
        "report": report,
        "late": LATE,
        "refresh": refresh,
    }
    return Renderer(base=base).render("status.html.j2", values, language=language)


def _oldest(report: Report, language: str) -> Text:
    if not report.database:
        return Text(UNKNOWN)
    if report.oldest is None:
        return Text(NOTHING)
    return Text(OLDEST, span=span(report.oldest, language))
