"""Sign in by a provider of OpenID Connect: there with a secret, back with a code.

    begin ──▶ the provider, with state, nonce and the challenge of PKCE
          ──▶ back with a code ──▶ finish ──▶ claims ──▶ identities.sign_in

What was begun is kept by the browser alone, signed; the state binds the way back to
it, the nonce the token, the verifier the code (RFC 6749 §10.12, RFC 7636).
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    prepare_grant_uri,
)
from authlib.oauth2.rfc7636 import (  # type: ignore[import-untyped]
    create_s256_code_challenge,
)

from listhub import clock, log
from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.lists.accounts import secret
from listhub.lists.accounts.identities import Claims
from listhub.lists.accounts.links import site_url
from listhub.lists.said import SaidError
from listhub.outside import id_token
from listhub.outside.answers import Ask
from listhub.outside.provider import Discovery, Exchange, Keys, Provider, UserInfo

#: Seconds from the button to the way back: time to type a password there.
LIFE = 600

SCOPE = "openid email"
BACK = "/sign-in/oidc/back"

SILENT = N_(
    "%(provider)s does not answer at the moment; try again later, or sign in by a link."
)
STALE = N_("This sign-in was begun elsewhere, or too long ago; begin again.")
DENIED = N_("%(provider)s has not signed you in.")
UNTRUSTED = N_(
    "What %(provider)s said of you cannot be believed; nobody was signed in. Try again,"
    " or sign in by a link."
)

_log = log.get(__name__)


class SilentError(SaidError):
    """The provider does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that was begun, as the browser keeps it."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    next_path: str = ""
    #: Seconds since 1970.
    at: int

    def written(self) -> bytes:
        """Return it as octets, to be signed."""
        values = [self.state, self.nonce, self.verifier, self.next_path, self.at]
        return json.dumps(values).encode()


def read(content: bytes) -> Begun:
    """Return what was written; only for what we have signed ourselves."""
    state, nonce, verifier, next_path, at = json.loads(content)
    return Begun(
        state=state, nonce=nonce, verifier=verifier, next_path=next_path, at=at
    )


def begin(settings: Settings, ask: Ask, *, next_path: str = "") -> tuple[str, Begun]:
    """Return the provider's address to go to, and what the browser has to keep.

    SilentError if the provider does not answer; may raise `Unanswered`.
    """
    provider = _provider(settings, ask)
    begun = Begun(
        state=secret.make(),
        nonce=secret.make(),
        verifier=secret.make(),
        next_path=next_path,
        at=int(clock.now().timestamp()),
    )
    url = prepare_grant_uri(
        provider.authorization,
        client_id=settings.oidc.client_id,
        response_type="code",
        redirect_uri=_redirect(settings),
        scope=SCOPE,
        state=begun.state,
        nonce=begun.nonce,
        code_challenge=create_s256_code_challenge(begun.verifier),
        code_challenge_method="S256",
    )
    return str(url), begun


def finish(
    settings: Settings, ask: Ask, begun: Begun | None, said: Mapping[str, str]
) -> Claims:
    """Return whom the provider says to have signed in; `said` is the query it sent.

    SaidError with a sentence for everything that is not as it must be; may raise
    `Unanswered`.
    """
    label = settings.oidc.label
    if begun is None or not _fits(begun, said):
        raise SaidError(STALE)
    provider = _provider(settings, ask)
    if said.get("iss", provider.issuer) != provider.issuer or (
        provider.names_itself and "iss" not in said
    ):
        # RFC 9207 §2.4: an answer of another provider.
        _log.warning("answer of another provider", said=said.get("iss", "")[:200])
        raise SaidError(UNTRUSTED, provider=label)
    if not said.get("code"):
        _log.info("provider signed nobody in", said=said.get("error", "")[:200])
        raise SaidError(DENIED, provider=label)
    try:
        return _claims(settings, ask, provider, begun, code=said["code"])
    except id_token.UntrustedError as error:
        _log.warning("token not believed", issuer=provider.issuer, reason=str(error))
        raise SaidError(UNTRUSTED, provider=label) from error


def _fits(begun: Begun, said: Mapping[str, str]) -> bool:
    """Tell whether an answer belongs to what this browser has begun, in time."""
    age = clock.now().timestamp() - begun.at
    state = said.get("state", "").encode()
    return age <= LIFE and hmac.compare_digest(begun.state.encode(), state)


def _claims(
    settings: Settings, ask: Ask, provider: Provider, begun: Begun, *, code: str
) -> Claims:
    tokens = ask(
        Exchange(
            provider=provider,
            code=code,
            verifier=begun.verifier,
            redirect=_redirect(settings),
        )
    )
    keys = None
    if tokens.reached:
        keys = ask(Keys(provider.keys, id_token.key_id(tokens)))
    if keys is None:
        raise SilentError(SILENT, provider=settings.oidc.label)
    found = id_token.claims(
        tokens,
        keys,
        provider=provider,
        expected=id_token.Expected(
            client_id=settings.oidc.client_id, nonce=begun.nonce
        ),
    )
    subject = str(found["sub"])
    if "email" not in found and provider.userinfo:
        info = ask(UserInfo(url=provider.userinfo, access_token=tokens.access_token))
        # OpenID Connect Core §5.3.2: else it is somebody else's.
        found = info if info.get("sub") == subject else {}
    return Claims(
        issuer=provider.issuer,
        subject=subject,
        address=_text(found.get("email")),
        verified=_is_true(found.get("email_verified")),
    )


def _provider(settings: Settings, ask: Ask) -> Provider:
    found = ask(Discovery(settings.oidc.issuer))
    if found is None:
        raise SilentError(SILENT, provider=settings.oidc.label)
    return found


def _redirect(settings: Settings) -> str:
    """Return where the provider sends people back to; it has to know this address."""
    return f"{site_url(settings)}{BACK}"


def _is_true(value: Any) -> bool:
    """Tell whether a claim says yes; some providers say it as a text."""
    return value is True or (isinstance(value, str) and value == "true")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
