"""The form of a membership's options: what it shows, and what somebody changed in it.

Fields are called `<number of the list>.<name>`, so that one form has those of many
lists.  Only what differs from what is so now is a change: an untouched list costs
nothing, and a form that is sent twice changes nothing the second time.
"""

import dataclasses
from datetime import datetime

from listhub import clock
from listhub.commands.words import NO_DAY
from listhub.i18n import formats
from listhub.lists import options
from listhub.lists.attributes import Attribute
from listhub.lists.mine.memberships import Mine
from listhub.lists.options import NOT_ME, Changes
from listhub.lists.said import SaidError
from listhub.mail.encoded_words import safe
from listhub.web.door.asked import Asked


def shown_reception(mine: Mine) -> str:
    """Return how somebody gets the posts, as the form names it."""
    chosen = mine.options
    return (
        NOT_ME
        if chosen.reception == "each" and not chosen.own_posts
        else chosen.reception
    )


def paused(mine: Mine) -> bool:
    """Tell whether a pause is under way or to come."""
    chosen, until = mine.options, mine.options.suspended_until
    return chosen.suspended_at is not None and (until is None or until > clock.now())


def shown_until(mine: Mine) -> str:
    """Return the first day with mail again as a field of a form has it, or ""."""
    until = mine.options.suspended_until
    if until is None or not paused(mine):
        return ""
    return until.astimezone(formats.zone(mine.timezone)).date().isoformat()


def sent(asked: Asked, mine: Mine) -> bool:
    """Tell whether the form has the fields of this list."""
    return bool(expected(asked, mine))


def expected(asked: Asked, mine: Mine) -> str:
    """Return what the options were marked with when the form was shown."""
    return asked.one(f"{mine.row.id}.mark")


def changes(asked: Asked, mine: Mine) -> Changes | None:
    """Return what the form changes about a list, None for nothing; SaidError for a bad day."""
    has = f"{mine.row.id}."
    reception = asked.one(f"{has}reception") or shown_reception(mine)
    concealed = bool(asked.one(f"{has}concealed"))
    wanted = dataclasses.replace(
        _pause(asked, mine),
        reception=None if reception == shown_reception(mine) else reception,
        concealed=None if concealed == mine.options.concealed else concealed,
        topics=_topics(mine, asked.all(f"{has}topic")),
        attributes=_attributes(asked, mine) or None,
    )
    return None if wanted == Changes() else wanted


def _topics(mine: Mine, ticked: tuple[str, ...]) -> tuple[str, ...] | None:
    if not mine.topics or set(ticked) == set(mine.options.topics):
        return None
    return ticked


def _attributes(asked: Asked, mine: Mine) -> dict[str, str]:
    """Return the answers that are other ones now; browsers write lines with CRLF."""
    given = {
        each.id: asked.one(f"{mine.row.id}.a.{each.id}").replace("\r\n", "\n").strip()
        for each in mine.attributes
    }
    before = mine.options.attributes
    return {
        name: value
        for name, value in given.items()
        if value != str(before.get(name, ""))
    }


def _pause(asked: Asked, mine: Mine) -> Changes:
    """Return what is new about the pause; a day alone means one, too."""
    is_so = paused(mine)
    until = asked.one(f"{mine.row.id}.until").strip()
    wanted = bool(asked.one(f"{mine.row.id}.paused")) or bool(until and not is_so)
    if not wanted:
        return Changes(suspended=False) if is_so else Changes()
    if is_so and until == shown_until(mine):
        return Changes()
    return Changes(
        suspended=True,
        since=(mine.options.suspended_at if is_so else None) or clock.now(),
        until=day(until, timezone=mine.timezone) if until else None,
    )


def day(written: str, *, timezone: str = "UTC") -> datetime:
    """Return the beginning of a day; SaidError for what is none."""
    try:
        at = datetime.strptime(written, "%Y-%m-%d")  # noqa: DTZ007 - set below
        return at.replace(tzinfo=formats.zone(timezone))
    except ValueError:
        raise SaidError(NO_DAY, day=safe(written)[:20]) from None


def answers(asked: Attribute) -> list[tuple[str, str]]:
    """Return the answers to choose from, none of them first."""
    return [("", "-"), *((each, each) for each in asked.values)]


def mark(mine: Mine) -> str:
    """Return what the form is marked with."""
    return options.mark(mine.options)
