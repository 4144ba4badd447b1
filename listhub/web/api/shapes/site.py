"""The site, as programs of listmasters see it."""

from typing import Any, Literal

from pydantic import Field

from listhub.jobs.runs import State
from listhub.web.api.shape import (
    Address,
    Answer,
    Body,
    Count,
    Moment,
    Number,
    Paged,
    Query,
    Seconds,
)


class DomainShape(Answer):
    """A domain, and how many lists it has."""

    id: Number
    name: str = Field(examples=["lists.example"])
    created_at: Moment
    open: Count
    closed: Count


class Listmaster(Answer):
    """Somebody who runs the lists of a domain, or of the site."""

    address: Address
    domain: str | None = Field(examples=["lists.example"])
    """null: of the whole site."""

    reception: str = Field(examples=["mail"])
    since: Moment


class ListmasterBody(Body):
    """Who is to be one, and of what."""

    address: str = Field(max_length=320, examples=["luc@admin.example"])
    domain: str | None = Field(None, max_length=255, examples=["lists.example"])
    """Left out: of the whole site."""


class Of(Query):
    """Of which domain; left out: of the whole site."""

    domain: str | None = Field(None, max_length=255, examples=["lists.example"])


class InWork(Answer):
    """An item that a process has in work."""

    item: Number
    stage: str = Field(examples=["distribute"])
    list: str | None
    since: Moment
    lease_until: Moment
    attempts: Count


class ProcessShape(Answer):
    """A process that works, as it says of itself."""

    name: str = Field(examples=["host1:1234"])
    host: str = Field(examples=["host1"])
    pid: int
    kind: str = Field(examples=["worker"])
    pool: str = Field(examples=["post"])
    version: str
    started_at: Moment | None
    seen_at: Moment | None
    alive: bool
    """Whether it was heard of in the last minute."""

    stage: str | None
    stage_since: Moment | None
    memory: int | None
    """Octets."""

    settled_minute: Count
    settled_hour: Count
    leased: Count
    items: list[InWork]


class JobShape(Answer):
    """What is done by the clock, and how it stands."""

    name: str = Field(examples=["expire_requests"])
    about: str
    every: Seconds
    scope: str = Field(examples=["site"])
    """Run once, or for each domain or list."""

    state: State
    paused_by: str | None
    last_at: Moment | None
    outcome: str | None
    detail: str | None
    next_at: Moment
    due: Count
    running: Count
    failing: Count


class Run(Answer):
    """One run of a job."""

    id: Number
    scope: str = Field(examples=["site"])
    due: Moment
    seconds: float | None
    failures: Count
    finished_at: Moment | None
    outcome: str
    detail: str | None


class JobBody(Body):
    """What is ordered."""

    action: Literal["run", "pause", "resume"] = Field(examples=["resume"])


class AuditWanted(Paged):
    """Which deeds."""

    actor: str = Field("", max_length=320)
    action: str = Field("", max_length=100)
    object: str = Field("", max_length=320)
    list: str = Field("", max_length=320)
    how: str = Field("", max_length=20)
    """By which door: web, api, cli, mail, clock."""

    since: Moment | None = Field(None, examples=["2026-11-01T00:00:00Z"])
    until: Moment | None = Field(None, examples=["2999-01-01T00:00:00Z"])


class Deed(Answer):
    """Who did what to which object."""

    id: Number
    at: Moment
    actor: str = Field(examples=["otto@o.example"])
    action: str = Field(examples=["member.add"])
    object: str = Field(examples=["dev@lists.example"])
    list: str | None
    how: str = Field(examples=["api"])
    detail: dict[str, Any] = Field(examples=[{}])


class Minute(Answer):
    """What was done in one minute."""

    at: Moment
    settled: Count
    """Items that ended."""

    sent: Count
    """Recipients to whom a server took the copy."""

    deferred: Count
    failed: Count


class Figures(Answer):
    """How things stand."""

    at: Moment
    healthy: bool
    problems: list[str] = Field(examples=[[]])
    """What somebody should look at."""

    oldest: Seconds | None
    """For how long the oldest item has waited."""

    minutes: list[Minute]
    """The last hour, oldest first; the last one is not over."""
