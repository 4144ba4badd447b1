"""Processes that work, as they said themselves, and what each did in which minute.

Never the truth about mail: a process that dies takes its last seconds with it.  What it
has in work stands in the leases.
"""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base


class Process(Base):
    """A process, by the name with which it signs leases; fades when it is not seen."""

    __tablename__ = "process"

    name: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    #: worker or pump.
    kind: Mapped[str]
    #: The pools that it serves.
    pool: Mapped[str]
    version: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    #: The room that it is emptying, and since when.
    stage: Mapped[str | None]
    stage_since: Mapped[datetime | None]
    #: Bytes in memory.
    memory: Mapped[int | None]


class ProcessMinute(Base):
    """How many items of a stage a process ended in a minute, and how."""

    __tablename__ = "process_minute"

    minute: Mapped[datetime] = mapped_column(primary_key=True)
    process: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    #: A verdict, or what recipients were answered.
    what: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
