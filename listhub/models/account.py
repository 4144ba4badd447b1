"""What lets persons in: sessions, links, passwords, second factors, identities, tokens.

Of whatever opens a door the digest is stored, never the thing itself.
"""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment

_PERSON = "person.id"
#: Of a person; gone with them.
OfPerson = Annotated[
    int, mapped_column(ForeignKey(_PERSON, ondelete="CASCADE"), index=True)
]
#: The same where there is one row, or a few, for each.
KeyOfPerson = Annotated[
    int,
    mapped_column(
        ForeignKey(_PERSON, ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
]


class WebSession(Base):
    """Somebody who has signed in with one browser."""

    __tablename__ = "web_session"
    __table_args__ = (
        CheckConstraint(
            "method IN ('link', 'password', 'oidc', 'header')", name="method"
        ),
    )

    id: Mapped[Id]
    #: SHA-256 of what the cookie says.
    digest: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[OfPerson]
    method: Mapped[str]
    #: When the second factor was given, if it was.
    second_factor_at: Mapped[datetime | None]
    user_agent: Mapped[str] = mapped_column(server_default=text("''"))
    #: The network address of the browser.
    came_from: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Moment]
    #: The last request, to the minute; in no index, for it changes often.
    seen_at: Mapped[Moment]
    #: It ends then however busy it is.
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SignInLink(Base):
    """A link that was mailed, or shown on a terminal, to sign in once."""

    __tablename__ = "sign_in_link"

    #: SHA-256 of the link's token.
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    #: As it was typed: whoever asks need not be known.
    address: Mapped[str]
    #: Where to go then, a path of this site.
    next_path: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Moment]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class Password(Base):
    """A person's password, as Argon2 keeps it; most have none."""

    __tablename__ = "password"

    person_id: Mapped[KeyOfPerson]
    hash: Mapped[str]
    changed_at: Mapped[Moment]


class SecondFactor(Base):
    """A program or device that shows codes by the clock (RFC 6238)."""

    __tablename__ = "second_factor"

    person_id: Mapped[KeyOfPerson]
    #: Encrypted with a key derived from the site's.
    secret: Mapped[bytes]
    created_at: Mapped[Moment]
    #: None until a first code has shown that it works.
    confirmed_at: Mapped[datetime | None]
    #: The time step of the last code that was taken: none is taken twice.
    last_step: Mapped[int] = mapped_column(server_default=text("0"))


class RecoveryCode(Base):
    """A code for whoever has lost the second factor; it goes when it is used."""

    __tablename__ = "recovery_code"

    person_id: Mapped[KeyOfPerson]
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    created_at: Mapped[Moment]


class Identity(Base):
    """Who a person is elsewhere: a subject of an OpenID provider."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("person_id", "issuer"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey(_PERSON, ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]
    #: The verified address that bound it.
    address: Mapped[str]
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]


class ApiToken(Base):
    """A token of the API: what a program may do in a person's name."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("rights IN ('read', 'moderate', 'manage')", name="rights"),
        CheckConstraint("domain_id IS NULL OR list_id IS NULL", name="scope"),
    )

    id: Mapped[Id]
    person_id: Mapped[OfPerson]
    #: SHA-256 of the token.
    digest: Mapped[bytes] = mapped_column(unique=True)
    name: Mapped[str]
    rights: Mapped[str]
    #: With neither of them it is good for the whole site.
    domain_id: Mapped[int | None] = mapped_column(
        ForeignKey("domain.id", ondelete="CASCADE"), index=True
    )
    list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[Moment]
    expires_at: Mapped[datetime | None]
    #: The last use, to the minute.
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]


class RateLimit(Base):
    """When somebody's allowance of something is whole again; lost in a crash."""

    __tablename__ = "rate_limit"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    name: Mapped[str] = mapped_column(primary_key=True)
    #: An address, a network, the number of a person or token.
    subject: Mapped[str] = mapped_column(primary_key=True)
    whole_at: Mapped[datetime]


class ApiAnswer(Base):
    """The answer to a call of the API that bore a key, for when it is repeated."""

    __tablename__ = "api_answer"

    token_id: Mapped[int] = mapped_column(
        ForeignKey("api_token.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    #: SHA-256 of the call: method, path and body.
    request: Mapped[bytes]
    #: None while the call is at work, which only itself sees.
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    body: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Moment] = mapped_column(index=True)
