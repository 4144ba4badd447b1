"""Which text a page is about: of which list, in which language, as text or HTML."""

from dataclasses import dataclass

from listhub.lists.file_versions import Current, level_of_list
from listhub.lists.files import Level
from listhub.lists.own_texts import edit
from listhub.lists.own_texts.kinds import KINDS, Form, Kind
from listhub.web.door.answer import no_page
from listhub.web.door.visit import Visit, path


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One file that a text has, as it stands at the list."""

    address: str
    level: Level
    kind: Kind
    language: str
    form: Form
    current: Current

    def path(self, *parts: str, **query: object) -> str:
        """Return the path of the text's page, or of one below it."""
        return self.in_other(self.language, self.form, *parts, **query)

    def in_other(self, language: str, form: str, *parts: str, **query: object) -> str:
        """Return the path of the same text in another language or form."""
        where = {"language": language, "form": "" if form == "text" else form}
        return path(
            "texts", self.address, self.kind.name, *parts, query={**where, **query}
        )

    def save(self, visit: Visit, content: str | None) -> int:
        """Save the text by the version that the form was made of; errors as `edit`."""
        return edit.save(
            visit.conn,
            self.kind.name,
            content,
            level=self.level,
            expected=visit.asked.number("version"),
            site=visit.settings,
            actor=visit.by,
            how="web",
            language=self.language,
            form=self.form,
        )


def level_of(visit: Visit) -> Level:
    """Return the level of the page's list."""
    return level_of_list(visit.list.id, visit.list.address)


def of(visit: Visit) -> Place:
    """Return the text that is asked for; no page for one that lists do not have."""
    kind = KINDS.get(visit.asked.params.get("name", ""))
    language = visit.asked.one("language")
    form = visit.asked.one("form") or "text"
    if (
        kind is None
        or kind.of_domain_only
        or language not in kind.languages
        or form not in kind.forms
    ):
        raise no_page()
    level = level_of(visit)
    return Place(
        address=visit.list.address,
        level=level,
        kind=kind,
        language=language,
        form=form,
        current=edit.opened(
            visit.conn,
            kind.name,
            level=level,
            language=language,
            form=form,
        ),
    )
