"""Texts around posts, in mail to members and authors: read, previewed, saved, taken back."""

from functools import partial
from typing import Literal

from pydantic import Field

from listhub.i18n.text import N_, Text
from listhub.lists.file_versions import Current
from listhub.lists.own_texts import edit, kinds, preview as previews
from listhub.lists.own_texts.kinds import Form
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.resources import places
from listhub.web.api.shape import (
    Answer,
    Body,
    Count,
    Marked,
    Moment,
    Paged,
    Query,
    Rows,
    Versioned,
)
from listhub.web.door.answer import Refused
from listhub.web.door.need import Need

NO_TEXT = N_("There is no such text here.")

#: Characters of a text.
_LONGEST = 200_000


class Which(Query):
    """Which of the files that a text has."""

    language: Literal["", "en", "fr"] = ""
    """For whom: "" everybody, or readers of one language."""

    form: Form = "text"


class WhichPaged(Paged):
    """Which of the files that a text has, a page at a time."""

    language: Literal["", "en", "fr"] = ""
    """For whom: "" everybody, or readers of one language."""

    form: Form = "text"


class TextRow(Answer):
    """One file that a text has, or could have."""

    name: str = Field(examples=["message_footer"])
    title: Marked = Field(examples=["Footer"])
    about: Marked = Field(examples=["Stands below each post."])
    language: str
    form: Form
    source: str = Field(examples=["shipped"])
    """Whose is in force: list, family, domain, site; "": nobody's, or our own."""

    own: bool
    """Whether this level has one of its own."""

    version: Count
    changed_by: str
    changed_at: Moment | None


class TextShape(Versioned):
    """A text as it stands at a level."""

    name: str = Field(examples=["message_footer"])
    language: str
    form: Form
    content: str | None = Field(examples=[None])
    """The level's own; null: it has none."""

    in_force: str | None = Field(examples=["List: {{ listname }}"])
    """What is used, whoever wrote it; null: nothing, or our own words."""

    source: str | None = Field(examples=["domain"])
    changed_by: str
    changed_at: Moment | None


class TextBody(Body):
    """A text to be saved or looked at."""

    content: str | None = Field(
        max_length=_LONGEST, examples=["List: {{ listname }}\n"]
    )
    """null: the level has none of its own any more."""


class SavedText(Versioned):
    """The version that a text is at now."""


class TextVersion(Answer):
    """One version of a text."""

    version: Count
    content: str | None
    """null: it was taken away."""

    changed_by: str
    changed_at: Moment


class TextPreview(Answer):
    """How a text reads, filled in with a sample."""

    subject: str
    text: str
    html: str
    """As its writer wrote it: show it where it can do nothing."""

    problem: str
    """Why it cannot be used, in English; "": it can."""


def overview(call: Call) -> Rows[TextRow]:
    """Find all texts that a level can have, and whose words are in force."""
    found = edit.overview(call.conn, places.level_of(call))
    rows = [
        {
            "name": one.kind.name,
            "title": one.kind.title,
            "about": one.kind.about,
            **{
                name: getattr(one, name)
                for name in TextRow.model_fields
                if name not in {"name", "title", "about"}
            },
        }
        for one in found
    ]
    return call.every(TextRow, rows)


def show(call: Call, query: Which) -> TextShape:
    """Give a text as it stands at a level."""
    current = _opened(call, query)
    found = current.in_force
    return call.give(
        TextShape,
        {
            "name": call.asked.params["name"],
            "language": query.language,
            "form": query.form,
            "version": current.version,
            "content": current.content,
            "in_force": found.content if found else None,
            "source": found.source if found else None,
            "changed_by": current.changed_by,
            "changed_at": current.changed_at,
        },
    )


def save(call: Call, query: Which, body: TextBody) -> SavedText:
    """Save a text, or take the level's own away."""
    return _saved(call, query, body.content)


def take_away(call: Call, query: Which) -> SavedText:
    """Take the level's own text away: the one of the level above counts."""
    return _saved(call, query, None)


def history(call: Call, query: WhichPaged) -> Rows[TextVersion]:
    """Find the versions of a text, the newest first."""
    _opened(call, query)
    page = edit.history(
        call.conn,
        call.asked.params["name"],
        level=places.level_of(call),
        language=query.language,
        form=query.form,
        cursor=query.cursor,
        size=query.limit,
    )
    return call.rows(TextVersion, page)


def revert(call: Call, query: Which) -> SavedText:
    """Save an older version anew."""
    current = _opened(call, query)
    version = edit.revert(
        call.conn,
        call.asked.params["name"],
        call.asked.number_of("version"),
        level=places.level_of(call),
        expected=current.version if call.expected is None else call.expected,
        site=call.settings,
        actor=call.actor,
        how="api",
        language=query.language,
        form=query.form,
    )
    return SavedText(version=version)


def look(call: Call, query: Which, body: TextBody) -> TextPreview:
    """Tell how a text would read; nothing is saved or sent."""
    _opened(call, query)
    found = previews.preview(
        call.conn,
        kinds.kind(call.asked.params["name"]),
        body.content,
        level=places.level_of(call),
        site=call.settings,
        language=query.language,
        form=query.form,
    )
    return call.give(TextPreview, found)


def _saved(call: Call, query: Which, content: str | None) -> SavedText:
    current = _opened(call, query)
    version = edit.save(
        call.conn,
        call.asked.params["name"],
        content,
        level=places.level_of(call),
        expected=current.version if call.expected is None else call.expected,
        site=call.settings,
        actor=call.actor,
        how="api",
        language=query.language,
        form=query.form,
    )
    return SavedText(version=version)


def _opened(call: Call, query: Which | WhichPaged) -> Current:
    """Return the file that is meant; 404 for a text that the level does not have."""
    level = places.level_of(call)
    kind = kinds.KINDS.get(call.asked.params["name"])
    if (
        kind is None
        or (kind.of_domain_only and level.scope == "list")
        or query.language not in kind.languages
        or query.form not in kind.forms
    ):
        raise Refused(404, Text(NO_TEXT))
    return edit.opened(
        call.conn, kind.name, level=level, language=query.language, form=query.form
    )


def _at(path: str, of: str, need: Need) -> tuple[Operation, ...]:
    """Return the operations on the texts of a level."""
    here, make = f"{path}/texts/{{name}}", partial(Operation, need=need)
    return (
        make(
            method="GET",
            path=f"{path}/texts",
            name=f"find_texts_of_{of}",
            rights="read",
            function=overview,
        ),
        make(
            method="GET",
            path=here,
            name=f"show_text_of_{of}",
            rights="read",
            function=show,
        ),
        make(
            method="PUT",
            path=here,
            name=f"save_text_of_{of}",
            rights="manage",
            function=save,
            guarded=True,
        ),
        make(
            method="DELETE",
            path=here,
            name=f"take_text_of_{of}_away",
            rights="manage",
            function=take_away,
            guarded=True,
        ),
        make(
            method="POST",
            path=f"{here}/preview",
            name=f"preview_text_of_{of}",
            rights="manage",
            function=look,
        ),
        make(
            method="GET",
            path=f"{here}/history",
            name=f"find_versions_of_text_of_{of}",
            rights="read",
            function=history,
        ),
        make(
            method="POST",
            path=f"{here}/history/{{version}}/revert",
            name=f"revert_text_of_{of}",
            rights="manage",
            function=revert,
            guarded=True,
        ),
    )


OPERATIONS = (
    *_at("/lists/{list}", "list", Need.OWNER),
    *_at("/domains/{domain}", "domain", Need.LISTMASTER),
    *_at("/site", "site", Need.SITE),
)
