"""What all factories share: they write through the session that a test has lent."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy.orm import Session
from typing_extensions import override

_SESSION: ContextVar[Session] = ContextVar("session")


@contextmanager
def lent(session: Session) -> Iterator[Session]:
    """Let the factories write through this session as long as the block runs."""
    token = _SESSION.set(session)
    try:
        yield session
    finally:
        _SESSION.reset(token)


class Factory(SQLAlchemyModelFactory):
    """Flushed and expired: what a test then reads comes from the database."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = _SESSION.get

    @classmethod
    @override
    def _save(cls, model_class: Any, session: Session, args: Any, kwargs: Any) -> Any:
        made = model_class(*args, **kwargs)
        session.add(made)
        session.flush()
        session.expire(made)
        return made
