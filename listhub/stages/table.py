"""All stages, in the order in which a message meets them.

To add a stage: a module beside this one, a line below, its pool in pools.py, a heading
in docs/reference/stages.md.
"""

from listhub.stages import (
    archive,
    automatic,
    bounce,
    bouncers,
    command,
    decide,
    digest,
    distribute,
    forward,
    send,
    sync,
    task,
)
from listhub.stages.stage import Stage

STAGES: tuple[Stage, ...] = (
    distribute.STAGE,
    # The few posts whose list has yet to be made come from here.
    automatic.STAGE,
    # Mail to owners and moderators: rare, small, and read by people who wait for it.
    forward.STAGE,
    # After it: some mail to owners is a command.
    command.STAGE,
    # Once a day and a list: nobody waits for it.
    digest.STAGE,
    archive.STAGE,
    send.STAGE,
    bounce.STAGE,
    # After it: what follows for the members.
    bouncers.STAGE,
    # After both, whose pool it shares.
    decide.STAGE,
    task.STAGE,
    # After it: some of what it puts.
    sync.STAGE,
)


def by_name(name: str) -> Stage:
    """Return the stage of that name; KeyError if there is none."""
    return _BY_NAME[name]


def of_pools(pools: tuple[str, ...]) -> tuple[Stage, ...]:
    """Return the stages that these pools serve."""
    return tuple(stage for stage in STAGES if stage.pool in pools)


_BY_NAME = {stage.name: stage for stage in STAGES}
