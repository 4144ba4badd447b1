"""May the sender of a command do this?  The scenario says (see `lists.asking`).

Whoever asks for another person learns nothing of that person: where it would be vain
(to sign off who is no member), the person is told, and the sender reads the same
sentence as if it were not.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from listhub.commands.command import Line
from listhub.commands.context import Context
from listhub.commands.reply import Reply
from listhub.lists import asking
from listhub.lists.asking import Question, decide
from listhub.lists.posting import ListRow
from listhub.policy.decision import Decision

__all__ = ["Do", "ListQuestion", "Question", "decide", "judged", "refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuestion(Question):
    """One about a list."""

    row: ListRow


Do = Callable[[Decision], Reply]


def judged(
    question: Question,
    line: Line,
    context: Context,
    do: Do,
    *,
    vain: Callable[[], Reply] | None = None,
) -> Reply:
    """Do it, hold it, or refuse it; `vain` is done instead of either of the first two.

    The sentence is then that of what would have been done.
    """
    decision = decide(question, context)
    action = decision.action
    if action not in line.command.results or action == "reject":
        return refusal(decision, question, context)
    if action == "do_it":
        return vain() if vain else do(decision)
    if vain:
        said = asking.waiting(question, context, decision)
        return Reply(text=said, items=vain().items)
    kept = dataclasses.replace(
        question,
        kind=question.kind or line.command.name.lower(),
        command=question.command or line.written,
    )
    held = asking.hold(kept, context, decision)
    text = asking.waiting(question, context, decision)
    return Reply(text=text, items=held.items)


def refusal(decision: Decision, question: Question, context: Context) -> Reply:
    """Return why a scenario says no, in a sentence; unless it wants nobody told."""
    said = asking.refusal(question, context, decision)
    return Reply(
        text=said.text, done=False, reported=not decision.quiet, items=said.items
    )
