"""The factories write through the session of the test that uses them."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from listhub.models import MailingList
from tests.factories.base import lent
from tests.factories.mailing_list import MailingListFactory


@pytest.fixture
def factories(session: Session) -> Iterator[Session]:
    """Let factories be used; return the session that they write through."""
    with lent(session):
        yield session


@pytest.fixture
def mailing_list(factories: Session) -> MailingList:
    """Return an open list without anybody on it."""
    made: MailingList = MailingListFactory.create()
    return made
