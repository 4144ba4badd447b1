"""A length of time as an operator types it: 90, 90s, 10m, 2h, 1d."""

import re
from datetime import timedelta

import click
from typing_extensions import override

_FORM = re.compile(r"([0-9]{1,7})\s*([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Age(click.ParamType[timedelta]):
    """Read seconds, or a number with s, m, h or d, as a timedelta."""

    name = "age"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _FORM.fullmatch(str(value).strip().lower())
        if found is None:
            self.fail(
                f"{value!r} is no length of time; write seconds, or 10m, 2h, 1d.",
                param,
                ctx,
            )
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
