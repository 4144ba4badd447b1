import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from listhub.mail import verp

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "bulk_verp_bounce.json").read_text()
)
KEY = b"k" * 32

ids = st.integers(0, 2**63 - 1)
keys = st.binary(min_size=1, max_size=80)


@given(keys, ids, ids, ids)
def test_tokens_round_trip_and_fit(key: bytes, one: int, two: int, three: int) -> None:
    """Ids of any size come back, whatever the MTA did to the case, within 64 octets."""
    local = verp.encode(key, list_id=one, outgoing_id=two, subscription_id=three)
    token = verp.VerpToken(list_id=one, outgoing_id=two, subscription_id=three)

    assert len(local) <= verp.LOCAL_LIMIT
    assert local == local.lower()
    assert verp.decode(key, local) == token
    assert verp.decode(key, local.upper()) == token


@given(keys, keys, ids)
def test_another_key_reads_nothing(key: bytes, other: bytes, number: int) -> None:
    """A token of another site is not ours."""
    assume(key != other)
    local = verp.encode(key, list_id=number, outgoing_id=1, subscription_id=2)

    assert verp.decode(other, local) is None


@given(st.integers(7, 40), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567="))
def test_forged_tokens_are_refused(place: int, letter: str) -> None:
    """No letter can be changed, the last one's spare bits included."""
    local = verp.encode(KEY, list_id=7, outgoing_id=12345, subscription_id=99999)
    place = min(place, len(local) - 1)
    forged = local[:place] + letter + local[place + 1 :]
    assume(forged != local)

    assert verp.decode(KEY, forged) is None


@given(
    st.text()
    | st.from_regex("bounce\\+[a-z2-7\u017f\u212a]{15,60}(\\+.*)?", fullmatch=True)
    | st.text("bounce+=a.x\u017f\n")
)
def test_any_local_part_can_be_read(local_part: str) -> None:
    """Nothing raises, and nothing unsigned is ours."""
    verp.decode_sympa(local_part)

    assert verp.decode(KEY, local_part) is None
    assert verp.decode(b"", local_part) is None


@pytest.mark.parametrize(
    ("appended", "recipient"),
    [
        ("", None),
        ("+bob=x.org", "bob@x.org"),
        ("+bob+tag=x.org", "bob+tag@x.org"),
        ("+a=b=x.org", "a=b@x.org"),
        ("+Bob=X.org", "Bob@X.org"),
        ("+élo=x.org", "élo@x.org"),
        ("+bob", None),
        ("+=x.org", None),
        ("+b b=x.org", None),
        ("+bob=", None),
    ],
)
def test_what_postfix_appended_is_read(appended: str, recipient: str | None) -> None:
    """Behind a base token stands the address whose copy came back (XVERP)."""
    base = verp.encode(KEY, list_id=7, outgoing_id=8)
    token = verp.decode(KEY, base + appended)

    assert token == verp.VerpToken(
        list_id=7, outgoing_id=8, subscription_id=0, recipient=recipient
    )


@pytest.mark.parametrize("number", [-1, 2**63])
def test_ids_that_cannot_be_are_refused(number: int) -> None:
    """An id that the database cannot have given is our own mistake."""
    with pytest.raises(ValueError, match="not an id"):
        verp.encode(KEY, list_id=number, outgoing_id=1)


def test_no_token_without_a_key() -> None:
    """A site without a secret signs nothing."""
    with pytest.raises(ValueError, match="key"):
        verp.encode(b"", list_id=1, outgoing_id=1)


@pytest.mark.parametrize("row", VECTORS["bounce_address"], ids=lambda r: r["address"])
def test_sympa_s_reverse_paths(row: dict[str, str]) -> None:
    """Bounces of mail that Sympa sent before the change-over are still understood."""
    local, _, domain = row["address"].rpartition("@")
    found = verp.decode_sympa(local)

    assert found == verp.SympaVerp(
        recipient=row["rcpt"], list_name="dev", suffix=row["suffix"]
    )
    assert row["address"] == verp.encode_sympa(
        row["rcpt"], list_name="dev", domain=domain, suffix=row["suffix"]
    )


@pytest.mark.parametrize(
    "local_part", ["bounce+bob==x.org==dev", "dev-owner", "bounce+==a==x.org==dev", ""]
)
def test_what_is_not_sympa_s(local_part: str) -> None:
    """Half an address is none."""
    assert verp.decode_sympa(local_part) is None
