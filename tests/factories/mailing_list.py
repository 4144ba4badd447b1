"""Factories of listhub.models.mailing_list."""

from factory.declarations import LazyAttribute, SelfAttribute, Sequence, SubFactory

from listhub.models import MailingList
from tests.factories.base import Factory
from tests.factories.domain import DomainFactory


class MailingListFactory(Factory):
    """An open list without posts, in a domain of its own unless one is given."""

    class Meta:
        model = MailingList
        exclude = ("domain",)

    domain = SubFactory(DomainFactory)
    domain_id = SelfAttribute("domain.id")
    name = Sequence(lambda number: f"list{number}")
    address = LazyAttribute(lambda made: f"{made.name}@{made.domain.name}")
