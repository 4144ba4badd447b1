"""The settings of a list that say what becomes of members who cannot be reached.

Names are those of Sympa's parameters where it has one; docs/explanation/bouncing.md
tells what they do together.
"""

import dataclasses
from typing import Literal

from listhub.config.fields import setting


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BounceSettings:
    """The part of a list's settings that bounces and complaints ask for."""

    bounce_policy: Literal["days", "sympa"] = setting(
        "days",
        "How scores are made of bounces: by days that bounced, or as Sympa does.",
    )
    bouncers_level1_rate: int = setting(
        45, "The score from which level 1 is reached.", least=1, most=100_000
    )
    bouncers_level1_action: Literal["none", "notify", "suspend", "remove"] = setting(
        "notify", "What is done with members of level 1."
    )
    bouncers_level1_notification: Literal["none", "owner", "listmaster"] = setting(
        "owner", "Who is told what was done with members of level 1."
    )
    bouncers_level2_rate: int = setting(
        75, "The score from which level 2 is reached.", least=1, most=100_000
    )
    bouncers_level2_action: Literal["none", "notify", "suspend", "remove"] = setting(
        "remove", "What is done with members of level 2."
    )
    bouncers_level2_notification: Literal["none", "owner", "listmaster"] = setting(
        "owner", "Who is told what was done with members of level 2."
    )
    bounce_probe: bool = setting(
        default=True,
        about="Send members a mail of their own before they are suspended or removed:"
        " only if that comes back as well is it done.",
    )
    bounce_probe_days: int = setting(
        5,
        "A probe that has not come back for so long has arrived.",
        unit="days",
        least=1,
        most=365,
    )
    bounce_breaker_percent: int = setting(
        30,
        "When more of a message's recipients bounce in the same way, it does not count.",
        unit="per cent",
        least=1,
        most=100,
    )
    bounce_warn_rate: int = setting(
        30,
        "The owners are warned when mail to more of the members comes back; 0: never.",
        unit="per cent",
        least=0,
        most=100,
    )
    complaints: Literal["unsubscribe", "record"] = setting(
        "unsubscribe", "What becomes of members who report a post as spam."
    )
    suppression: Literal["list", "domain"] = setting(
        "list",
        "Whether a complaint or a removal ends mail of this list, or of all lists of"
        " its domain.",
    )
    minimum_bouncing_count: int = setting(
        10,
        "Policy sympa: fewer bounces make no score.",
        unit="bounces",
        least=1,
        most=100_000,
    )
    minimum_bouncing_period: int = setting(
        10,
        "Policy sympa: bounces over less time make no score.",
        unit="days",
        least=0,
        most=3650,
    )
    bounce_delay: int = setting(
        0,
        "Policy sympa: a bounce belongs to the posts of so long before.",
        unit="days",
        least=0,
        most=365,
    )
