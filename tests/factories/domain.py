"""Factories of listhub.models.domain."""

from factory.declarations import Sequence

from listhub.models import Domain
from tests.factories.base import Factory


class DomainFactory(Factory):
    """lists1.example.org, lists2.example.org and so on."""

    class Meta:
        model = Domain

    name = Sequence(lambda number: f"lists{number}.example.org")
