"""What waits, as programs ask for it and see it."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from listhub.i18n.text import N_, Text
from listhub.lists import posting
from listhub.lists.moderation.choosing import Claim, Filter, Like, Spam, Trait
from listhub.lists.moderation.outcomes import Action
from listhub.lists.moderation.queue import Sort
from listhub.lists.moderation.request import State, WaitsFor
from listhub.web.api.call import Call
from listhub.web.api.shape import (
    LARGEST,
    Address,
    Answer,
    Count,
    Moment,
    Number,
    Octets,
    Paged,
    Query,
    Seconds,
    Sentence,
    Taken,
)
from listhub.web.door.answer import Refused
from listhub.web.pages.queue_choice import REQUESTS

NO_LIST = N_("There is no such list among yours.")


_DECADE = 10 * 365 * 86400


class Chosen(Taken):
    """Which of what waits; what is left out does not matter."""

    list: str = Field("", max_length=320)
    """The address of a list; without it all that one decides about."""

    kind: Literal["post", "request"] | None = None
    """Posts, or what is asked for by command."""

    q: str = Field("", max_length=200)
    """Part of the subject."""

    sender: str = Field("", max_length=320)
    """Part of the author's address."""

    older: int | None = Field(None, ge=0, le=_DECADE)
    """Waits for more than so many seconds."""

    newer: int | None = Field(None, ge=0, le=_DECADE)
    """Waits for less than so many seconds."""

    spam: Spam | None = None
    smallest: int | None = Field(None, ge=0, le=LARGEST)
    """Octets."""

    largest: int | None = Field(None, ge=0, le=LARGEST)
    """Octets."""

    attachment: bool | None = None
    claim: Claim | None = None
    trait: Trait | None = None
    """Alike in this: with `value`, as groups name them."""

    value: str = Field("", max_length=1000)

    def filter(self, call: Call) -> Filter:
        """Return what is meant; Refused for a list that is not theirs."""
        row = posting.find_named(call.conn, self.list) if self.list else None
        if self.list and row is None:
            raise Refused(404, Text(NO_LIST))
        kinds = {"post": ("post",), "request": REQUESTS}
        return Filter(
            lists=(row.id,) if row else (),
            kinds=kinds[self.kind] if self.kind else (),
            sender=self.sender.strip(),
            subject=self.q.strip(),
            older=None if self.older is None else timedelta(seconds=self.older),
            newer=None if self.newer is None else timedelta(seconds=self.newer),
            spam=self.spam,
            smallest=self.smallest,
            largest=self.largest,
            attachment=self.attachment,
            claim=self.claim,
            like=Like(trait=self.trait, value=self.value) if self.trait else None,
        )


class HeldWanted(Paged, Chosen):
    """Which of what waits, and in what order."""

    sort: Sort = "oldest"


class Counted(Query, Chosen):
    """Which of what waits is counted."""


class HeldRow(Answer):
    """One of what waits."""

    id: Number
    kind: str = Field(examples=["post"])
    """post, or the command that asks for something."""

    waits_for: WaitsFor
    address: str = Field(examples=["dev@lists.example"])
    """The list's address, or a domain."""

    what: str = Field(examples=["Meeting on Thursday"])
    """The subject, or the command."""

    author: str = Field(examples=["ann@a.example"])
    person: str
    """Whom it is about, if not the author."""

    size: Octets | None
    created_at: Moment
    age: Seconds
    """For how long it has waited."""

    expires_at: Moment
    spam: str | None = Field(examples=["spam"])
    """What filters said."""

    topics: list[str] = Field(examples=[[]])
    note: str
    """The last note for the others who may decide."""

    claimed_by: str | None
    """Who is at it now."""

    claimed_until: Moment | None
    has_attachment: bool
    member: bool
    """Whether its author is a member."""

    looking: list[str] = Field(examples=[[]])
    """Who looks at it now."""

    decision: Number | None
    """A decision that is on its way."""

    pending: Action | None
    pending_by: str | None
    pending_until: Moment | None
    """Until then it can be undone."""


class ListCount(Answer):
    """How much waits on one list."""

    address: Address
    waiting: Count
    oldest: Seconds


class Counts(Answer):
    """How much waits."""

    total: Count
    by_kind: dict[str, int] = Field(examples=[{"post": 12}])
    by_list: list[ListCount]
    """The longest queue first."""

    oldest: Seconds | None


class Group(Answer):
    """Posts that are alike."""

    trait: Trait
    value: str = Field(examples=["s0@spam.example"])
    """To be given back with the trait."""

    waiting: Count
    several_lists: bool
    oldest: Moment
    newest: Moment
    example: Number
    """The number of one of them."""

    subject: str = Field(examples=["You have won a prize"])
    author: str = Field(examples=["s0@spam.example"])


class Sender(Answer):
    """What the list knows of whoever sent it."""

    address: Address
    posts: Count
    first_post: Moment | None
    last_post: Moment | None
    held: Count
    waiting: Count
    approved: Count
    rejected: Count
    discarded: Count
    spam: Count
    member_since: Moment | None
    allowed: bool
    """Whether their posts are always let through."""

    blocked: bool


class Event(Answer):
    """Something that was done about it."""

    at: Moment
    who: str
    deed: str = Field(examples=["hold"])
    how: str
    words: str
    sentence: Sentence = Field(examples=["It was held."])


class File(Answer):
    """A file that came with it."""

    number: Count
    name: str = Field(examples=["plan.pdf"])
    media_type: str = Field(examples=["application/pdf"])
    size: Octets


class Check(Answer):
    """What was checked about where it comes from."""

    method: str = Field(examples=["dkim"])
    result: str = Field(examples=["pass"])
    sentence: Sentence


class Mail(Answer):
    """The post itself, made safe."""

    subject: str
    author: str
    sent_at: Moment
    body: str = Field(examples=["<p>Hello all,</p>"])
    """Safe HTML: nothing in it can act; images elsewhere are not loaded."""

    has_html: bool
    remote_images: Count
    files: list[File]
    checks: list[Check]


class Held(Answer):
    """One of what waits, with all that helps to decide it."""

    id: Number
    kind: str = Field(examples=["post"])
    state: State
    waits_for: WaitsFor
    address: str = Field(examples=["dev@lists.example"])
    what: str
    author: str = Field(examples=["ann@a.example"])
    person: str
    size: Octets | None
    spam: str | None
    topics: list[str] = Field(examples=[[]])
    created_at: Moment
    expires_at: Moment
    decided_at: Moment | None
    decided_by: str | None
    why: Sentence = Field(examples=["Posts to this list are looked at before."])
    """Why it waits."""

    rule: str
    """The rule that says so, as it is written."""

    claimed_by: str | None
    decision: Number | None
    sender: Sender | None
    history: list[Event]
    """Oldest first."""

    mail: Mail | None
    """Of a post."""


class ShowAs(Query):
    """How the post is shown."""

    as_html: bool = False
    """Its HTML where there is text as well."""


class RejectionWanted(Query):
    """Which text."""

    template: str = Field("reject", max_length=40)
    words: str = Field("", max_length=10_000)
    """What the moderator says besides."""

    language: Literal["", "en", "fr"] = ""


class Choice(Answer):
    """A text that can be chosen."""

    name: str = Field(examples=["reject"])
    title: Sentence = Field(examples=["Rejected"])
    own: bool
    """Whether the owners have put their own words in its place."""

    silent: bool
    """Whether nobody is written to."""


class Rejection(Answer):
    """A text as it would be sent, and the others that can be chosen."""

    template: str = Field(examples=["reject"])
    language: str = Field(examples=["en"])
    heading: str
    text: str
    silent: bool
    choices: list[Choice]
