"""Who may change which setting: the table is whole, and ranks may more from row to row."""

import pytest

from listhub.lists.accounts.standing import Standing
from listhub.lists.setting_rights import RANKS, RESERVED, forbidden, rank_of, reserved
from listhub.lists.settings import SPECS


def test_each_row_names_settings_that_there_are():
    """No setting twice, none that is gone."""
    names = [name for row in RESERVED for name in row.settings]
    assert len(names) == len(set(names))
    assert set(names) <= SPECS.keys()


def test_listmasters_may_all():
    """Nothing is kept from who runs the domain."""
    assert forbidden(SPECS, "listmaster") == {}


def test_each_rank_may_what_the_one_below_may():
    """A privileged owner is never refused what an owner may."""
    refused = [set(forbidden(SPECS, rank)) for rank in RANKS]
    assert refused[0] > refused[1] > refused[2]


@pytest.mark.parametrize(
    ("name", "rank", "may"),
    [
        ("subject", "owner", True),
        ("send", "owner", True),
        ("custom_headers", "owner", False),
        ("custom_headers", "privileged", True),
        ("priority", "privileged", False),
        ("priority", "listmaster", True),
    ],
)
def test_the_reason_is_said(name, rank, may):
    """Who may not is told who may, and why."""
    why = reserved(name, rank)
    assert (why is None) is may
    assert may or "Only" in str(why)


@pytest.mark.parametrize(
    ("who", "rank"),
    [
        (Standing(address="a@a.example", site_listmaster=True), "listmaster"),
        (Standing(address="a@a.example", listmaster_of={2}), "listmaster"),
        (Standing(address="a@a.example", listmaster_of={3}, owned={1}), "owner"),
        (Standing(address="a@a.example", owned={1}, privileged={1}), "privileged"),
        (Standing(address="a@a.example", moderated={1}), None),
        (Standing(), None),
    ],
)
def test_ranks_come_from_roles(who, rank):
    """The mightiest role in the list, or in its domain, counts."""
    assert rank_of(who, list_id=1, domain_id=2) == rank
