"""Who may what on a list: its scenarios to choose, in words, and tried on a case.

Which one is chosen is a setting of the list like any other.
"""

from typing import Literal

from pydantic import Field

from listhub.i18n.text import N_, Text
from listhub.lists import rules
from listhub.lists.settings import load_list_settings
from listhub.policy.operations import OPERATIONS as KNOWN
from listhub.policy.request import NOBODY
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import Answer, Body, Count, Rows, Sentence
from listhub.web.door.answer import Refused
from listhub.web.door.need import Need

NO_OPERATION = N_("There is no such operation.")


class Decided(Answer):
    """Something that rules decide about, and by which scenario."""

    operation: str = Field(examples=["send"])
    title: Sentence = Field(examples=["Who may write"])
    in_force: str = Field(examples=["private"])
    """The name of the scenario."""


class Scenario(Answer):
    """A scenario to choose."""

    name: str = Field(examples=["private"])
    title: str = Field(examples=["members only"])
    source: str = Field(examples=["shipped"])
    """Whose it is."""


class Place(Answer):
    """Where a rule stands."""

    file: str = Field(examples=["shipped:scenari/send.private"])
    line: Count
    text: str = Field(examples=["is_subscriber([listname],[sender]) smtp -> do_it"])


class Step(Answer):
    """One rule, as it is written and in words."""

    place: Place
    sentence: Sentence = Field(examples=["Members of the list: it is done."])


class Reading(Answer):
    """A scenario in words."""

    operation: str = Field(examples=["send"])
    name: str = Field(examples=["private"])
    source: str = Field(examples=["shipped"])
    steps: list[Step]
    problem: str
    """Why it can be no rule at all, in English; "": it can."""


class CaseBody(Body):
    """A case to be tried."""

    sender: str = Field(NOBODY, max_length=320, examples=["mia@a.example"])
    """Who asks; `nobody` is somebody unknown."""

    auth: Literal["smtp", "md5", "smime"] = "smtp"
    """How that is known: by an address that anybody can write, signed in, a signature."""

    scenario: str | None = Field(None, max_length=100)
    """Instead of the one in force."""


class Tried(Answer):
    """A rule as it was tried."""

    place: Place
    sentence: Sentence
    held: bool | None
    """Whether it was so; null: it was passed over."""

    note: str


class Explained(Answer):
    """What would be decided about a case, and why."""

    action: str = Field(examples=["do_it"])
    sentence: Sentence = Field(examples=["So it is done."])
    told: Sentence | None = Field(examples=[None])
    """What whoever is refused is told."""

    trail: list[Tried]


def find(call: Call) -> Rows[Decided]:
    """Find what rules decide about on a list, and which decide."""
    settings = load_list_settings(call.conn, call.list.id)
    rows = [
        {
            "operation": each,
            "title": rules.about(each),
            "in_force": rules.in_force(each, settings),
        }
        for each in sorted(KNOWN)
    ]
    return call.every(Decided, rows)


def choices(call: Call) -> Rows[Scenario]:
    """Find the scenarios that can be chosen for an operation."""
    found = rules.choices(
        call.conn,
        _operation(call),
        list_id=call.list.id,
        domain_id=call.list.domain_id,
        language=call.language,
    )
    return call.every(Scenario, found)


def read(call: Call) -> Reading:
    """Give a scenario in words, rule by rule."""
    found = rules.read(
        call.conn,
        _operation(call),
        call.asked.params["name"],
        list_id=call.list.id,
        domain_id=call.list.domain_id,
    )
    return call.give(Reading, found)


def explain(call: Call, body: CaseBody) -> Explained:
    """Tell what would be decided about a case, and why; nothing is done."""
    known = body.sender and body.sender != NOBODY
    found = rules.explain(
        call.conn,
        call.ask,
        call.list,
        _operation(call),
        sender=body.sender or NOBODY,
        auth=body.auth,
        context={"email": body.sender} if known else {},
        settings=call.settings,
        scenario=body.scenario,
    )
    return call.give(
        Explained,
        {
            "action": found.decision.action,
            "sentence": found.sentence,
            "told": found.told,
            "trail": found.trail,
        },
    )


def _operation(call: Call) -> str:
    found = call.asked.params["operation"]
    if found not in KNOWN:
        raise Refused(404, Text(NO_OPERATION))
    return found


_HERE = "/lists/{list}/scenarios"

OPERATIONS = (
    Operation(
        method="GET",
        path=_HERE,
        name="find_scenarios",
        need=Need.OWNER,
        rights="read",
        function=find,
    ),
    Operation(
        method="GET",
        path=f"{_HERE}/{{operation}}",
        name="find_choices",
        need=Need.OWNER,
        rights="read",
        function=choices,
    ),
    Operation(
        method="POST",
        path=f"{_HERE}/{{operation}}/explain",
        name="explain_case",
        need=Need.OWNER,
        rights="read",
        function=explain,
    ),
    Operation(
        method="GET",
        path=f"{_HERE}/{{operation}}/{{name}}",
        name="read_scenario",
        need=Need.OWNER,
        rights="read",
        function=read,
        example={"name": "private"},
    ),
)
