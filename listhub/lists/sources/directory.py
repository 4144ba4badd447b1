"""A directory (LDAP), searched page by page.

python-ldap is needed; it is optional, since it is built against OpenLDAP.
"""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from listhub.lists.sources.source import SourceError

SCOPES = {"base": 0, "one": 1, "sub": 2}
ENCRYPTIONS = ("none", "starttls", "ldaps")

#: Entries of one page; servers answer at most 1,000 or so at once (RFC 2696).
PAGE = 500

#: RFC 4515 §3: these stand for something in a filter.
_ESCAPES = str.maketrans(
    {"\\": r"\5c", "*": r"\2a", "(": r"\28", ")": r"\29", "\0": r"\00"}
)

Entry = Mapping[str, list[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which entries are looked for, and what of them."""

    base: str
    scope: int
    filter: str
    attributes: tuple[str, ...]
    #: Whether it is no error that there is no base.
    may_lack: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """One directory and how it is reached."""

    uri: str
    starttls: bool = False
    ca_file: str = ""
    bind_dn: str = ""
    password: str = field(default="", repr=False)
    #: The longest silence, in seconds.
    timeout: int = 30

    @contextmanager
    def opened(self) -> Iterator["Session"]:
        """Connect and bind; SourceError for whatever the directory says against it."""
        try:
            ldap = importlib.import_module("ldap")
            controls = importlib.import_module("ldap.controls")
        except ImportError as error:
            raise SourceError(
                "python-ldap is not installed; install listhub[ldap]"
            ) from error
        connection = None
        try:
            connection = self._connect(ldap)
            yield Session(ldap, controls, connection, timeout=self.timeout)
        except ldap.LDAPError as error:
            raise SourceError(_said(error)) from error
        finally:
            if connection is not None:
                connection.unbind_s()

    def _connect(self, ldap: Any) -> Any:
        connection = ldap.initialize(self.uri)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, self.timeout)
        connection.set_option(ldap.OPT_TIMEOUT, self.timeout)
        connection.set_option(ldap.OPT_REFERRALS, 0)
        if self.ca_file:
            connection.set_option(ldap.OPT_X_TLS_CACERTFILE, self.ca_file)
            connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        if self.starttls:
            connection.start_tls_s()
        connection.simple_bind_s(self.bind_dn, self.password)
        return connection


class Session:
    """A connection that has been bound."""

    def __init__(
        self, ldap: Any, controls: Any, connection: Any, *, timeout: int
    ) -> None:
        self._ldap = ldap
        self._controls = controls
        self._connection = connection
        self._timeout = timeout

    def search(self, search: Search) -> Iterator[Entry]:
        """Yield the entries, page by page (RFC 2696)."""
        cookie: bytes | None = b""
        while cookie is not None:
            try:
                entries, cookie = self._page(search, cookie)
            except self._ldap.NO_SUCH_OBJECT:
                if search.may_lack:
                    return
                raise
            yield from entries

    def _page(self, search: Search, cookie: bytes) -> tuple[list[Entry], bytes | None]:
        # Not critical: a server that has no pages answers at once.
        paged = self._controls.SimplePagedResultsControl(
            criticality=False, size=PAGE, cookie=cookie
        )
        number = self._connection.search_ext(
            search.base,
            search.scope,
            search.filter,
            list(search.attributes),
            serverctrls=[paged],
        )
        _, data, _, answered = self._connection.result3(number, timeout=self._timeout)
        # A reference to another directory has no name of its own.
        entries = [attributes for name, attributes in data if name is not None]
        following = next(
            (c.cookie for c in answered if c.controlType == paged.controlType), b""
        )
        return entries, following or None


def values(entry: Entry, attribute: str) -> list[str]:
    """Return the values of an attribute, whose name is written in any case."""
    wanted = attribute.lower()
    return [
        value.decode("utf-8", "replace")
        for name, found in entry.items()
        # RFC 4512 §2.5: options such as ;lang-en may follow.
        if name.lower().partition(";")[0] == wanted
        for value in found
    ]


def escaped(value: str) -> str:
    """Return a value as it may stand in a filter (RFC 4515 §3)."""
    return value.translate(_ESCAPES)


def _said(error: Exception) -> str:
    found = error.args[0] if error.args else {}
    told = found if isinstance(found, dict) else {}
    parts = (str(told.get(name, "")) for name in ("desc", "info"))
    text = ": ".join(filter(None, parts)) or type(error).__name__
    return f"the directory says: {' '.join(text.split())[:300]}"
