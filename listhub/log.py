"""Structured logs: a static event, data in keys, one line per verdict.

On a terminal the lines are for reading; elsewhere each is one JSON object.  The
context (trace, item, stage, list) is bound by whoever starts a piece of work.
"""

import logging
import sys
from typing import Any

import structlog

Logger = structlog.stdlib.BoundLogger

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def get(name: str) -> Logger:
    """Return the logger of a module; call with a static event and keys."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger


class _Lines:
    """Where our own lines go: straight to standard error, one write each.

    The way through the standard library's logging costs several times as much as the
    line, and a busy sender writes thousands of them a second.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name

    def write(self, line: str) -> None:
        """Write one line."""
        sys.stderr.write(line + "\n")

    debug = info = warning = error = critical = write


def set_up(*, level: str = "INFO", json: bool | None = None) -> None:
    """Send every log line, ours and the libraries', to standard error in one form."""
    as_json = (not sys.stderr.isatty()) if json is None else json
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*_SHARED, structlog.processors.format_exc_info, renderer],
        logger_factory=_Lines,
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
