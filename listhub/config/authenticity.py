"""The settings of what proves where mail comes from: DNS, DKIM, scanners."""

import dataclasses

from listhub.config.fields import setting

_HOST = r"[A-Za-z0-9.:_-]{1,255}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """How names are asked for (DMARC policies, DKIM keys)."""

    enabled: bool = setting(
        default=True,
        about="Ask DNS; without it no policy is known and no From is rewritten for one.",
    )
    servers: tuple[str, ...] = setting(
        (),
        "The name servers, each as an address or address:port; none: the system's.",
        pattern=_HOST,
        words="an IP address, with a port or without,",
    )
    timeout: float = setting(
        3.0,
        "The longest that one question may take.",
        unit="seconds",
        above=0,
        most=60,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """Whose word on the authenticity of incoming mail counts."""

    trusted: tuple[str, ...] = setting(
        (),
        "The authserv-ids whose Authentication-Results are believed (RFC 8601).",
        pattern=_HOST,
        words="a name such as mx.example.org",
    )
    hops: int = setting(
        0,
        "How many Received fields our own hosts put above these results; what is above"
        " more of them was written outside.",
        least=0,
        most=20,
    )
    verify: bool = setting(
        default=True,
        about="Verify DKIM signatures here where no trusted server has done so.",
    )
    authserv_id: str = setting(
        "",
        "The name under which our own results are written; empty: they are not.",
        pattern=rf"({_HOST})?",
        words="a name such as lists.example.org, or nothing,",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """The keys that our mail is signed with."""

    directory: str = setting(
        "/etc/listhub/dkim",
        "Where the keys are, as DOMAIN/SELECTOR.pem; without any nothing is signed.",
        pattern=r"(/.*)?",
        words="an absolute path, or nothing,",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What looks for viruses in posts."""

    clamd: str = setting(
        "",
        "The clamd that scans posts, as unix:/path or tcp://host:port; empty: none.",
        pattern=r"(unix:/.+|tcp://[^\s/:]+:[0-9]{1,5})?",
        words="unix:/path or tcp://host:port, or nothing,",
    )
    clamd_timeout: float = setting(
        30.0,
        "The longest that one scan may take.",
        unit="seconds",
        above=0,
        most=600,
    )
