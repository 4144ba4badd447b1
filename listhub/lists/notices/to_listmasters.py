"""To listmasters: what is broken on the site and needs a person."""

from dataclasses import dataclass

from listhub.i18n.text import N_
from listhub.lists.notices.notice import Audience, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that failed: what it was about, and what was said."""

    what: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenScenario:
    """A scenario that cannot be evaluated; whoever it was for was refused."""

    scenario: str
    line: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLoop:
    """An address that sends commands faster than a person."""

    person: str
    count: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """One of the notices that were gathered."""

    at: str
    subject: str
    trace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Notices of one kind, told together."""

    kind: str
    count: int
    #: The newest of them.
    lines: tuple[NoticeLine, ...]


def _trouble(name: str, about: str, subject: str, sample: Trouble) -> Notice[Trouble]:
    return Notice(
        name=name,
        about=about,
        audience=Audience.LISTMASTERS,
        subject=subject,
        sample=sample,
    )


LOOP_COMMAND = Notice(
    name="loop_command",
    about="Commands of an address are no longer answered, since they look like a loop.",
    audience=Audience.LISTMASTERS,
    subject=N_("A loop of commands from %(person)s"),
    sample=CommandLoop(person="robot@y.example", count=200, minutes=60),
)
SCENARIO_BROKEN = Notice(
    name="scenario_broken",
    about="A scenario file cannot be read.",
    audience=Audience.LISTMASTERS,
    subject=N_("A scenario is broken: %(scenario)s"),
    sample=BrokenScenario(
        scenario="send.private_staff", line=7, problem="expected '->', found 'do_it'"
    ),
)
ERROR_PERFORMING_CONDITION = Notice(
    name="error_performing_condition",
    about="A condition of a scenario could not be evaluated.",
    audience=Audience.LISTMASTERS,
    subject=N_("A condition of %(scenario)s failed"),
    sample=BrokenScenario(
        scenario="send.staff", line=3, problem="search(staff.ldap): no answer"
    ),
)
VIRUS_SCAN_FAILED = _trouble(
    "virus_scan_failed",
    "The virus scanner does not answer.",
    N_("The virus scanner does not answer"),
    Trouble(what="clamd", problem="Connection refused"),
)
ARCHIVING_FAILED = _trouble(
    "archiving_failed",
    "A post could not be archived.",
    N_("A message could not be archived: %(what)s"),
    Trouble(what="one@a.example", problem="The body does not exist."),
)
ITEM_BURIED = _trouble(
    "item_buried",
    "Something in the spool failed too often and was set aside.",
    N_("Set aside for you: %(what)s"),
    Trouble(what="distribute 4711", problem="ValueError: bad input"),
)
ERROR_IN_TASK = _trouble(
    "error_in_task",
    "A job failed.",
    N_("A job failed: %(what)s"),
    Trouble(what="purge-seen", problem="canceling statement due to lock timeout"),
)
RELAYS_UNAVAILABLE = _trouble(
    "relays_unavailable",
    "No relay takes mail.",
    N_("No relay takes mail"),
    Trouble(what="smtp://127.0.0.1:25", problem="Connection refused"),
)
AUTOMATIC_LIST_CREATION_FAILED = _trouble(
    "automatic_list_creation_failed",
    "An automatic list could not be made.",
    N_("An automatic list could not be made: %(what)s"),
    Trouble(what="auto-course-42@lists.example", problem="There is no such family."),
)
SYNC_INCLUDE_FAILED = _trouble(
    "sync_include_failed",
    "The members of a list could not be brought up to date from their source.",
    N_("The members of %(what)s could not be updated"),
    Trouble(what="staff@lists.example", problem="ldap: no answer"),
)
EDIT_LIST_ERROR = _trouble(
    "edit_list_error",
    "The settings of a list cannot be used; its mail waits.",
    N_("The settings of %(what)s cannot be used"),
    Trouble(what="dev@lists.example", problem="language: 'xx' is not one of en, fr."),
)
ARF_PROCESSING_FAILED = _trouble(
    "arf_processing_failed",
    "A report of abuse could not be read.",
    N_("A report of abuse could not be read"),
    Trouble(what="abuse@isp.example", problem="It names no message."),
)
TT2_ERROR = _trouble(
    "tt2_error",
    "A text of a domain or the site cannot be used; the shipped one was sent.",
    N_("A text is wrong: %(what)s"),
    Trouble(what="mail_tt2/welcome", problem="Line 3: 'nmae' is undefined"),
)
GATHERED = Notice(
    name="gathered",
    about="More notices of a kind that came at once, told together.",
    audience=Audience.LISTMASTERS,
    subject=N_("%(count)s more notices at %(domain)s: %(kind)s"),
    sample=Gathered(
        kind="scenario_broken",
        count=117,
        lines=(
            NoticeLine(
                at="20 Nov 2026, 09:00 UTC",
                subject="A scenario is broken: send.private_staff",
                trace="0b3c7c1e-6f0f-4c55-8d3e-5bd8a7b8a1d2",
            ),
        ),
    ),
)
GATHERED_FOR_OWNERS = Notice(
    name="gathered_for_owners",
    about="More notices of a kind that came at once, told together.",
    audience=Audience.OWNERS,
    subject=N_("%(count)s more notices about %(list)s"),
    sample=Gathered(
        kind="template_broken",
        count=5,
        lines=(
            NoticeLine(
                at="20 Nov 2026, 09:00 UTC",
                subject="A text of dev is wrong: mail_tt2/welcome",
                trace="",
            ),
        ),
    ),
)
