"""Which pool empties which room: all that those need who only wake the pools.

The MTA's door is one of them, and has no use for all that the stages import.
"""

from collections.abc import Mapping
from types import MappingProxyType

#: Pools by the name of the stage, which has its line in stages/table.py.
POOL_OF: Mapping[str, str] = MappingProxyType(
    {
        "distribute": "distribution",
        "automatic": "distribution",
        "forward": "distribution",
        "command": "distribution",
        "digest": "distribution",
        "archive": "archive",
        "send": "bulk",
        "bounce": "bounce",
        "bouncers": "bounce",
        "decide": "bounce",
        "task": "task",
        "sync": "task",
    }
)

#: The pools, each a Celery queue; a worker serves one or several.
POOLS: tuple[str, ...] = tuple(dict.fromkeys(POOL_OF.values()))
