"""How `listhub scenario explain` shows a decision: what was decided, why, and the way."""

from collections.abc import Iterator

from listhub.policy.decision import Decision, Trial
from listhub.policy.facts import Values
from listhub.policy.reasons import sentence
from listhub.policy.request import Auth

_LONGEST = 100  # characters of one value
_VALUES = {True: "yes", False: "no", None: "-"}


def lines(
    decision: Decision, *, question: str, sender: str, auth: Auth
) -> Iterator[str]:
    """Give the lines of an explanation."""
    yield f"{question}, asked by {sender} with {auth}: {decision.written}"
    yield from _consequences(decision)
    yield ""
    if decision.rule:
        yield f"Decided by {decision.rule}:"
        yield f"    {decision.rule.text}"
    else:
        yield f"No rule decided this: {decision.reason}."
    if decision.trail:
        yield ""
        yield "Rules in the order in which they were tried:"
    for trial in decision.trail:
        yield from _trial(trial)


def _consequences(decision: Decision) -> Iterator[str]:
    if decision.reason:
        yield f"  reason    {decision.reason}: {sentence(reason=decision.reason)}"
    if decision.template:
        told = sentence(template=decision.template)
        yield f"  template  {decision.template}: {told}"
    if decision.auth_address:
        yield f"  confirms  {decision.auth_address}"
    if decision.quiet:
        yield "  quiet     whoever asked is not told"
    if decision.notify:
        yield "  notify    the owners are told"
    if decision.error:
        yield f"  error     {decision.error}"


def _trial(trial: Trial) -> Iterator[str]:
    yield ""
    yield f"  {_VALUES[trial.value]:3}  {trial.place}"
    yield f"       {trial.condition}"
    if trial.note:
        yield f"       {trial.note}"
    for written, values in trial.arguments:
        if written.startswith("["):
            yield f"       {written} = {_shown(values)}"


def _shown(values: Values) -> str:
    if values == ("",):
        return "(empty)"
    text = " | ".join(values)
    return (
        text
        if len(text) <= _LONGEST
        else f"{text[:_LONGEST]}… ({len(text)} characters)"
    )
