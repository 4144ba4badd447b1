"""In short: where a request stands, in the few words that a line of a queue has room for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from listhub.i18n.text import N_, Text
from listhub.lists.moderation.outcomes import HOW, Action
from listhub.lists.moderation.request import State
from listhub.lists.moderation.watching import Change
from listhub.mail.address import key

#: How it is meant: an end, something on its way, or news of others.
Tone = Literal["well", "warn", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A few words and how they are meant."""

    text: Text
    tone: Tone = "note"


class Standing(Protocol):
    """What queues and changes know of a request that waits."""

    @property
    def claimed_by(self) -> str | None: ...
    @property
    def looking(self) -> Sequence[str]: ...
    @property
    def pending(self) -> Action | None: ...
    @property
    def pending_by(self) -> str | None: ...


_DOING: Mapping[Action, str] = {
    Action.APPROVE: N_("being approved by %(who)s"),
    Action.REJECT: N_("being rejected by %(who)s"),
    Action.DISCARD: N_("being discarded by %(who)s"),
    Action.SPAM: N_("being reported as spam by %(who)s"),
}
_DONE: Mapping[State, str] = {
    "approved": N_("approved by %(who)s, by %(how)s"),
    "rejected": N_("rejected by %(who)s, by %(how)s"),
    "discarded": N_("discarded by %(who)s, by %(how)s"),
    "spam": N_("reported as spam by %(who)s, by %(how)s"),
    "confirmed": N_("confirmed by %(who)s, by %(how)s"),
    "withdrawn": N_("withdrawn by %(who)s, by %(how)s"),
    "expired": N_("expired"),
}
_YOURS = N_("claimed by you")
_CLAIMED = N_("claimed by %(who)s")
_LOOKING = N_("%(who)s is looking")


def of_change(change: Change, *, reader: str) -> tuple[Phrase, ...]:
    """Return how a request was decided, or what is going on about it."""
    if change.state == "waiting":
        return of_waiting(change, reader=reader)
    how = Text(HOW.get(change.decided_how or "", ""))
    text = Text(_DONE[change.state], who=change.decided_by or "", how=how)
    return (Phrase(text=text, tone="well"),)


def of_waiting(standing: Standing, *, reader: str) -> tuple[Phrase, ...]:
    """Return who decides, has claimed or looks at what waits, besides the reader."""
    found = []
    if standing.pending:
        text = Text(_DOING[Action(standing.pending)], who=standing.pending_by or "")
        found.append(Phrase(text=text, tone="warn"))
    elif standing.claimed_by:
        own = key(standing.claimed_by) == key(reader)
        text = Text(_YOURS) if own else Text(_CLAIMED, who=standing.claimed_by)
        found.append(Phrase(text=text))
    others = [who for who in standing.looking if key(who) != key(reader)]
    return (*found, *(Phrase(text=Text(_LOOKING, who=who)) for who in others))
