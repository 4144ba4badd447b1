"""Drain one stage, whatever its kind: what wakes, pump and tests call."""

from listhub.stages import runner
from listhub.stages.stage import Host, RoomStage
from listhub.stages.table import by_name


def drain(name: str, host: Host, *, seconds: float | None = None) -> int:
    """Empty the room of stage `name`, at most `seconds` long; return items settled."""
    stage = by_name(name)
    limit = host.settings.worker.drain if seconds is None else seconds
    host.tally.begin(name)
    try:
        if isinstance(stage, RoomStage):
            return runner.drain(stage, host, seconds=limit)
        if name not in host.flows:
            host.flows[name] = stage.open(host)
        return host.flows[name].drain(limit)
    finally:
        host.tally.end()
