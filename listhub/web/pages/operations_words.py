"""What orders came to, in words: by what happened and the state, for one item or many."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from listhub.i18n import formats
from listhub.i18n.text import N_, Text
from listhub.spool.meanwhile import Action, Change
from listhub.web.door.answer import Tone
from listhub.web.door.visit import Visit
from listhub.web.pages.operations_frame import STATES

#: Of those that were left as they were so many are named.
_NAMED = 2

_DONE: Mapping[Action, str] = MappingProxyType(
    {
        "hold": N_("Item %(item)s is held."),
        "release": N_("Item %(item)s is released; a worker takes it next."),
        "retry": N_("Item %(item)s is tried again now."),
        "exhume": N_("Item %(item)s is tried again now."),
        "drop": N_("Item %(item)s is dropped."),
    }
)
_ALL_DONE: Mapping[Action, str] = MappingProxyType(
    {
        "hold": N_("Held: %(count)s."),
        "release": N_("Released: %(count)s."),
        "retry": N_("Tried again: %(count)s."),
        "exhume": N_("Tried again: %(count)s."),
        "drop": N_("Dropped: %(count)s."),
    }
)
#: An order that is not for items in this state.
_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "ready": N_("Item %(item)s is ready: a worker takes it next."),
        "leased": N_(
            "Item %(item)s is in work; try again, or take it away from its worker."
        ),
        "deferred": N_(
            "Item %(item)s is deferred: it can be held, retried or dropped."
        ),
        "parked": N_("Item %(item)s is parked: it can be held, released or dropped."),
        "held": N_("Item %(item)s is held: it can be released or dropped."),
        "buried": N_(
            "Item %(item)s is buried: nobody works on it until it is retried."
        ),
    }
)
_CHANGED = N_(
    "Item %(item)s is %(state)s by now and not %(expected)s any more; it was left as it is."
)
_ALREADY = N_("Item %(item)s is %(state)s already.")
_DROPPED = N_("Item %(item)s was dropped already.")
_BUSY = N_("Item %(item)s is being settled at this moment; try again.")
_GONE = N_("Item %(item)s is not in the spool any more; its page says how it ended.")
_NEVER = N_("There is no item %(item)s in the spool.")
_BY = N_("%(said)s The last order was by %(who)s, %(at)s.")
_LEFT = N_("Left as they were: %(count)s.")
_NOTHING = N_("There is nothing more that this is for; nothing was changed.")

EDITED_BY_OTHERS = N_(
    "Item %(item)s was changed meanwhile; look at it again. Nothing was changed now."
)
EDITED = N_("The envelope of item %(item)s is changed.")
SAME = N_("Item %(item)s has these values already.")


def sentence(
    visit: Visit, action: Action, change: Change, *, expected: str | None = None
) -> str:
    """Return what an order came to for one item, in the visitor's language."""
    if change.changed:
        return visit.say(_DONE[action], item=change.item)
    said = visit.say(
        _left(change, expected),
        item=change.item,
        state=state_word(visit, change.state),
        expected=state_word(visit, expected),
    )
    if change.by is None or change.at is None:
        return said
    at = formats.moment(change.at, visit.language)
    return visit.say(_BY, said=said, who=change.by, at=at)


def _left(change: Change, expected: str | None) -> str:
    """Return the text on an item that was left as it was."""
    match change.outcome:
        case "busy":
            return _BUSY
        case "already":
            return _ALREADY if change.state else _DROPPED
        case "gone":
            return _GONE if change.at else _NEVER
        case _ if change.state != "leased" and expected not in {None, change.state}:
            return _CHANGED
        case _:
            return _REFUSED[change.state or "ready"]


def told(
    visit: Visit,
    action: Action,
    changes: Sequence[Change],
    expected: Mapping[int, str | None],
) -> tuple[Text, Tone]:
    """Return what an order came to for several items, and how that is meant."""
    done = sum(change.changed for change in changes)
    left = [change for change in changes if not change.changed]
    tone: Tone = "well" if done and not left else "note"
    if not changes:
        return Text(_NOTHING), tone
    if len(changes) == 1:
        [one] = changes
        said = sentence(visit, action, one, expected=expected.get(one.item))
        return whole(said), tone
    parts = [visit.say(_ALL_DONE[action], count=formats.number(done, visit.language))]
    if left:
        count = formats.number(len(left), visit.language)
        parts.append(visit.say(_LEFT, count=count))
        parts += [
            sentence(visit, action, one, expected=expected.get(one.item))
            for one in left[:_NAMED]
        ]
    return whole(" ".join(parts)), tone


def whole(said: str) -> Text:
    """Return a sentence in the visitor's language as a text that stays as it is."""
    return Text("%(said)s", said=said)


def state_word(visit: Visit, state: str | None) -> str:
    """Return a state as people say it."""
    return visit.say(STATES.get(state or "", state or ""))
