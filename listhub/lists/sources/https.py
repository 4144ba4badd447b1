"""Kind `https`: a file on a web server, fetched over TLS within bounds."""

import base64
import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit

import psycopg
from typing_extensions import override

from listhub.config.fields import hide_passwords, shown
from listhub.errors import UsageError
from listhub.lists.sources import text
from listhub.lists.sources.kind import Field, Kind, number
from listhub.lists.sources.source import Found, Reader, SourceError

#: Octets; a larger file is no list of people.
_LARGEST = 200 << 20
#: Seconds of silence.
_PATIENCE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Https:
    """One file on a web server."""

    url: str
    seconds: int
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""

    def read(self, _conn: "psycopg.Connection[Any]") -> Iterator[Found]:
        """Yield the people of the file while it comes."""
        try:
            with self._open() as answer:
                bounded = _Bounded(answer, until=time.monotonic() + self.seconds)
                yield from text.read(bounded, name=hide_passwords(self.url))
        except (OSError, ssl.SSLError, http.client.HTTPException) as error:
            raise SourceError(_said(error)) from error

    def _open(self) -> IO[bytes]:
        tls = ssl.create_default_context(cafile=self.ca_file or None)
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=tls), _OnlyHttps
        )
        answer: IO[bytes] = opener.open(self._request(), timeout=_PATIENCE)
        return answer

    def _request(self) -> urllib.request.Request:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self.url, headers={"User-Agent": "ListHub", "Accept": "text/*, */*;q=0.1"}
        )
        if self.user:
            # RFC 7617 §2; not redirected: another host is not to learn it.
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {pair}")
        return request


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows no redirection that leaves TLS."""

    max_redirections = 5

    @override
    def redirect_request(
        self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str
    ) -> "urllib.request.Request | None":
        if urlsplit(newurl).scheme != "https":
            raise SourceError(f"the server sends on to {shown(newurl)}, without TLS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Bounded:
    """Reads until the time or the room is over."""

    def __init__(self, source: IO[bytes], *, until: float) -> None:
        self._source = source
        self._until = until
        self._left = _LARGEST

    def read(self, size: int, /) -> bytes:
        if time.monotonic() > self._until:
            raise SourceError("the server is too slow")
        found = self._source.read(size)
        # How many octets are still to come, if the server said so; read() does not
        # mind when they do not.
        if not found and getattr(self._source, "length", None):
            raise SourceError("the server's answer broke off")
        self._left -= len(found)
        if self._left < 0:
            raise SourceError(f"the file is larger than {_LARGEST >> 20} MB")
        return found


def _said(error: Exception) -> str:
    match error:
        case urllib.error.HTTPError(code=code, reason=reason):
            return f"the server answered {code} {str(reason)[:100]}"
        case urllib.error.URLError(reason=reason):
            return f"the server cannot be reached: {str(reason)[:200]}"
        case _:
            return f"the server's answer broke off: {str(error)[:200]}"


def _make(fields: Mapping[str, str], _list_id: int) -> Reader:
    url = fields["url"]
    parts = urlsplit(url) if url.isprintable() and " " not in url else None
    if parts is None or parts.scheme != "https" or not parts.hostname:
        raise UsageError(
            f"url is {shown(hide_passwords(url))}; it begins with https:// and a host."
        )
    if parts.username or parts.password:
        raise UsageError("url holds a user; use the fields user and password.")
    return Https(
        url=url,
        seconds=number(fields, "seconds", most=600),
        user=fields["user"],
        password=fields["password"],
        ca_file=fields["ca_file"],
    )


KIND = Kind(
    name="https",
    about="A file on a web server.",
    fields={
        "url": Field(about="where the file is; https only.", required=True),
        "user": Field(about="the user, if the server asks for one."),
        "password": Field(about="the user's password.", secret=True),
        "ca_file": Field(about="the certificates to trust, a file of each host."),
        "seconds": Field(about="the longest that it may take.", default="120"),
    },
    make=_make,
)
