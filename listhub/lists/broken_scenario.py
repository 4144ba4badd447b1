"""A scenario that cannot be asked refuses everybody: the listmasters hear of it."""

import uuid
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists.notices import group
from listhub.lists.notices.notice import Place
from listhub.lists.notices.to_listmasters import (
    ERROR_PERFORMING_CONDITION,
    BrokenScenario,
)
from listhub.policy import decision as policy
from listhub.spool.items import NewItem


def tell(
    conn: "psycopg.Connection[Any]",
    problem: str,
    *,
    scenario: str,
    rule: policy.Place | None,
    place: Place,
    settings: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    """Tell the listmasters, grouped with others of the kind; return items to emit.

    `rule` is where it failed; without one the `scenario` cannot be read at all.
    """
    return group.tell(
        conn,
        ERROR_PERFORMING_CONDITION,
        BrokenScenario(
            scenario=rule.file if rule else scenario,
            line=rule.line if rule else 0,
            problem=problem.removeprefix(f"{rule}: "),
        ),
        place=place,
        settings=settings,
        trace=trace,
    )
