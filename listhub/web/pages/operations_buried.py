"""The inbox of failures: what is buried, by stage and by what the errors have in common."""

from listhub.lists.operators.rooms import MOST
from listhub.spool import buried
from listhub.spool.buried import Group
from listhub.web.door.answer import Answer
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages.operations_choice import Choice
from listhub.web.pages.operations_frame import view

#: Groups that are shown.
MOST_GROUPS = 200


def show(visit: Visit) -> Answer:
    """Show the groups, the largest first."""
    groups = buried.groups(visit.conn, limit=MOST_GROUPS)
    return view(
        visit,
        "buried.html.j2",
        groups=groups,
        total=sum(group.items for group in groups),
        most=MOST,
        chosen=_chosen,
        items=lambda group: path("spool", group.stage, query=_chosen(group).query),
        sure=lambda group, action: path(
            "spool",
            "order",
            query={"do": action, "back": "/buried", **_chosen(group).whole_query},
        ),
    )


def _chosen(group: Group) -> Choice:
    """Return what chooses the items of a group, as many as there are now."""
    return Choice(
        stage=group.stage, state="buried", error=group.error, upto=group.newest
    )


PAGES = (Page(path="/buried", need=Need.SITE, get=show),)
