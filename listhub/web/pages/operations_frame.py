"""What all pages of operators share: the ways between them, and words for states."""

from collections.abc import Mapping
from types import MappingProxyType

from listhub.i18n.text import N_
from listhub.web.door.answer import View
from listhub.web.door.menu import Item, Way
from listhub.web.door.need import Need, admits
from listhub.web.door.visit import Visit

#: From what is looked at first to what is changed seldom.
WAYS = (
    Way(path="/operations", title=N_("How things stand"), need=Need.LISTMASTER),
    Way(path="/spool", title=N_("Spool"), need=Need.SITE),
    Way(path="/buried", title=N_("Failures"), need=Need.SITE),
    Way(path="/trace", title=N_("Where is a message?"), need=Need.SITE),
    Way(path="/workers", title=N_("Workers"), need=Need.SITE),
    Way(path="/jobs", title=N_("Jobs"), need=Need.SITE),
    Way(path="/audit", title=N_("Audit"), need=Need.SITE),
    Way(path="/site", title=N_("Site"), need=Need.SITE),
)

#: The states of items as people say them.
STATES: Mapping[str, str] = MappingProxyType(
    {
        "ready": N_("ready"),
        "leased": N_("in work"),
        "deferred": N_("deferred"),
        "parked": N_("parked"),
        "held": N_("held"),
        "buried": N_("buried"),
    }
)

#: How items, recipients and jobs end, and how bad that is.
ENDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "done": (N_("done"), "well"),
        "dropped": (N_("dropped"), "warn"),
        "duplicate": (N_("a duplicate"), ""),
        "refused": (N_("refused"), "bad"),
        "expired": (N_("given up"), "bad"),
        "delivered": (N_("delivered"), "well"),
        "pending": (N_("not tried yet"), ""),
        "deferred": (N_("deferred"), "warn"),
        "possible_duplicate": (N_("perhaps twice"), "warn"),
        "ready": (N_("ready"), ""),
        "leased": (N_("in work"), ""),
        "parked": (N_("parked"), ""),
        "held": (N_("held"), "warn"),
        "buried": (N_("buried"), "bad"),
        "failed": (N_("failed"), "bad"),
        "failing": (N_("failing"), "bad"),
        "paused": (N_("paused"), "warn"),
        "running": (N_("running"), ""),
        "due": (N_("due"), ""),
        "lost": (N_("lost"), "bad"),
        "never": (N_("never run"), ""),
    }
)


def view(visit: Visit, template: str, **values: object) -> View:
    """Return a page of operators, with the ways to the others."""
    here = visit.asked.path
    ways = tuple(
        Item(
            path=way.path,
            title=way.title,
            here=here == way.path or here.startswith(f"{way.path}/"),
        )
        for way in WAYS
        if admits(way.need, visit.who, None)
    )
    return View(
        template=template,
        values={"ways": ways, "states": STATES, "ends": ENDS, **values},
    )
