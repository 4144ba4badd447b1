"""Factories of listhub.models.person."""

from factory.declarations import LazyAttribute, SelfAttribute, Sequence, SubFactory

from listhub.mail.address import key
from listhub.models import Person, Role
from tests.factories.base import Factory


class PersonFactory(Factory):
    """person1@example.net, person2@example.net and so on."""

    class Meta:
        model = Person

    address = Sequence(lambda number: f"person{number}@example.net")
    address_key = LazyAttribute(lambda made: key(made.address))


class RoleFactory(Factory):
    """An owner; the list must be given, the person may be."""

    class Meta:
        model = Role
        exclude = ("person",)

    person = SubFactory(PersonFactory)
    person_id = SelfAttribute("person.id")
    kind = "owner"
