import pytest
from hypothesis import given, strategies as st

from listhub.mail import one_click
from listhub.mail.one_click import Membership

KEY, OTHER = b"k" * 32, b"o" * 32
IDS = st.integers(min_value=1, max_value=2**63 - 1)


@given(IDS, IDS)
def test_a_token_names_the_subscription_it_was_made_for(list_id: int, number: int):
    """Any ids come back, from a short text that needs no quoting in an address."""
    token = one_click.encode(KEY, list_id=list_id, subscription_id=number)
    named = Membership(list_id=list_id, subscription_id=number)
    assert one_click.decode([KEY], token) == named
    assert len(token) == 43
    assert token.replace("-", "").replace("_", "").isalnum()


def test_tokens_of_a_former_key_are_taken():
    """While a site changes its key, those made with the old one still work."""
    token = one_click.encode(OTHER, list_id=1, subscription_id=2)
    assert one_click.decode([KEY, OTHER], token) is not None
    assert one_click.decode([KEY], token) is None
    assert one_click.decode([], token) is None


@given(st.integers(min_value=0, max_value=42), st.sampled_from("AZaz09-_"))
def test_a_token_with_another_letter_is_none(place: int, letter: str):
    """Not one bit of a token can be changed, the spare ones of base 64 included."""
    token = one_click.encode(KEY, list_id=7, subscription_id=8)
    forged = token[:place] + letter + token[place + 1 :]
    assert (one_click.decode([KEY], forged) is None) == (forged != token)


@given(st.one_of(st.text(max_size=60), st.text(alphabet="Aa0-_=é\0", max_size=60)))
def test_any_text_is_answered(text: str):
    """What is no token is None, whatever stands in it."""
    assert one_click.decode([KEY, b""], text) is None


@pytest.mark.parametrize("ids", [(0, 1), (1, 0), (-1, 1), (2**63, 1)])
def test_there_is_no_token_for_people_who_are_no_members(ids: tuple[int, int]):
    """Ids that no subscription has are refused when a token is made."""
    with pytest.raises(ValueError, match="ids"):
        one_click.encode(KEY, list_id=ids[0], subscription_id=ids[1])


def test_there_is_no_token_without_a_key():
    """An empty key is a mistake, not a key."""
    with pytest.raises(ValueError, match="empty"):
        one_click.encode(b"", list_id=1, subscription_id=1)


@pytest.mark.parametrize("url", ["https://l.example", "https://l.example/"])
def test_the_link_stands_below_the_web_pages(url: str):
    """A web address with or without a last slash gives the same link."""
    assert one_click.link(url, "T") == "https://l.example/one-click/T"
