"""Facts: what an evaluation asks of the world, and a world made of plain values.

Lists are named by their address, in lower case.  Values are tuples of texts, since any
of them may have several; None stands for a name that does not exist there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from listhub.mail.address import key
from listhub.policy import filters

Values = tuple[str, ...]

#: Gives the values of a variable written as `[name]` or `[name->key]`.
Resolve = Callable[[str], Values]


class ConditionError(Exception):
    """A condition that cannot be decided: the scenario rejects, the listmaster is told."""


class Facts(Protocol):
    """What the rules ask of the world; an address is compared by its key."""

    def is_subscriber(self, mailing_list: str, address: str) -> bool:
        """Whether somebody is a member; one whose subscription is suspended is."""

    def is_owner(self, mailing_list: str, address: str) -> bool:
        """Whether somebody owns the list, or is a listmaster of its domain."""

    def is_editor(self, mailing_list: str, address: str) -> bool:
        """Whether somebody is an actual editor: owners are, where nobody moderates."""

    def is_listmaster(self, address: str) -> bool:
        """Whether somebody is a listmaster of the domain or of the site."""

    def list_value(self, name: str) -> Values | None:
        """Return what [list->name] stands for."""

    def conf_value(self, name: str) -> Values | None:
        """Return what [conf->name] stands for: a setting of the site or the domain."""

    def custom_value(self, name: str) -> Values | None:
        """Return what [custom_vars->name] stands for."""

    def family_value(self, name: str) -> Values | None:
        """Return what [family->name] stands for."""

    def user_value(self, address: str, name: str) -> Values | None:
        """Return what [user->name] stands for."""

    def user_attribute(self, address: str, name: str) -> Values | None:
        """Return what [user_attributes->name] stands for."""

    def subscriber_value(self, address: str, name: str) -> Values | None:
        """Return what [subscriber->name] stands for."""

    def search(self, name: str, values: Values, resolve: Resolve) -> bool:
        """Whether a named filter has one of the values; ConditionError if it is broken."""

    def custom_condition(self, name: str, arguments: tuple[Values, ...]) -> bool:
        """Return what the custom condition of that name says, or ConditionError."""


CustomCondition = Callable[[tuple[Values, ...]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFacts:
    """A world of plain values: for tests, conformance vectors and dry runs.

    Members, owners and editors are by the list's address; `filters` holds the texts of
    search_filters/*.txt by name, `hits` what other filters find.
    """

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    editors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    listmasters: frozenset[str] = frozenset()
    #: Values by `list->name`, `conf->name`, `user->name` and so on, for everybody.
    values: Mapping[str, Values] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    hits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    custom: Mapping[str, CustomCondition] = field(default_factory=dict)

    def is_subscriber(self, mailing_list: str, address: str) -> bool:
        return key(address) in self.members.get(mailing_list, ())

    def is_owner(self, mailing_list: str, address: str) -> bool:
        held = key(address) in self.owners.get(mailing_list, ())
        return held or self.is_listmaster(address)

    def is_editor(self, mailing_list: str, address: str) -> bool:
        if editors := self.editors.get(mailing_list):
            return key(address) in editors
        return key(address) in self.owners.get(mailing_list, ())

    def is_listmaster(self, address: str) -> bool:
        return key(address) in self.listmasters

    def list_value(self, name: str) -> Values | None:
        return self.values.get(f"list->{name}")

    def conf_value(self, name: str) -> Values | None:
        return self.values.get(f"conf->{name}")

    def custom_value(self, name: str) -> Values | None:
        return self.values.get(f"custom_vars->{name}")

    def family_value(self, name: str) -> Values | None:
        return self.values.get(f"family->{name}")

    def user_value(self, address: str, name: str) -> Values | None:
        return (address,) if name == "email" else self.values.get(f"user->{name}")

    def user_attribute(self, address: str, name: str) -> Values | None:  # noqa: ARG002
        return self.values.get(f"user_attributes->{name}")

    def subscriber_value(self, address: str, name: str) -> Values | None:  # noqa: ARG002
        return self.values.get(f"subscriber->{name}")

    def search(self, name: str, values: Values, resolve: Resolve) -> bool:  # noqa: ARG002
        if name in self.filters:
            return filters.matches([self.filters[name]], values)
        if name in self.hits:
            return not self.hits[name].isdisjoint(map(key, values))
        if name == filters.BLOCKLIST:
            return False
        raise ConditionError(f"there is no filter {name}")

    def custom_condition(self, name: str, arguments: tuple[Values, ...]) -> bool:
        return call_custom(self.custom.get(name), name, arguments)


def call_custom(
    condition: CustomCondition | None, name: str, arguments: tuple[Values, ...]
) -> bool:
    """Call somebody's custom condition; ConditionError if there is none or it fails."""
    if condition is None:
        raise ConditionError(f"there is no custom condition {name}")
    try:
        return bool(condition(arguments))
    except Exception as error:
        raise ConditionError(
            f"the custom condition {name} failed: {error!r}"
        ) from error


def keys(addresses: Iterable[str]) -> frozenset[str]:
    """Return addresses in the form under which they are compared."""
    return frozenset(map(key, addresses))
