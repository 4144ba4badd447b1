"""Factories of listhub.models.subscription."""

from factory.declarations import SelfAttribute, SubFactory

from listhub.models import Subscription
from tests.factories.base import Factory
from tests.factories.person import PersonFactory


class SubscriptionFactory(Factory):
    """A member who gets each post; the list must be given, the person may be."""

    class Meta:
        model = Subscription
        exclude = ("person",)

    person = SubFactory(PersonFactory)
    person_id = SelfAttribute("person.id")
