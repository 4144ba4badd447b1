"""What may be decided about a request, and what comes of trying."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listhub.i18n.text import N_, Text
from listhub.lists.moderation.request import How, Request, State
from listhub.spool.items import NewItem


class Action(StrEnum):
    """What somebody decides."""

    APPROVE = "approve"
    REJECT = "reject"
    DISCARD = "discard"
    SPAM = "spam"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


#: What a request is after each decision.
STATES: Mapping[Action, State] = {
    Action.APPROVE: "approved",
    Action.REJECT: "rejected",
    Action.DISCARD: "discarded",
    Action.SPAM: "spam",
    Action.CONFIRM: "confirmed",
    Action.WITHDRAW: "withdrawn",
}

#: Decisions of the person who asked, by key; all others are those of people in charge.
OWN = frozenset({Action.CONFIRM, Action.WITHDRAW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision with all that goes with it."""

    action: Action
    #: What the author of something rejected is told, in the decider's words.
    reason: str = ""
    #: Which text the author of something rejected gets.
    template: str = "reject"
    #: That text as somebody has edited it, and its subject; "" leaves it as it is.
    text: str = ""
    heading: str = ""
    #: The author's posts are not held again.
    allow: bool = False
    #: The author goes on the list's blocklist.
    block: bool = False
    #: The author is told nothing.
    quiet: bool = False
    #: The post's topics from now on; None leaves them as they are.
    topics: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """It was decided now; `items` are to be put in the same transaction."""

    request: Request
    decision: Decision
    items: tuple[NewItem, ...] = ()
    #: Who had claimed it, where that was somebody else; "" otherwise.
    claim_of: str = ""
    #: Whose decision was on its way and comes too late now; "" otherwise.
    overtaken: str = ""

    @property
    def state(self) -> State:
        return STATES[self.decision.action]

    @property
    def sentence(self) -> Text:
        return Text(_DONE[self.decision.action], what=self.request.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyDecided:
    """Somebody was first; that decision stands."""

    request: Request

    @property
    def state(self) -> State:
        return self.request.state

    @property
    def who(self) -> str:
        return self.request.decided_by or ""

    @property
    def when(self) -> datetime:
        return self.request.decided_at or self.request.created_at

    @property
    def how(self) -> How:
        return self.request.decided_how or "clock"

    @property
    def sentence(self) -> Text:
        """Who decided what, when and how."""
        return Text(
            _ALREADY[self.state],
            who=self.who,
            when=f"{self.when:%Y-%m-%d %H:%M} UTC",
            how=Text(HOW[self.how]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """There is no such request (any more)."""

    @property
    def sentence(self) -> Text:
        return Text(N_("There is no such request, or it was decided long ago."))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownKey:
    """A key that opens nothing, or not what was asked for."""

    @property
    def sentence(self) -> Text:
        return Text(
            N_(
                "This key is not known here; copy it whole from the mail that brought"
                " it, which may be too old."
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongList:
    """A key of another list than the one that was named."""

    list_address: str

    @property
    def sentence(self) -> Text:
        return Text(
            N_("This key is not one of the list %(list)s; name the right list."),
            list=self.list_address,
        )


_DONE: Mapping[Action, str] = {
    Action.APPROVE: N_("Approved: %(what)s"),
    Action.REJECT: N_("Rejected: %(what)s"),
    Action.DISCARD: N_("Discarded: %(what)s"),
    Action.SPAM: N_("Discarded and reported as spam: %(what)s"),
    Action.CONFIRM: N_("Confirmed: %(what)s"),
    Action.WITHDRAW: N_("Withdrawn: %(what)s"),
}
_ALREADY: Mapping[State, str] = {
    "approved": N_("Already approved by %(who)s on %(when)s, by %(how)s."),
    "rejected": N_("Already rejected by %(who)s on %(when)s, by %(how)s."),
    "discarded": N_("Already discarded by %(who)s on %(when)s, by %(how)s."),
    "spam": N_("Already reported as spam by %(who)s on %(when)s, by %(how)s."),
    "confirmed": N_("Already confirmed by %(who)s on %(when)s, by %(how)s."),
    "withdrawn": N_("Already withdrawn by %(who)s on %(when)s, by %(how)s."),
    "expired": N_("It expired on %(when)s, before anybody decided."),
}
#: How somebody decided.
HOW: Mapping[str, str] = {
    "mail": N_("mail"),
    "web": N_("web"),
    "api": N_("API"),
    "cli": N_("command line"),
    "clock": N_("clock"),
}
