"""A token takes away, never adds: for any person, scope and right."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from hypothesis import given, strategies as st

from listhub.lists.accounts import grant
from listhub.lists.accounts.grant import Grant
from listhub.lists.accounts.standing import Standing
from listhub.lists.accounts.tokens import Rights, Token

TOKEN = Token(
    id=7,
    person_id=1,
    address="ann@a.example",
    name="t",
    rights="read",
    domain_id=None,
    list_id=None,
    scope=None,
    lies_in=None,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    expires_at=None,
    used_at=None,
    revoked_at=None,
    revoked_by=None,
)
NUMBERS = st.frozensets(st.integers(1, 4))
STANDINGS = st.builds(
    Standing,
    person_id=st.just(1),
    address=st.just("ann@a.example"),
    site_listmaster=st.booleans(),
    listmaster_of=NUMBERS,
    owned=NUMBERS,
    privileged=NUMBERS,
    moderated=NUMBERS,
)


@given(STANDINGS, st.integers(1, 4), st.integers(1, 4))
def test_within_a_list(who: Standing, list_id: int, domain_id: int) -> None:
    """A listmaster of the list's domain owns it there; nobody else gains anything."""
    cut = grant._within_list(who, list_id, domain_id=domain_id)
    assert not cut.is_listmaster
    assert cut.owned | cut.privileged | cut.moderated <= {list_id}
    assert cut.owns(list_id) == (who.owns(list_id) or who.runs(domain_id))
    assert cut.owns_privileged(list_id) == (
        who.owns_privileged(list_id) or who.runs(domain_id)
    )
    assert cut.moderates(list_id) == who.moderates(list_id)


@given(st.sampled_from(get_args(Rights)), st.sampled_from(get_args(Rights)))
def test_rights_are_in_order(has: Rights, asks: Rights) -> None:
    """Who may more may less; a session may all."""
    order = ["read", "moderate", "manage"]
    given_token = Grant(who=Standing(), token=replace(TOKEN, rights=has))
    assert given_token.allows(asks) == (order.index(asks) <= order.index(has))
    assert Grant(who=Standing()).allows(asks)


def test_scopes() -> None:
    """The site covers all, a domain its lists, a list itself alone."""
    site = Grant(who=Standing(), token=TOKEN)
    domain = Grant(who=Standing(), token=replace(TOKEN, domain_id=1, scope="d"))
    one = Grant(who=Standing(), token=replace(TOKEN, list_id=5, scope="l", lies_in=1))
    asked = [(1, None), (1, 5), (1, 6), (2, 8)]
    covered = {
        name: [it.covers(domain_id=d, list_id=x) for d, x in asked]
        for name, it in (("site", site), ("domain", domain), ("list", one))
    }
    assert covered == {
        "site": [True, True, True, True],
        "domain": [True, True, True, False],
        "list": [False, True, False, False],
    }
    assert (site.whole, domain.whole, one.whole) == (True, False, False)
    assert Grant(who=Standing()).whole


def test_audit_says_which_token() -> None:
    """Who acted, and by what."""
    who = Standing(address="ann@a.example")
    assert Grant(who=who).actor == "ann@a.example"
    assert Grant(who=who, token=TOKEN).actor == "ann@a.example (token 7)"
