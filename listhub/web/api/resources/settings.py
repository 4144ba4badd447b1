"""Settings of a list, of a domain's lists, of all: explained, changed, taken back.

The same operations at three levels; each level is a document with a version.
"""

from typing import Any, Literal

from pydantic import Field

from listhub.i18n.text import Text
from listhub.lists import setting_changes, setting_rights, setting_view
from listhub.lists.setting_changes import Changed
from listhub.lists.setting_view import Setting as Found
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Answer,
    Body,
    Count,
    Moment,
    Paged,
    Rows,
    Sentence,
    Versioned,
)
from listhub.web.door.answer import no_page
from listhub.web.door.need import Need
from listhub.web.pages import settings_place

Origin = Literal["site", "domain", "family", "list", "default"]


class Choice(Answer):
    """A value to choose."""

    value: Any = Field(examples=["each"])
    title: Sentence = Field(examples=["every post"])


class Setting(Answer):
    """One setting: what it is, what it may be, what it is, and why."""

    name: str = Field(examples=["max_size"])
    title: Sentence = Field(examples=["Largest post"])
    about: Sentence = Field(examples=["The largest post that is taken."])
    kind: Literal["text", "whole", "switch", "choice", "many", "texts", "scenario"]
    value: Any = Field(examples=[5000000])
    """What is in force."""

    origin: Origin
    """Who says so."""

    own: bool
    """Whether this level says so itself."""

    inherited: Any = Field(examples=[5000000])
    """What would be in force if it did not."""

    default: Any = Field(examples=[5000000])
    choices: list[Choice]
    allowed: Sentence = Field(examples=["a whole number from 0"])
    """What may be written."""

    unit: Sentence | None = Field(examples=["bytes"])
    least: float | None
    most: float | None
    operation: str
    """Of a scenario: what it decides about."""

    fixed: Sentence | None = Field(examples=[None])
    """Why who calls cannot change it; null: they can."""

    wrong: Sentence | None = Field(examples=[None])
    """What is wrong with the stored value."""


class Settings(Versioned):
    """The settings of a level."""

    changed_by: str = Field(examples=["otto@o.example"])
    changed_at: Moment | None
    settings: list[Setting]


class SettingsBody(Body):
    """New values by the settings' names."""

    changes: dict[str, Any] = Field(
        min_length=1, max_length=300, examples=[{"subject": "All that is new"}]
    )
    """null: this level says nothing about it any more."""


class Difference(Answer):
    """One setting in two versions."""

    name: str = Field(examples=["subject"])
    title: Sentence = Field(examples=["Subject"])
    before: Any = Field(examples=["News"])
    after: Any = Field(examples=["All that is new"])


class Saved(Versioned):
    """The version that the level is at now, and what is otherwise than before."""

    differences: list[Difference]


class SettingsVersion(Answer):
    """One version of a level."""

    version: Count
    changed_by: str = Field(examples=["otto@o.example"])
    changed_at: Moment
    differences: list[Difference]
    """What it changed."""


def show(call: Call) -> Settings:
    """Give all settings of a level, each explained."""
    place = settings_place.of(call)
    found = setting_view.view(call.conn, place.level)
    return call.give(
        Settings,
        {
            "version": found.version,
            "changed_by": found.changed_by,
            "changed_at": found.changed_at,
            "settings": [
                _setting(one, place.rank)
                for section in found.sections
                for one in section.settings
            ],
        },
    )


def change(call: Call, body: SettingsBody) -> Saved:
    """Change settings of a level; with one that cannot be none is changed."""
    place = settings_place.of(call)
    done = setting_changes.change(
        call.conn,
        place.level,
        body.changes,
        actor=call.actor,
        how="api",
        expected=call.expected,
        rank=place.rank,
    )
    return call.give(Saved, done)


def history(call: Call, query: Paged) -> Rows[SettingsVersion]:
    """Find the versions of a level, the newest first."""
    place = settings_place.of(call)
    page = setting_changes.versions(
        call.conn, place.level, cursor=query.cursor, size=query.limit
    )
    return call.rows(SettingsVersion, page)


def difference(call: Call) -> Saved:
    """Tell what going back to a version would change; the version given is today's."""
    place, version = settings_place.of(call), call.asked.number_of("version")
    stored = setting_view.stored_levels(call.conn, place.level)
    now = stored.get(place.level["scope"])
    if now is None or version > now.version:
        raise no_page()
    found = setting_changes.compare(call.conn, place.level, now.version, version)
    return call.give(Saved, Changed(version=now.version, differences=found))


def revert(call: Call) -> Saved:
    """Go back to a version, as a new one."""
    place = settings_place.of(call)
    done = setting_changes.revert(
        call.conn,
        place.level,
        call.asked.number_of("version"),
        actor=call.actor,
        how="api",
        expected=call.expected,
        rank=place.rank,
    )
    return call.give(Saved, done)


def _setting(one: Found, rank: setting_rights.Rank) -> dict[str, object]:
    fixed: Text | None = setting_rights.reserved(one.name, rank)
    if one.lock and not one.lock.choices:
        fixed = Text(setting_changes.FIXED, family=one.lock.family)
    return {
        **{name: getattr(one, name) for name in one.__slots__ if name != "lock"},
        "fixed": fixed,
    }


def _at(path: str, of: str, need: Need) -> tuple[Operation, ...]:
    """Return the operations on the settings of a level."""
    here = f"{path}/settings"
    version = f"{here}/history/{{version}}"
    return (
        Operation(
            method="GET",
            path=here,
            name=f"show_settings_of_{of}",
            need=need,
            rights="read",
            function=show,
        ),
        Operation(
            method="PATCH",
            path=here,
            name=f"change_settings_of_{of}",
            need=need,
            rights="manage",
            function=change,
            guarded=True,
        ),
        Operation(
            method="GET",
            path=f"{here}/history",
            name=f"find_versions_of_settings_of_{of}",
            need=need,
            rights="read",
            function=history,
        ),
        Operation(
            method="GET",
            path=version,
            name=f"compare_settings_of_{of}",
            need=need,
            rights="read",
            function=difference,
        ),
        Operation(
            method="POST",
            path=f"{version}/revert",
            name=f"revert_settings_of_{of}",
            need=need,
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
