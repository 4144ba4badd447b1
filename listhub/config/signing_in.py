"""The settings of signing in to the web pages."""

import dataclasses

from listhub.config.fields import setting

_DAY = 86400


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How people sign in; a link by mail is always a way."""

    session_idle: float = setting(
        604800.0,
        "A session that was not used for so long ends.",
        unit="seconds",
        least=60,
        most=400 * _DAY,
    )
    session_life: float = setting(
        2592000.0,
        "A session ends so long after the sign-in, however much it is used.",
        unit="seconds",
        least=60,
        most=400 * _DAY,
    )
    passwords: bool = setting(
        default=True,
        about="Let people choose a password: a way in while mail does not flow.",
    )
    require_second_factor: bool = setting(
        default=False,
        about="Whether listmasters can do nothing as such without a second factor.",
    )
    header: str = setting(
        "",
        "The header in which the front servers of web.proxies say who somebody is, by"
        " address, for SAML and Shibboleth; empty: no header is believed.",
        pattern=r"([A-Za-z][A-Za-z0-9-]{0,63})?",
        words="the name of a header such as X-Remote-Mail, or nothing,",
    )
    header_label: str = setting(
        "My organisation", "What the button says, where front servers know people."
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """A provider of OpenID Connect that people may sign in with."""

    issuer: str = setting(
        "",
        "The provider, as it calls itself; empty: none.",
        pattern=r"(https?://[^\s/?#<>]+(/[^\s?#<>]*)?)?",
        words="a URL that starts with https:// or http://, or nothing,",
    )
    client_id: str = setting("", "The name under which the provider knows this site.")
    client_secret: str = setting(
        "", "The secret that the provider gave this site.", mask="all"
    )
    label: str = setting("Single sign-on", "What the button says.")
