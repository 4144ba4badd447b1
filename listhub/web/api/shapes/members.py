"""Members, as programs ask for them and see them."""

from typing import Literal

from pydantic import Field

from listhub.lists.roster.change import MOST
from listhub.lists.roster.page import Sort
from listhub.web.api.shape import (
    Address,
    Answer,
    Body,
    Count,
    Moment,
    Number,
    Paged,
    Sentence,
    WithMark,
)
from listhub.web.api.shapes.me import Choices, OptionsBody


class MembersWanted(Paged):
    """Which members, and in what order."""

    q: str = Field("", max_length=200)
    """Part of the address or the name."""

    reception: str | None = Field(None, max_length=40)
    concealed: bool | None = None
    suspended: bool | None = None
    bouncing: bool | None = None
    source_only: bool | None = None
    """Those whom only another system made members."""

    sort: Sort = "address"
    descending: bool = False


class Member(Answer):
    """A member among others."""

    id: Number
    address: Address
    name: str = Field(examples=["Ann Author"])
    reception: str = Field(examples=["each"])
    own_posts: bool
    concealed: bool
    suspended_at: Moment | None
    suspended_until: Moment | None
    topics: list[str] = Field(examples=[[]])
    since: Moment
    subscribed: bool
    """Whether somebody said so, and not another system alone."""

    from_source: bool
    bouncing: bool
    """Whether their mail comes back."""


class Visible(Answer):
    """A member as others see them; to strangers addresses are cut."""

    address: Address
    name: str = Field(examples=["Ann Author"])


class Deed(Answer):
    """Something that was done to a membership."""

    at: Moment
    actor: str = Field(examples=["otto@o.example"])
    action: str = Field(examples=["member.add"])
    how: str = Field(examples=["web"])


class Report(Answer):
    """A copy that came back."""

    at: Moment
    kind: str
    status: str = Field(examples=["5.1.1"])
    trouble: str
    """What class of failure it is."""

    diagnostic: str = Field(examples=["550 5.1.1 no such user"])


class BounceAction(Answer):
    """What was done because mail came back."""

    id: Number
    at: Moment
    action: str = Field(examples=["suspend"])
    why: str
    level: Count
    score: Count
    outcome: str
    undone_at: Moment | None
    undone_by: str | None


class MemberRecord(WithMark):
    """All that the list knows of a member."""

    address: Address
    name: str
    options: Choices
    roles: list[str] = Field(examples=[[]])
    subscribed: bool
    sources: list[str] = Field(examples=[[]])
    """Other systems that say that they are a member."""

    came: Deed | None
    changes: list[Deed]
    """The newest first."""

    level: Count
    """What the score of their bounces has reached; 0: none."""

    suppressed: str
    """Why no list of the domain writes to them; "": nothing forbids it."""

    reports: list[Report]
    actions: list[BounceAction]


class Newly(Body):
    """Who is to become a member."""

    address: str = Field(max_length=320, examples=["new@a.example"])
    name: str = Field("", max_length=200)
    reception: str | None = Field(None, max_length=40)
    concealed: bool | None = None


class AddBody(Body):
    """Whom to add."""

    members: list[Newly] = Field(min_length=1, max_length=MOST)
    greet: bool = False
    """Whether each is told; for few at once."""


class RemoveBody(Body):
    """Whom to remove."""

    addresses: list[str] = Field(
        min_length=1, max_length=MOST, examples=[["m2@a.example"]]
    )
    greet: bool = False


class ChangeBody(Body):
    """What is to be otherwise for whom."""

    addresses: list[str] = Field(
        min_length=1, max_length=MOST, examples=[["m3@a.example"]]
    )
    changes: OptionsBody


class Result(Answer):
    """What became of one address."""

    address: Address
    state: Literal["added", "already", "removed", "changed", "same", "refused"]
    done: bool
    """Whether it is now as it was to be."""

    said: Sentence = Field(examples=["new@a.example is a member now."])
    notes: list[Sentence] = Field(examples=[[]])
    """What is worth knowing besides."""


class Results(Answer):
    """What became of each address, in the order in which they came."""

    results: list[Result]
