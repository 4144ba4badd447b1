"""Is a provider's token what it seems: its signature, and what it claims.

Nothing is fetched here; whoever asks brings the keys (`provider.Keys`).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from listhub.outside.provider import Provider, Tokens

#: Seconds by which clocks may differ.
LEEWAY = 60

_LONGEST = 20_000


class UntrustedError(Exception):
    """A token that is not to be believed; the text is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token has to be about: this site, and this very sign-in."""

    client_id: str
    nonce: str


def key_id(tokens: Tokens) -> str:
    """Return which key a token says it is signed with, "" if it does not say."""
    start = tokens.id_token[:_LONGEST].partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(start + "=" * (-len(start) % 4)))
    except (binascii.Error, ValueError):
        return ""
    said = header.get("kid") if isinstance(header, dict) else None
    return said[:200] if isinstance(said, str) else ""


def claims(
    tokens: Tokens, keys: KeySet, *, provider: Provider, expected: Expected
) -> Mapping[str, Any]:
    """Return what a token claims (OpenID Connect Core §3.1.3.7); UntrustedError if false.

    Checked: signature by one of the keys, issuer, audience, authorised party, times,
    nonce, and that the access token belongs to it.
    """
    if not expected.nonce or not expected.client_id:
        raise UntrustedError("nothing to compare with")
    if not 0 < len(tokens.id_token) <= _LONGEST:
        raise UntrustedError("no token, or too long a one")
    registry = JWSRegistry(
        algorithms=list(provider.algorithms), strict_check_header=False
    )
    try:
        token = jwt.decode(tokens.id_token, key=keys, registry=registry)
        found = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": expected.client_id},
                "sub": {"essential": True},
            },
            {
                "nonce": expected.nonce,
                "client_id": expected.client_id,
                "access_token": tokens.access_token,
            },
        )
        found.validate(leeway=LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise UntrustedError(f"{type(error).__name__}: {error}") from error
    if not isinstance(found["sub"], str):
        raise UntrustedError("the subject is no text")
    return dict(found)
