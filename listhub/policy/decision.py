"""What a scenario decided, by which rule, and on request how it came to that."""

from dataclasses import dataclass

from typing_extensions import override

from listhub.policy.facts import Values

#: Reasons of our own, where no rule gave one.
NO_RULE = "no-rule-match"
BROKEN = "error-performing-condition"
NOT_OPEN = "list-no-open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A rule: its file and line, and its text on one line."""

    file: str
    line: int
    text: str

    @override
    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One rule as it was tried: the condition's value, or why it was passed over.

    `arguments` pairs each argument as it is written with its values.
    """

    place: Place
    value: bool | None
    condition: str
    arguments: tuple[tuple[str, Values], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An action with what belongs to it; `error` is for the listmaster, not the public.

    `reason` is a key of `reasons.REASONS`, `template` the name of a mail to send
    instead.  `auth_address` is who must confirm, for request_auth.
    """

    action: str
    quiet: bool = False
    notify: bool = False
    reason: str = ""
    template: str = ""
    auth_address: str = ""
    #: The action as its rule writes it, with marks and the variable of request_auth.
    written: str = ""
    rule: Place | None = None
    error: str = ""
    trail: tuple[Trial, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether what was asked may be done at once."""
        return self.action == "do_it"


def rejection(
    reason: str,
    *,
    error: str = "",
    rule: Place | None = None,
    trail: tuple[Trial, ...] = (),
) -> Decision:
    """Return a refusal that no rule made; `rule` is one that failed."""
    return Decision(
        action="reject",
        reason=reason,
        error=error,
        written="reject",
        rule=rule,
        trail=trail,
    )
