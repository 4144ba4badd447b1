"""What moderators do by a button, and what they are told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from listhub.i18n.text import N_, Text
from listhub.lists.moderation import delayed
from listhub.lists.moderation.delayed import Scheduled
from listhub.lists.moderation.outcomes import Action, Decision

#: By the buttons' values.
DECISIONS: Mapping[str, Decision] = MappingProxyType(
    {
        "approve": Decision(action=Action.APPROVE),
        "allow": Decision(action=Action.APPROVE, allow=True),
        "reject": Decision(action=Action.REJECT),
        "discard": Decision(action=Action.DISCARD),
        "spam": Decision(action=Action.SPAM),
        "block": Decision(action=Action.DISCARD, block=True),
    }
)

NOTHING_CHOSEN = N_("Nothing was chosen; nothing was changed.")
ALL_TAKEN = N_("Nothing of it waits any more: it was decided, or is on its way.")
GO_ON = N_("Approved: %(count)s.")
GO_ON_ALWAYS = N_("Approved, and their senders are let through from now on: %(count)s.")
LEFT_OUT = N_("Left out, as others have decided or decide it: %(count)s.")
BOTH = N_("%(first)s %(second)s")


def said(decision: Decision, scheduled: Scheduled) -> Text | None:
    """Return what is said of a decision that is on its way.

    None where its bar with the button to undo it says everything.
    """
    left = scheduled.left_out
    if not scheduled.total:
        return left[0].sentence if len(left) == 1 else Text(ALL_TAKEN)
    rest = Text(LEFT_OUT, count=len(left)) if left else None
    if delayed.is_destructive(decision):
        return rest
    done = Text(GO_ON_ALWAYS if decision.allow else GO_ON, count=scheduled.total)
    return Text(BOTH, first=done, second=rest) if rest else done
