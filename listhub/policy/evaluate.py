"""Rules, compiled once and tried in their order: the first that fits decides.

compiled = compile_rules(rules)
decision = evaluate(compiled, request, facts, explain=True)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from listhub.policy.conditions import CONDITIONS, CUSTOM, Test, custom
from listhub.policy.decision import (
    BROKEN,
    NO_RULE,
    NOT_OPEN,
    Decision,
    Place,
    Trial,
    rejection,
)
from listhub.policy.facts import ConditionError, Facts, Values
from listhub.policy.request import Request
from listhub.policy.syntax import Action, Argument, Literal, Rule, Variable
from listhub.policy.variables import Resolver, resolver
from listhub.policy.world import World

#: Operations that need an open list, before any rule is asked.
NEED_OPEN_LIST = frozenset({"send", "visibility"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule whose variables are functions and whose constants are read."""

    methods: frozenset[str]
    arguments: tuple[Resolver, ...]
    test: Test
    negated: bool
    action: Action
    address: Resolver | None
    place: Place
    rule: Rule

    def values(self, world: World) -> tuple[Values, ...]:
        """Return the values of the arguments."""
        return tuple(read(world) for read in self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A scenario ready to be asked; one with an error rejects everything."""

    operation: str
    rules: tuple[CompiledRule, ...] = ()
    error: str = ""


def compile_rules(rules: Iterable[tuple[str, Rule]]) -> tuple[CompiledRule, ...]:
    """Compile rules, each given with the file that it stands in."""
    return tuple(_compiled(file, rule) for file, rule in rules)


def evaluate(
    compiled: Compiled, request: Request, facts: Facts, *, explain: bool = False
) -> Decision:
    """Return what the scenario decides; with `explain`, how it came to that.

    What the facts raise goes through, but for ConditionError: that is the scenario's
    own failure, and rejects.
    """
    if request.operation in NEED_OPEN_LIST and request.list_status != "open":
        return rejection(NOT_OPEN)
    if compiled.error:
        return rejection(BROKEN, error=compiled.error)
    world = World(request, facts)
    trail: list[Trial] = []
    for rule in compiled.rules:
        if request.auth not in rule.methods:
            if explain:
                trail.append(_passed_over(rule, request))
            continue
        note = trail.append if explain else None
        try:
            if _holds(rule, world, note):
                return _decided(rule, world, tuple(trail))
        except ConditionError as error:
            text = f"{rule.place}: {error}"
            place = rule.place
            return rejection(BROKEN, error=text, rule=place, trail=tuple(trail))
    return rejection(NO_RULE, trail=tuple(trail))


def _holds(
    rule: CompiledRule, world: World, note: Callable[[Trial], None] | None
) -> bool:
    if note is None:
        return rule.test(world, rule.values(world)) is not rule.negated
    values: tuple[Values, ...] = ()
    found: bool | None = None
    problem = ""
    try:
        values = rule.values(world)
        found = rule.test(world, values) is not rule.negated
        return found
    except ConditionError as error:
        problem = str(error)
        raise
    finally:
        written = map(str, rule.rule.condition.arguments)
        note(
            Trial(
                place=rule.place,
                value=found,
                condition=str(rule.rule.condition),
                arguments=tuple(zip(written, values, strict=False)),
                note=problem,
            )
        )


def _passed_over(rule: CompiledRule, request: Request) -> Trial:
    return Trial(
        place=rule.place,
        value=None,
        condition=str(rule.rule.condition),
        note=f"for {', '.join(rule.rule.methods)} only, not {request.auth}",
    )


def _decided(rule: CompiledRule, world: World, trail: tuple[Trial, ...]) -> Decision:
    action = rule.action
    address = ""
    if action.name == "request_auth":
        read = rule.address
        address = read(world)[0] if read else world.request.sender
    argument = f"({action.address})" if action.address else ""
    return Decision(
        action=action.name,
        quiet=action.quiet,
        notify=action.notify,
        reason=action.reason,
        template=action.template,
        auth_address=address,
        written=f"{action.name}{argument}{action.flags}",
        rule=rule.place,
        trail=trail,
    )


def _compiled(file: str, rule: Rule) -> CompiledRule:
    condition = rule.condition
    if condition.name.startswith(CUSTOM):
        test = custom(condition.name.removeprefix(CUSTOM))
    else:
        test = CONDITIONS[condition.name].build(condition.arguments)
    address = rule.action.address
    return CompiledRule(
        methods=frozenset(rule.methods),
        arguments=tuple(map(_argument, condition.arguments)),
        test=test,
        negated=condition.negated,
        action=rule.action,
        address=resolver(address) if address else None,
        place=Place(file=file, line=rule.line, text=rule.text),
        rule=rule,
    )


def _argument(argument: Argument) -> Resolver:
    if isinstance(argument, Variable):
        return resolver(argument)
    text = argument.text if isinstance(argument, Literal) else str(argument)
    constant: Values = (text,)
    return lambda _: constant
