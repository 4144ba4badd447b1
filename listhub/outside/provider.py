"""What a provider of OpenID Connect is asked for: itself, its keys, tokens, a person.

Each is a question; none of them raises for what a provider does wrong, and the reason
stands in the log.  What a provider says is judged in `id_token`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]
    OAuth2Client,
)
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from listhub import log
from listhub.config import Settings
from listhub.outside.answers import Answer

#: Seconds to wait for each of a provider's answers.
PATIENCE = 5.0

#: Seconds for which a provider's description and keys are relied on, and a failure is.
KEEP, KEEP_FAILURE = 3600.0, 30.0

#: Signatures that are believed: nothing with a shared secret, and never "none".
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519"),
)
#: What every provider has (OpenID Connect Discovery §3).
_DEFAULT_ALGORITHM = "RS256"

_SECRET_METHODS = ("client_secret_basic", "client_secret_post")

_log = log.get(__name__)

_Wrong = (httpx2.HTTPError, httpx2.InvalidURL, AuthlibBaseError, JoseError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider is asked, as it says itself."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str = ""
    algorithms: tuple[str, ...] = (_DEFAULT_ALGORITHM,)
    #: How we show that we are who we are: a method of OAuth.
    method: str = _SECRET_METHODS[0]
    #: Whether it names itself as it sends a person back (RFC 9207 §3).
    names_itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a code was exchanged for; `reached`: the provider has answered at all."""

    id_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a provider says of itself (OpenID Connect Discovery §4); None: nothing."""

    issuer: str

    def answer(self, settings: Settings) -> Answer[Provider | None]:  # noqa: ARG002
        """Fetch the description; it must be that of this issuer (§4.3)."""
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = _provider(self.issuer, _fetch(url))
        except _Wrong as error:
            _failed("discovery", url, error)
            return Answer(value=None, keep=KEEP_FAILURE)
        return Answer(value=found, keep=KEEP)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys with which a provider signs; one that is new to us is asked for anew."""

    url: str
    key_id: str

    def answer(self, settings: Settings) -> Answer[KeySet | None]:  # noqa: ARG002
        """Fetch the keys."""
        try:
            found = KeySet.import_key_set({"keys": _fetch(self.url)["keys"]})
        except (*_Wrong, KeyError, TypeError) as error:
            _failed("keys", self.url, error)
            return Answer(value=None, keep=KEEP_FAILURE)
        return Answer(value=found, keep=KEEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The tokens for a code, which a provider gives once (RFC 6749 §4.1.3)."""

    provider: Provider
    code: str = field(repr=False)
    verifier: str = field(repr=False)
    #: The address that the person was sent back to.
    redirect: str

    def answer(self, settings: Settings) -> Answer[Tokens]:
        """Exchange the code, with the secret of this site and that of PKCE (RFC 7636)."""
        url, method = self.provider.token, self.provider.method
        oidc = settings.oidc
        try:
            with OAuth2Client(
                client_id=oidc.client_id,
                client_secret=oidc.client_secret or None,
                token_endpoint_auth_method=method if oidc.client_secret else "none",
                timeout=PATIENCE,
            ) as client:
                given = client.fetch_token(
                    url,
                    grant_type="authorization_code",
                    code=self.code,
                    code_verifier=self.verifier,
                    redirect_uri=self.redirect,
                )
        except AuthlibBaseError as error:
            _failed("exchange", url, error)
            return Answer(value=Tokens(), keep=0)
        except _Wrong as error:
            _failed("exchange", url, error)
            return Answer(value=Tokens(reached=False), keep=0)
        tokens = Tokens(
            id_token=_text(given, "id_token"), access_token=_text(given, "access_token")
        )
        return Answer(value=tokens, keep=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfo:
    """What a provider says of a person beside the token (OpenID Connect Core §5.3)."""

    url: str
    access_token: str = field(repr=False)

    def answer(self, settings: Settings) -> Answer[Mapping[str, Any]]:  # noqa: ARG002
        """Fetch the claims, {} if there are none."""
        try:
            return Answer(value=_fetch(self.url, token=self.access_token), keep=0)
        except _Wrong as error:
            _failed("userinfo", self.url, error)
            return Answer(value={}, keep=0)


def _fetch(url: str, *, token: str = "") -> dict[str, Any]:
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with httpx2.Client(timeout=PATIENCE, headers=headers) as client:
        response = client.get(url)
    response.raise_for_status()
    value = response.json()
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - theirs, not ours
    return value


def _provider(issuer: str, said: Mapping[str, Any]) -> Provider:
    """Return what a description says; ValueError if it is another's, or incomplete."""
    if said.get("issuer") != issuer:
        raise ValueError(f"it calls itself {said.get('issuer')!r}")
    methods = said.get("token_endpoint_auth_methods_supported") or _SECRET_METHODS
    known = said.get("id_token_signing_alg_values_supported") or ()
    return Provider(
        issuer=issuer,
        authorization=_url(said, "authorization_endpoint", issuer),
        token=_url(said, "token_endpoint", issuer),
        keys=_url(said, "jwks_uri", issuer),
        userinfo=_url(said, "userinfo_endpoint", issuer)
        if "userinfo_endpoint" in said
        else "",
        algorithms=tuple(each for each in ALGORITHMS if each in known)
        or (_DEFAULT_ALGORITHM,),
        method=next((m for m in _SECRET_METHODS if m in methods), _SECRET_METHODS[0]),
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _url(said: Mapping[str, Any], name: str, issuer: str) -> str:
    """Return an address of theirs; without https only if they have none themselves."""
    text = _text(said, name)
    allowed = {"https", urlsplit(issuer).scheme}
    if urlsplit(text).scheme not in allowed or not urlsplit(text).hostname:
        raise ValueError(f"{name} is {text!r}")
    return text


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _failed(what: str, url: str, error: Exception) -> None:
    _log.warning("provider not understood", what=what, url=url, reason=str(error)[:500])
