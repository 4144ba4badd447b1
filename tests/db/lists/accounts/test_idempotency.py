"""A call with a key is done once, and answered as often as it comes."""

from typing import Any

import psycopg
import pytest
from hypothesis import given, strategies as st

from listhub.config import Settings
from listhub.lists.accounts import idempotency, tokens
from listhub.lists.accounts.idempotency import Answer, Repeat, fingerprint
from listhub.lists.said import SaidError

Driver = psycopg.Connection[Any]
CALL = fingerprint("POST", "/api/v1/lists", b"{}")


@pytest.fixture
def token(driver: Driver, ann: int, settings: Settings) -> int:
    return tokens.make(driver, ann, name="t", rights="manage", settings=settings)[1]


def begin(driver: Driver, token: int, key: str = "k") -> Answer | Repeat:
    return idempotency.begin(driver, token, key, request=CALL)


def test_twice_is_once(driver: Driver, token: int) -> None:
    """The second is told what the first was, headers and all."""
    answer = Answer(status=201, body='{"id": 1}', headers={"ETag": '"7"'})
    assert begin(driver, token) is Repeat.FIRST
    idempotency.finish(driver, token, "k", answer)
    assert begin(driver, token) == answer
    assert begin(driver, token, "other") is Repeat.FIRST


def test_another_call_with_the_key(driver: Driver, token: int) -> None:
    """It is neither done nor answered as if it were the same."""
    begin(driver, token)
    idempotency.finish(driver, token, "k", Answer(status=200))
    other = fingerprint("POST", "/api/v1/lists", b"[]")
    assert idempotency.begin(driver, token, "k", request=other) is Repeat.OTHER


def test_keys_are_of_their_token(
    driver: Driver, ann: int, token: int, settings: Settings
) -> None:
    """Two programs may use the same key."""
    _, second = tokens.make(driver, ann, name="u", rights="read", settings=settings)
    begin(driver, token)
    idempotency.finish(driver, token, "k", Answer(status=200))
    assert begin(driver, second) is Repeat.FIRST


def test_a_day_later(driver: Driver, token: int) -> None:
    """A key is known for a day, whether or not the clean-up has come by."""
    begin(driver, token)
    idempotency.finish(driver, token, "k", Answer(status=200, body="old"))
    driver.execute("UPDATE api_answer SET created_at = now() - interval '25 hours'")
    assert begin(driver, token) is Repeat.FIRST
    idempotency.finish(driver, token, "k", Answer(status=200, body="new"))
    assert begin(driver, token) == Answer(status=200, body="new")
    assert idempotency.forget(driver) == 0
    driver.execute("UPDATE api_answer SET created_at = now() - interval '25 hours'")
    assert idempotency.forget(driver) == 1


@pytest.mark.parametrize("key", ["", "k" * 201, "a\0b", "a\nb"])
def test_keys_that_are_none(driver: Driver, token: int, key: str) -> None:
    """They are refused in a sentence."""
    with pytest.raises(SaidError):
        begin(driver, token, key)


@given(st.tuples(st.text(), st.binary()), st.tuples(st.text(), st.binary()))
def test_fingerprints_tell_calls_apart(
    one: tuple[str, bytes], other: tuple[str, bytes]
) -> None:
    """Path and body do not run into each other."""
    same = fingerprint("PUT", *one) == fingerprint("put", *other)
    equal = [part.encode("utf-8", "replace") for part in (one[0], other[0])]
    assert same == (equal[0] == equal[1] and one[1] == other[1])
