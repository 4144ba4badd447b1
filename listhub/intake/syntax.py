"""The words of LMTP: reply lines, and the paths and parameters of MAIL and RCPT.

Pure; the state machine is in session.py.  Reading is lenient where real MTAs differ
(a blank after the colon, a source route, 8-bit addresses) and strict where a slip
would change what is stored (control characters, a path that does not end).
"""

from collections.abc import Mapping
from dataclasses import dataclass

#: RFC 5321 §4.5.3.1.3 asks for 256 octets; signed VERP paths of others are longer.
LONGEST_PATH = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One reply: SMTP code, enhanced status (RFC 3463) and one sentence."""

    code: int
    enhanced: str
    text: str

    @property
    def accepted(self) -> bool:
        return self.code < 400

    def line(self) -> bytes:
        """Return the reply as one line of the wire."""
        text = " ".join(self.text.split())
        return f"{self.code} {self.enhanced} {text}\r\n".encode()


def reply(code: int, enhanced: str, text: str) -> Reply:
    """Make a reply."""
    return Reply(code=code, enhanced=enhanced, text=text)


class PathError(ValueError):
    """The argument of MAIL or RCPT cannot be read; `reply` says why."""

    def __init__(self, refusal: Reply) -> None:
        super().__init__(refusal.text)
        self.reply = refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Path:
    """An address as written, without its angle brackets, and its parameters."""

    address: str
    parameters: Mapping[str, str]


def read_path(argument: bytes, *, keyword: bytes) -> Path:
    """Read `FROM:<path> KEY=VALUE…` (RFC 5321 §4.1.2); PathError if it is none."""
    if argument[: len(keyword)].upper() != keyword:
        name = keyword.decode().rstrip(":")
        raise PathError(_bad("5.5.4", f"Expected {name}:<address>."))
    written, rest = _split(argument[len(keyword) :].lstrip(b" "))
    # RFC 3463 §3.2: what is wrong with a sender is x.1.7, with a recipient x.1.3.
    bad_address = "5.1.7" if keyword == b"FROM:" else "5.1.3"
    if len(written) > LONGEST_PATH:
        raise PathError(_bad(bad_address, "The address is too long."))
    address = _decode(_without_route(written))
    if not address.isprintable():
        raise PathError(_bad(bad_address, "The address holds a control character."))
    return Path(address=address, parameters=_parameters(rest))


def _split(text: bytes) -> tuple[bytes, bytes]:
    """Return what stands in the angle brackets, and what follows them."""
    if not text.startswith(b"<"):
        raise PathError(_bad("5.5.4", "Put the address into angle brackets."))
    # The plain case first: no quoted string can hide a bracket.
    if b'"' not in text:
        written, end, rest = text[1:].partition(b">")
        if not end:
            raise PathError(_bad("5.5.4", "The address lacks its closing bracket."))
        return written, rest
    quoted = escaped = False
    for at, octet in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and octet == 0x5C:  # backslash
            escaped = True
        elif octet == 0x22:  # quote
            quoted = not quoted
        elif octet == 0x3E and not quoted:  # >
            return text[1:at], text[at + 1 :]
    raise PathError(_bad("5.5.4", "The address lacks its closing bracket."))


def _without_route(path: bytes) -> bytes:
    """Drop a source route: RFC 5321 §4.1.1.3 says to ignore it."""
    if path.startswith(b"@") and b":" in path:
        return path.partition(b":")[2]
    return path


def _decode(path: bytes) -> str:
    try:
        return path.decode()
    except UnicodeDecodeError as error:
        # RFC 6531 §3.3: what is not ASCII is UTF-8.
        raise PathError(_bad("5.6.7", "The address is not valid UTF-8.")) from error


def _parameters(rest: bytes) -> Mapping[str, str]:
    if not rest:
        return {}
    if not rest.startswith(b" "):
        raise PathError(_bad("5.5.4", "Expected a blank after the address."))
    found = {}
    for word in rest.split():
        key, _, value = word.decode("ascii", "replace").partition("=")
        found[key.upper()] = value
    return found


def _bad(enhanced: str, text: str) -> Reply:
    code = 553 if enhanced.startswith(("5.1", "5.6")) else 501
    return Reply(code=code, enhanced=enhanced, text=text)
