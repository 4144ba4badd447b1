"""Decisions and how far they are, as programs see them."""

from typing import Literal

from pydantic import Field

from listhub.lists.moderation.decide import LONGEST
from listhub.lists.moderation.outcomes import (
    Action,
    Decision,
)
from listhub.lists.moderation.progress import Outcome
from listhub.web.api.shape import (
    Address,
    Answer,
    Body,
    Count,
    Moment,
    Number,
    Query,
    Seconds,
    Sentence,
)
from listhub.web.api.shapes.held import Chosen
from listhub.web.pages.held_others import (
    LONGEST_NOTE,
)

#: Requests that are named one by one.
_MOST = 10_000


Verb = Literal["approve", "reject", "discard", "spam"]


class DecisionBody(Body):
    """What is decided."""

    action: Verb = Field(examples=["approve"])
    reason: str = Field("", max_length=LONGEST)
    """What the author is told besides."""

    template: str = Field("reject", max_length=40)
    """Of a rejection: which text; `quiet` is better for none."""

    text: str = Field("", max_length=LONGEST)
    """Of a rejection: sent to the letter instead."""

    heading: str = Field("", max_length=500)
    """The subject of that."""

    allow: bool = False
    """Let the sender through from now on."""

    block: bool = False
    """Put the sender on the blocklist."""

    quiet: bool = False
    """Tell the author nothing."""

    topics: list[str] | None = Field(None, max_length=100)
    """Of an approved post."""

    def decision(self) -> Decision:
        """Return what is meant."""
        given = self.model_dump(exclude={"action", "topics"})
        topics = tuple(self.topics) if self.topics is not None else None
        return Decision(action=Action(self.action), topics=topics, **given)


class Many(Body):
    """What is decided about which."""

    ids: list[int] | None = Field(None, min_length=1, max_length=_MOST, examples=[[2]])
    """One by one."""

    filter: Chosen | None = None
    """Or all that this means, as it was when this came."""

    decision: DecisionBody


class DecidedShape(Answer):
    """What came of a decision about one."""

    outcome: Literal["decided", "scheduled", "already"]
    """Decided now; on its way, to be undone for a moment; decided before."""

    said: Sentence = Field(examples=["It is approved."])
    decision: Number | None
    """The number of what is on its way."""

    due_at: Moment | None
    """Until then it can be undone."""


class ProgressShape(Answer):
    """A decision, and how far it is."""

    id: Number
    action: Action
    decided_by: Address
    created_at: Moment
    due_at: Moment
    """From then on it takes effect."""

    undone_at: Moment | None
    total: Count
    pending: Count
    done: Count
    already: Count
    """Others were first."""

    failed: Count
    undone: Count
    finished: bool
    undo_for: Seconds
    """For so long all of it can still be undone."""


class LeftOut(Answer):
    """One that was named and is not part of the decision."""

    request_id: Number
    why: Literal["decided", "pending", "denied"]
    sentence: Sentence = Field(examples=["It was decided already."])


class ScheduledShape(Answer):
    """A decision that workers carry out."""

    decision: Number | None
    """null: nothing was left to decide."""

    total: Count
    due_at: Moment
    left_out: list[LeftOut]


class ResultsWanted(Query):
    """Which results."""

    outcome: Outcome | None = None
    cursor: str = Field("", pattern="^[0-9]{0,18}$")
    """The number of the last one of the page before."""

    limit: int = Field(100, ge=1, le=500)


class ResultShape(Answer):
    """What became of one."""

    request_id: Number
    outcome: Outcome
    reason: str
    settled_at: Moment | None
    state: str = Field(examples=["approved"])
    what: str


class ClaimBody(Body):
    """How it is claimed."""

    take_over: bool = Field(default=False, examples=[True])
    """Also from whoever has it."""


class ClaimShape(Answer):
    """Who is at it now."""

    yours: bool
    said: Sentence = Field(examples=["It is yours for ten minutes; others see that."])
    until: Moment | None


class NoteBody(Body):
    """A note for the others who may decide."""

    text: str = Field(min_length=1, max_length=LONGEST_NOTE, examples=["Is she new?"])
