"""Whose settings a page is about: a list's, a domain's, or those of all lists."""

from dataclasses import dataclass

from listhub.lists import catalogue, settings
from listhub.lists.setting_rights import Rank, rank_of
from listhub.lists.settings import Level
from listhub.web.door.answer import no_page
from listhub.web.door.visit import Visit, path


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A level of settings, its pages' path, and what the visitor is there."""

    level: Level
    #: The list's address, the domain's name, or "" for the site.
    name: str
    #: The parts of the page's path.
    parts: tuple[str, ...]
    rank: Rank
    domain_id: int | None = None

    def path(self, *parts: str, **query: object) -> str:
        """Return the path of the settings' page, or of one below it."""
        return path(*self.parts, *parts, query=query)


def of(visit: Visit) -> Place:
    """Return the place of the page that is asked for; no page for who may not."""
    if visit.row is not None:
        return _of_list(visit)
    name = visit.asked.params.get("domain")
    if name is None:
        return Place(
            level=settings.find_level(visit.conn),
            name="",
            parts=("site", "settings"),
            rank="listmaster",
        )
    known = {row.name: row.id for row in catalogue.domains(visit.conn)}
    domain_id = known.get(name)
    if domain_id is None or not visit.who.runs(domain_id):
        raise no_page()
    return Place(
        level=Level(scope="domain", domain_id=domain_id, list_id=None),
        name=name,
        parts=("site", "settings", name),
        rank="listmaster",
        domain_id=domain_id,
    )


def _of_list(visit: Visit) -> Place:
    row = visit.list
    return Place(
        level=Level(scope="list", domain_id=None, list_id=row.id),
        name=row.address,
        parts=("settings", row.address),
        rank=rank(visit),
        domain_id=row.domain_id,
    )


def rank(visit: Visit) -> Rank:
    """Return what the visitor is for the page's list; the door has let them in."""
    row = visit.list
    found = rank_of(visit.who, list_id=row.id, domain_id=row.domain_id)
    if found is None:
        raise no_page()
    return found
