"""Named filters that ask a directory: search_filters/NAME.ldap.

    host    ldap.example.org:636
    suffix  ou=people,dc=example,dc=org
    filter  (&(objectClass=person)(mail=[sender]))

Values of variables are escaped (RFC 4515 §3).  The filter finds somebody if there is an
entry.  python-ldap is needed; it is optional, since it is built against OpenLDAP.
"""

import importlib
from dataclasses import dataclass, field
from typing import Any

from listhub.config import Settings
from listhub.outside import filter_file
from listhub.outside.answers import Answer
from listhub.outside.filter_file import FilterError, Hit, Value

_KNOWN = {
    "host": True,
    "suffix": True,
    "filter": True,
    "scope": False,
    "deref": False,
    "bind_dn": False,
    "bind_password": False,
    "use_tls": False,
    "ca_file": False,
    "timeout": False,
}
_SCOPES = {"base": 0, "one": 1, "sub": 2}
_DEREFERENCES = {"never": 0, "search": 1, "find": 2, "always": 3}
_ENCRYPTIONS = ("none", "starttls", "ldaps")
#: RFC 4515 §3: these stand for something in a filter.
_ESCAPES = str.maketrans(
    {"\\": r"\5c", "*": r"\2a", "(": r"\28", ")": r"\29", "\0": r"\00"}
)
_TIMEOUT = 10  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapFilter:
    """One search in one directory, its variables filled in."""

    uri: str
    suffix: str
    filter: str
    scope: int = 2
    dereference: int = 0
    starttls: bool = False
    ca_file: str = ""
    bind_dn: str = ""
    #: Not in logs.
    bind_password: str = field(default="", repr=False)
    timeout: int = _TIMEOUT

    def answer(self, _settings: Settings) -> Answer[Hit]:
        """Ask the directory; what goes wrong there is in the hit, and asked again soon."""
        try:
            found = self._search(importlib.import_module("ldap"))
        except ImportError:
            text = "a filter asks a directory; install python-ldap for that"
        except Exception as error:  # noqa: BLE001 - python-ldap's are of one family, unknown here
            text = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        else:
            return Answer(value=Hit(found=found), keep=filter_file.KEEP)
        return Answer(value=Hit(error=text), keep=filter_file.KEEP_FAILURE)

    def _search(self, ldap: Any) -> bool:
        connection = ldap.initialize(self.uri)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, self.timeout)
        connection.set_option(ldap.OPT_TIMEOUT, self.timeout)
        connection.set_option(ldap.OPT_DEREF, self.dereference)
        if self.ca_file:
            connection.set_option(ldap.OPT_X_TLS_CACERTFILE, self.ca_file)
            connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        try:
            if self.starttls:
                connection.start_tls_s()
            connection.simple_bind_s(self.bind_dn, self.bind_password)
            found = connection.search_ext_s(
                self.suffix, self.scope, self.filter, ["1.1"], sizelimit=10
            )
            # A reference to another directory has no name of its own.
            return any(name is not None for name, _ in found)
        except ldap.SIZELIMIT_EXCEEDED:
            return True
        finally:
            connection.unbind_s()


def escaped(value: str) -> str:
    """Return a value as it may stand in a filter (RFC 4515 §3)."""
    return value.translate(_ESCAPES)


def question(text: str, value: Value) -> LdapFilter:
    """Return what a filter's file asks, with its variables; FilterError if it is broken."""
    found = filter_file.read(text, known=_KNOWN)
    encryption = _one_of(_ENCRYPTIONS, found.get("use_tls", "none"), "use_tls")
    timeout = found.get("timeout", str(_TIMEOUT))
    if not timeout.isdecimal() or not 0 < int(timeout) <= 60:
        raise FilterError("timeout is not a whole number of seconds from 1 to 60")
    scheme = "ldaps" if encryption == "ldaps" else "ldap"
    host = found["host"].split(",")[0].strip()
    scope = _one_of(_SCOPES, found.get("scope", "sub"), "scope")
    dereference = _one_of(_DEREFERENCES, found.get("deref", "never"), "deref")
    return LdapFilter(
        uri=host if "://" in host else f"{scheme}://{host}",
        suffix=found["suffix"],
        filter=filter_file.VARIABLE.sub(
            lambda match: escaped(value(match[0])), found["filter"]
        ),
        scope=_SCOPES[scope],
        dereference=_DEREFERENCES[dereference],
        starttls=encryption == "starttls",
        ca_file=found.get("ca_file", ""),
        bind_dn=found.get("bind_dn", ""),
        bind_password=found.get("bind_password", ""),
        timeout=int(timeout),
    )


def _one_of(known: "tuple[str, ...] | dict[str, int]", value: str, name: str) -> str:
    if value.lower() not in known:
        raise FilterError(f"{name} is one of {', '.join(known)}, not {value}")
    return value.lower()
