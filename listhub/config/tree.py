"""Every setting of a site: name, type, default, bounds and a sentence of help.

A section of listhub.toml is a class here, a key of it a field.  docs/reference
is generated from this file.
"""

import dataclasses
from pathlib import Path
from typing import Literal

from listhub.config.authenticity import Authentication, Dkim, Dns, Screening
from listhub.config.fields import setting
from listhub.config.signing_in import Oidc, SignIn

_DAY = 86400
_HOST = r"[^\s/@?#]+"
_RELAY_OPTION = (
    r"(weight=[1-9][0-9]{0,3}|tls=(none|starttls|opportunistic)|xverp=(auto|off))"
)
_RELAY = (
    r"smtps?://([^\s@/?#]+@)?(\[[0-9A-Fa-f:.]+\]|[^\s:@/?#\[\]]+)(:[0-9]{1,5})?/?"
    rf"(\?{_RELAY_OPTION}(&{_RELAY_OPTION})*)?"
)
_DOMAIN = r"[^\s@,=/]{1,255}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The PostgreSQL servers that hold everything."""

    url: str = setting(
        "postgresql:///listhub",
        "Where PostgreSQL is; several hosts may stand in it, separated by commas.",
        pattern=r"postgres(ql)?://\S*",
        words="a URL that starts with postgresql://",
        mask="url",
    )
    statement_timeout: float = setting(
        30.0,
        "The longest that one statement may run.",
        unit="seconds",
        above=0,
        most=_DAY,
    )
    lock_timeout: float = setting(
        5.0,
        "The longest that a statement waits for a lock.",
        unit="seconds",
        above=0,
        most=_DAY,
    )
    idle_timeout: float = setting(
        60.0,
        "The longest that an open transaction may do nothing.",
        unit="seconds",
        above=0,
        most=_DAY,
    )
    pooled: bool = setting(
        default=False,
        about="Whether a transaction-mode pooler such as PgBouncer stands in between.",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The broker that carries wake-ups, and nothing else."""

    url: str = setting(
        "redis://127.0.0.1:6379/0",
        "Where the broker is: Redis or Valkey, or RabbitMQ.",
        pattern=r"(rediss?|amqps?|memory)://\S*",
        words="a URL that starts with redis://, rediss://, amqp://, amqps:// or memory://",
        mask="url",
    )
    wake_expiry: float = setting(
        10.0,
        "After this time a wake-up that nobody took is dropped.",
        unit="seconds",
        above=0,
        most=_DAY,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """How work is claimed and retried."""

    lease: float = setting(
        120.0,
        "How long a worker owns what it claimed; then others may take it.",
        unit="seconds",
        above=0,
        most=_DAY,
    )
    max_attempts: int = setting(
        5,
        "After so many failed attempts an item is buried, for a person to look at.",
        unit="attempts",
        least=1,
        most=1000,
    )
    batch: int = setting(
        20, "How many items one claim takes.", unit="items", least=1, most=1000
    )
    retry_base: float = setting(
        5.0,
        "The wait before the second attempt; it doubles with each further one.",
        unit="seconds",
        above=0,
        most=_DAY,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The daemon that takes mail from the MTA (LMTP and the pipe's socket)."""

    host: str = setting(
        "127.0.0.1",
        "The address that LMTP listens on.",
        pattern=_HOST,
        words="a host name or an IP address",
    )
    port: int = setting(
        8024, "The port of LMTP; 0 lets the system choose.", least=0, most=65535
    )
    socket: str = setting(
        "/run/listhub/intake.sock",
        "The Unix socket for the pipe and for LMTP; empty: none.",
        pattern=r"(/.*)?",
        words="an absolute path, or nothing,",
    )
    socket_mode: str = setting(
        "0660",
        "The permissions of the socket, in octal.",
        pattern=r"0[0-7]{3}",
        words="four octal digits such as 0660",
    )
    max_size: int = setting(
        26214400,
        "The largest message that is taken.",
        unit="bytes",
        least=1,
        most=1_000_000_000,
    )
    retry_window: float = setting(
        86400.0,
        "For this long the same bytes from and to the same address are one message.",
        unit="seconds",
        least=0,
        most=30 * _DAY,
    )
    idle_timeout: float = setting(
        300.0,
        "A peer that says nothing for so long is dismissed.",
        unit="seconds",
        above=0,
        most=_DAY,
    )
    max_recipients: int = setting(
        1000,
        "How many recipients one LMTP transaction may have.",
        unit="recipients",
        least=100,  # RFC 5321 §4.5.3.1.8: at least 100 must be taken
        most=100_000,
    )
    database_connections: int = setting(
        2, "How many database connections it keeps.", least=1, most=100
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How mail leaves: relays, time-outs, expiry."""

    relays: tuple[str, ...] = setting(
        ("smtp://127.0.0.1:25",),
        "The relays that take our mail, shared out by weight.",
        pattern=_RELAY,
        words="a URL such as smtp://host:25?weight=1&tls=opportunistic&xverp=auto",
        mask="url",
    )
    connections: int = setting(
        50,
        "How many connections to relays one bulk process opens.",
        unit="connections",
        least=1,
        most=10_000,
    )
    connect_timeout: float = setting(
        10.0, "The wait for a connection.", unit="seconds", above=0, most=3600
    )
    reply_timeout: float = setting(
        60.0,
        "The wait for a reply to MAIL, RCPT and the like.",
        unit="seconds",
        above=0,
        most=3600,
    )
    data_timeout: float = setting(
        300.0,
        "The wait for the reply to a message's last byte.",
        unit="seconds",
        above=0,
        most=7200,
    )
    expiry: float = setting(
        432000.0,
        "After this time of deferrals a recipient is given up.",
        unit="seconds",
        above=0,
        most=30 * _DAY,
    )
    xverp: bool = setting(
        default=True,
        about="Let a relay that announces XVERP make the reverse-paths.",
    )
    helo: str = setting(
        "",
        "The name said in EHLO; empty: this host's name.",
        pattern=r"[A-Za-z0-9.:\[\]_-]*",
        words="a host name, or nothing,",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """How the recipients of a post are shared out over transactions."""

    recipients: int = setting(
        25,
        "The most recipients of one packet.",
        unit="recipients",
        least=1,
        most=10_000,
    )
    domains: int = setting(
        10,
        "A packet larger than this ends where the next domain begins.",
        unit="recipients",
        least=1,
        most=10_000,
    )
    verp_recipients: int = setting(
        100,
        "The most recipients of one packet of VERP mail.",
        unit="recipients",
        least=1,
        most=10_000,
    )
    domain_caps: dict[str, int] = setting(  # noqa: RUF009 - a factory copies the {}
        {},
        "The most recipients of one domain in a packet, for the domains named.",
        unit="recipients",
        least=1,
        most=10_000,
        pattern=_DOMAIN,
        words="domains",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The worker processes of the five pools."""

    poll: float = setting(
        1.0,
        "How often a host looks for work without being woken.",
        unit="seconds",
        above=0,
        most=3600,
    )
    drain: float = setting(
        20.0,
        "The longest that one wake-up keeps a worker at a stage.",
        unit="seconds",
        above=0,
        most=3600,
    )
    stop: float = setting(
        10.0,
        "How long a worker that was told to stop may finish its work.",
        unit="seconds",
        above=0,
        most=3600,
    )


def _days(default: int, about: str) -> int:
    days: int = setting(default, about, unit="days", least=1, most=36_500)
    return days


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things of the past are kept."""

    history_days: int = _days(30, "The history of the spool.")
    ledger_days: int = _days(90, "Who got what, when, through which relay.")
    seen_days: int = _days(30, "The Message-IDs that a list has seen.")
    bodies_days: int = _days(1, "Message bodies that nothing refers to any more.")
    requests_days: int = _days(90, "What was asked of moderators, once decided.")
    bounces_days: int = _days(365, "Reports of mail that did not arrive.")
    runs_days: int = _days(30, "The runs of jobs.")
    audit_days: int = _days(1095, "Who changed what.")
    attachments_days: int = _days(1095, "Attachments that members have links to.")
    statistics_days: int = _days(1825, "The figures of each list, by the day.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The web UI and the API."""

    host: str = setting(
        "127.0.0.1",
        "The address that the web UI listens on.",
        pattern=_HOST,
        words="a host name or an IP address",
    )
    port: int = setting(
        8080, "The port of the web UI; 0 lets the system choose.", least=0, most=65535
    )
    url: str = setting(
        "",
        "The public address of the web UI; empty: no web links in headers.",
        pattern=r"(https?://[^\s/?#<>]+(/[^\s?#<>]*)?)?",
        words="a URL that starts with https:// or http://, or nothing,",
    )
    proxies: tuple[str, ...] = setting(
        (),
        "The front servers whose word on who asks, and from where, is believed.",
        pattern=r"unix|[0-9A-Fa-f:.]+(/[0-9]{1,3})?",
        words="an IP address, a network such as 10.0.0.0/8, or unix for a socket",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who runs this site."""

    listmaster: str = setting(
        "",
        "The address of the people who run the site.",
        pattern=r"([^\s@<>]+@[^\s@<>]+)?",
        words="an address such as listmaster@example.org, or nothing,",
    )
    language: Literal["en", "fr"] = setting(
        "en", "The language of mail to people who have not chosen one."
    )
    answers_per_day: int = setting(
        50,
        "The most answers that one address gets on one day, against mail loops.",
        unit="mails",
        least=1,
        most=100_000,
    )
    secret: str = setting(
        "",
        "The key that signs VERP addresses; empty: it is read from secret_file.",
        pattern=r"(([0-9A-Fa-f]{2}){16,})?",
        words="at least 32 hexadecimal digits, or nothing,",
        mask="all",
    )
    secret_file: str = setting(
        "",
        "A file that holds the key, for those who keep secrets out of listhub.toml.",
        pattern=r"(/.*)?",
        words="an absolute path, or nothing,",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of this process; `path` is the file that they came from."""

    path: Path | None = None
    database: Database = dataclasses.field(default_factory=Database)
    broker: Broker = dataclasses.field(default_factory=Broker)
    spool: Spool = dataclasses.field(default_factory=Spool)
    intake: Intake = dataclasses.field(default_factory=Intake)
    delivery: Delivery = dataclasses.field(default_factory=Delivery)
    packets: Packets = dataclasses.field(default_factory=Packets)
    dns: Dns = dataclasses.field(default_factory=Dns)
    authentication: Authentication = dataclasses.field(default_factory=Authentication)
    dkim: Dkim = dataclasses.field(default_factory=Dkim)
    screening: Screening = dataclasses.field(default_factory=Screening)
    worker: Worker = dataclasses.field(default_factory=Worker)
    retention: Retention = dataclasses.field(default_factory=Retention)
    web: Web = dataclasses.field(default_factory=Web)
    sign_in: SignIn = dataclasses.field(default_factory=SignIn)
    oidc: Oidc = dataclasses.field(default_factory=Oidc)
    site: Site = dataclasses.field(default_factory=Site)
