"""What was asked: a request as plain values, read before anything is decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from listhub.web.door import cookies
from listhub.web.door.client import address_of, peer_of

#: Octets of a form without files, and of one with.
FORM = 1_000_000
UPLOAD = 20_000_000

#: More fields than any page of ours has: 10,000 ticked boxes are "all like this".
_FIELDS = 2_000

Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: fields of query and form are tuples, in their order."""

    method: str
    path: str
    #: What the path's {names} stand for.
    params: Mapping[str, str] = field(default_factory=dict)
    query: Fields = field(default_factory=dict)
    form: Fields = field(default_factory=dict)
    #: Files by the names of their fields: name and octets.
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: The headers as they came, where it matters that one came twice.
    header_lines: tuple[tuple[str, str], ...] = ()
    #: By their names without the prefix.
    cookies: Mapping[str, str] = field(default_factory=dict)
    #: The client's IP address, as told by a front server that is trusted.
    client: str = ""
    #: Who opened the connection: a front server, if there is one.
    peer: str = ""

    @property
    def local(self) -> str:
        """The path with its query, to come back to it."""
        pairs = [(name, v) for name, values in self.query.items() for v in values]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    @property
    def by_htmx(self) -> bool:
        """Whether the page's own script asks, and not a reader's browser."""
        return "hx-request" in self.headers

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return all headers of a name, in their order."""
        wanted = name.lower()
        return tuple(v for each, v in self.header_lines if each.lower() == wanted)

    def one(self, name: str, default: str = "") -> str:
        """Return a field of the form, or else of the query; the last one counts."""
        values = self.form.get(name) or self.query.get(name) or (default,)
        return values[-1]

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field of the form, or else of the query."""
        return self.form.get(name) or self.query.get(name) or ()

    def number(self, name: str, default: int = 0) -> int:
        """Return a field as a whole number that fits into a bigint, else `default`."""
        text = self.one(name)
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            return default
        return int(text)

    def number_of(self, name: str) -> int:
        """Return a {name} of the path as a number, 0 (which nothing has) for any other."""
        text = self.params.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return all values of a field that are whole numbers."""
        return tuple(
            int(text)
            for text in self.all(name)
            if text.isascii() and text.isdigit() and len(text) <= 18
        )


async def read(
    request: Request, *, trusted: tuple[str, ...], most: int, prefix: str
) -> Asked:
    """Return the request with its form; HTTPException 400 or 413 for a bad one.

    `trusted` are the front servers' networks; `most` is octets of the body, `prefix`
    that of our cookies.
    """
    form: dict[str, list[str]] = {}
    files: dict[str, tuple[str, bytes]] = {}
    if request.method not in {"GET", "HEAD"}:
        sent = await _form(request, most)
        try:
            for name, value in sent.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = (value.filename or "", await value.read())
                else:
                    form.setdefault(name, []).append(clean(value))
        finally:
            await sent.close()
    query: dict[str, list[str]] = {}
    for name, text in request.query_params.multi_items():
        query.setdefault(name, []).append(clean(text))
    return Asked(
        method=request.method,
        path=request.scope["path"],
        params={name: clean(str(v)) for name, v in request.path_params.items()},
        query={name: tuple(values) for name, values in query.items()},
        form={name: tuple(values) for name, values in form.items()},
        files=files,
        headers={name.lower(): value for name, value in request.headers.items()},
        header_lines=tuple(request.headers.items()),
        cookies=cookies.ours(request.cookies, prefix),
        client=address_of(request, trusted=trusted),
        peer=peer_of(request),
    )


async def _form(request: Request, most: int) -> FormData:
    try:
        length = int(request.headers.get("content-length", "0"))
    except ValueError:
        raise HTTPException(400) from None
    if length > most:
        raise HTTPException(413)
    limited = Request(request.scope, counted(request.receive, most))
    try:
        return await limited.form(max_files=4, max_fields=_FIELDS, max_part_size=most)
    except ClientDisconnect:
        raise HTTPException(400) from None


def counted(receive: Receive, most: int) -> Receive:
    """Count what comes in: a body in chunks announces no length; 413 for too much."""
    seen = 0

    async def received() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return received


def clean(text: str) -> str:
    """Return text that the database can hold: without NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
