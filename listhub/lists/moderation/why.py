"""Why something waits: what was written down of the rule, for people to read."""

import re
from dataclasses import dataclass

from listhub.i18n.text import N_, Text
from listhub.lists.moderation.request import Request
from listhub.policy.reasons import REASONS

#: A rule as scenarios name it: its file, its line, and its text.
_RULE = re.compile(r"(?P<file>\S+):(?P<line>\d+): (?P<rule>.+)", re.DOTALL)

_BY_RULE = N_("Line %(line)s of %(file)s wants somebody's word for this.")
_UNKNOWN = N_("Nothing was written down of why this waits.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a request waits; where a rule says so, where it stands."""

    sentence: Text
    #: The file of the rule, such as `send.private`; "" where it was no rule.
    file: str = ""
    line: int | None = None
    #: The rule as it is written.
    rule: str = ""


def of_request(request: Request) -> Why:
    """Return why a request waits."""
    found = _RULE.fullmatch(request.why)
    if found is None:
        # A text that is marked where it was decided, or a reason's key.
        text = REASONS.get(request.why, request.why) or _UNKNOWN
        return Why(sentence=Text(text))
    line = int(found["line"])
    return Why(
        sentence=Text(_BY_RULE, file=found["file"], line=line),
        file=found["file"],
        line=line,
        rule=found["rule"],
    )
