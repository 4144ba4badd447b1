"""A person's own lists, options and tokens, as programs see them."""

from typing import Literal

from pydantic import Field

from listhub import clock
from listhub.lists.accounts.tokens import Rights
from listhub.lists.options import Changes
from listhub.web.api.shape import (
    Address,
    Answer,
    Body,
    Count,
    ListAddress,
    Moment,
    Number,
    Sentence,
    Trace,
    WithMark,
)


class TokenShape(Answer):
    """A token, without its secret."""

    id: Number
    """Its number."""

    name: str = Field(examples=["nightly import"])
    """As its maker called it."""

    rights: Rights
    """What it may do; each may what those before it may."""

    scope: str | None = Field(examples=[None])
    """The domain or list that it is for; null: all that its maker may."""

    created_at: Moment
    expires_at: Moment | None
    used_at: Moment | None
    revoked_at: Moment | None
    """Set once it is revoked."""


class Me(Answer):
    """Who calls, and what they may here; what the token takes away is left out."""

    address: Address
    name: str = Field(examples=["Ann Author"])
    site_listmaster: bool
    """Whether they run the whole site."""

    listmaster_of: list[int]
    """The numbers of the domains that they run."""

    owned: list[int]
    """The numbers of the lists that they own."""

    moderated: list[int]
    """The numbers of the lists that they moderate."""

    lacks: Literal["", "code", "second_factor"]
    """What is missing before withheld roles count."""

    token: TokenShape
    """The token that was sent."""


class Choices(Answer):
    """What a member has chosen on one list."""

    reception: str = Field(examples=["each"])
    """How posts come: each, digest, notice, none and others that the list has."""

    own_posts: bool
    """Whether one's own posts come back."""

    concealed: bool
    """Whether other members do not see the address."""

    suspended_at: Moment | None
    """Since when no mail is wanted, or from when on."""

    suspended_until: Moment | None
    topics: list[str] = Field(examples=[["releases"]])
    attributes: dict[str, object] = Field(examples=[{}])
    """Answers to what the list asks of its members."""

    since: Moment
    """Member since."""


class MyListRow(Answer):
    """One's own list's row."""

    id: Number
    address: ListAddress


class Membership(WithMark):
    """A list that one is a member of."""

    row: MyListRow
    """The list."""

    subject: str = Field(examples=["Development of the example"])
    """What it is about."""

    options: Choices
    receptions: list[str] = Field(examples=[["each", "digest"]])
    """Receptions that can be chosen."""

    roles: list[str] = Field(examples=[["member"]])
    from_source: bool
    """Whether another system says who is a member."""

    leaving: Literal["now", "confirm", "owners", "no"]
    """What comes of leaving: at once, after a mail, if the owners agree, never."""


class OptionsBody(Body):
    """What is to be otherwise; what is left out stays."""

    reception: str | None = Field(None, max_length=40, examples=["notice"])
    own_posts: bool | None = None
    concealed: bool | None = None
    topics: list[str] | None = Field(None, max_length=200)
    attributes: dict[str, str] | None = Field(None, max_length=200)
    suspended: bool | None = None
    """true: no mail from `since` to `until`; false: mail again."""

    since: Moment | None = None
    until: Moment | None = None

    def changes(self) -> Changes:
        """Return what is wanted."""
        return Changes(
            reception=self.reception,
            own_posts=self.own_posts,
            concealed=self.concealed,
            topics=tuple(self.topics) if self.topics is not None else None,
            attributes=self.attributes,
            suspended=self.suspended,
            since=self.since or (clock.now() if self.suspended else None),
            until=self.until,
        )


class JoinBody(Body):
    """How one would have the list."""

    name: str = Field("", max_length=200, examples=["Ann Author"])
    reception: str | None = Field(None, max_length=40)


class Wish(Answer):
    """What came of wanting to join or to leave."""

    state: Literal["done", "already", "confirm", "owners", "refused"]
    """Done; so already; a mail has to be answered; the owners have to agree; no."""

    said: Sentence = Field(examples=["You are a member of dev@lists.example now."])


class PauseBody(Body):
    """For how long no list is to write."""

    until: Moment | None = Field(None, examples=["2999-01-01T00:00:00Z"])
    """Left out: until one says so."""


class LanguageBody(Body):
    """The language of mail to oneself."""

    language: str | None = Field(max_length=10, examples=["fr"])
    """null: each list's own."""


class OwnPost(Answer):
    """One of one's own posts of the last 30 days."""

    list: ListAddress
    at: Moment
    trace: Trace
    message_id: str = Field(examples=["one@a.example"])
    subject: str = Field(examples=["Meeting on Thursday"])
    state: Literal["waiting", "held", "unconfirmed", "rejected", "expired", "sent"]
    reason: str
    """Why it was rejected, if somebody said so."""

    recipients: Count | None
    """To how many it goes, once it was sent."""

    delivered: Count | None
