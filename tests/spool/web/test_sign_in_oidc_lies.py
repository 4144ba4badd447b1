"""A provider of OpenID Connect that lies: whatever is false about it signs nobody in."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import oidc_provider
from tests.oidc_client import persons, sign_in, with_provider
from tests.oidc_provider import CLIENT, StrictProvider
from tests.rooms import Rooms
from tests.web_client import Client


@pytest.fixture
def client(rooms: Rooms, provider: StrictProvider) -> Iterator[Client]:
    with Client(with_provider(rooms.host.settings, provider.issuer)) as client:
        yield client


CLAIMS: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "audience": {"aud": "another-client"},
    "no audience": {"aud": None},
    "two audiences": {"aud": [CLIENT, "another"], "azp": "another"},
    "two audiences, nobody's": {"aud": [CLIENT, "another"]},
    "expired": {"exp": int(time.time()) - 600},
    "no end": {"exp": None},
    "end is no number": {"exp": "tomorrow"},
    "not yet": {"nbf": int(time.time()) + 6000},
    "from tomorrow": {"iat": int(time.time()) + 86400},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject is no text": {"sub": 7},
    "other access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_token_with_a_false_claim_is_refused(
    client: Client, rooms: Rooms, provider: StrictProvider, claims: dict[str, Any]
):
    """Each of them alone; nobody is signed in, and a sentence says so."""
    provider.lies.claims = claims
    page = sign_in(client)
    assert page.status == 403
    assert "cannot be believed" in page.text or "does not vouch" in page.text
    assert persons(rooms) == []


TOKENS: dict[str, Callable[[dict[str, Any]], str]] = {
    "another's key": oidc_provider.signed_by_another,
    "the client's secret": oidc_provider.signed_with_secret,
    "no signature": oidc_provider.unsigned,
    "no token": lambda _: "",
    "nonsense": lambda _: "a.b.c",
    "long": lambda _: "a" * 100_000,
    "not ASCII": lambda _: "é.é.é",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
def test_a_token_that_is_not_theirs_is_refused(
    client: Client,
    rooms: Rooms,
    provider: StrictProvider,
    token: Callable[[dict[str, Any]], str],
):
    """Only keys that the provider publishes, and no algorithm with a shared secret."""
    provider.lies.token = token
    page = sign_in(client)
    assert page.status in {403, 503}
    assert "Sign out" not in page.text
    assert persons(rooms) == []


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "false"},
        {"email_verified": 1.5},
        {"email_verified": [True]},
        {"email": None},
        {"email": "nobody"},
        {"email": ["ann@a.example"]},
        {"email": "ann@a.example\r\nBcc: x@x.example"},
    ],
)
def test_an_address_that_is_not_verified_is_nobodys(
    client: Client, rooms: Rooms, provider: StrictProvider, claims: dict[str, Any]
):
    """Else everybody could be anybody by what they type at the provider."""
    provider.lies.claims = claims
    page = sign_in(client)
    assert page.status == 403
    assert "Example University does not vouch for an e-mail address" in page.text
    assert persons(rooms) == []


@pytest.mark.parametrize(
    ("back", "sentence"),
    [
        ({"code": "", "error": "access_denied"}, "has not signed you in"),
        ({"code": "", "error": "<script>alert(1)</script>"}, "has not signed you in"),
        ({"code": "made-up"}, "cannot be believed"),
        ({"iss": "https://evil.example"}, "cannot be believed"),
    ],
)
def test_what_the_provider_refuses_is_told(
    client: Client, provider: StrictProvider, back: dict[str, str], sentence: str
):
    """A sentence of ours, nothing of theirs; and the other ways in stand below it."""
    provider.lies.back = back
    page = sign_in(client)
    assert page.status == 403
    assert sentence in page.text
    assert "alert(1)" not in page.html
    assert "Send me a link" in page.text


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "/authorize"},
    ],
)
def test_a_description_that_is_wrong_is_not_used(
    client: Client, provider: StrictProvider, discovery: dict[str, Any]
):
    """It is as if the provider did not answer."""
    provider.lies.discovery = discovery
    client.get("/sign-in")
    page = client.post("/sign-in/oidc")
    assert page.status == 503
    assert "does not answer" in page.text
