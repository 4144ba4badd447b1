"""Addresses: what is one, when two are the same, and where a header field holds them.

An address is kept as its owner wrote it; `key` is what is compared and looked up.
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

from listhub.mail import encoded_words

LOCAL_LIMIT, DOMAIN_LIMIT = 64, 255  # octets, RFC 5321 §4.5.3.1

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]"  # RFC 5321 §4.1.2, RFC 6531
_DOTTED = re.compile(rf"(?:{_ATEXT}|\.)+")
_MAILBOX = re.compile(
    rf'({_ATEXT}+(?:\.{_ATEXT}+)*|"(?:[^"\\]|\\[ -~])*")@([^@]+)', re.DOTALL
)
_ASCII_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_QUOTED_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*+"?|\(', re.DOTALL)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_PIECE = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*+"?)'
    r"|(?P<angle><[^<>]*+>?)"
    r"|(?P<comment>\()"
    r"|(?P<end>[,;])"
    r"|(?P<group>:)"
    r"|(?P<blank>\s++)"
    r'|(?P<word>[^"<(,;:\s]++)',
    re.DOTALL,
)
_ROUTE = re.compile(r"\A@[^:]*+:")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_A_LABEL = "xn--"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A valid mailbox of RFC 5321 and 6531, as written."""

    local: str
    domain: str

    @property
    def text(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def ascii(self) -> str | None:
        """The address for a peer without SMTPUTF8; None if the local part forbids it."""
        if not self.local.isascii():
            return None
        return f"{self.local}@{'.'.join(map(_a_label, self.domain.split('.')))}"


def parse_addr_spec(text: str) -> Address | None:
    """Return the mailbox that the whole text is, or None; no blanks, no brackets."""
    if len(text) > LOCAL_LIMIT + 1 + DOMAIN_LIMIT or not text.isprintable():
        return None
    match = _MAILBOX.fullmatch(text)
    if match is None:
        return None
    local, domain = match.groups()
    if len(local.encode()) > LOCAL_LIMIT or not _is_domain(domain):
        return None
    return Address(local=local, domain=domain)


def key(address: str) -> str:
    """Return the form under which addresses are compared; of any text, never raises.

    Trimmed, ASCII letters of the local part in lower case, needless quotes dropped,
    the domain in lower case with A-labels as U-labels (RFC 5890), all in NFC.
    """
    address = address.strip()
    if address.isascii() and '"' not in address and _A_LABEL not in address.lower():
        return address.lower()
    local, at, domain = address.rpartition("@")
    if not at:
        return unicodedata.normalize("NFC", address).translate(_ASCII_LOWER)
    if len(local) > 1 and local[0] == local[-1] == '"':
        content = _ESCAPE.sub(r"\1", local[1:-1])
        local = content if _DOTTED.fullmatch(content) else local
    local = unicodedata.normalize("NFC", local).translate(_ASCII_LOWER)
    return f"{local}@{'.'.join(map(_u_label, domain.split('.')))}"


def domain_of(address: str) -> str:
    """Return the domain of an address in the form of its key, "" without one."""
    return sort_key(address)[0]


def sort_key(address: str) -> tuple[str, str]:
    """Return (domain, local part) of the key: packets are built in this order."""
    local, at, domain = key(address).rpartition("@")
    return (domain, local) if at else ("", domain)


def mailboxes(value: bytes | str) -> tuple[tuple[str, str], ...]:
    """Return (display name, address) of each readable mailbox of an address field.

    Groups (RFC 6854) are opened; comments, missing brackets and other broken input
    are read as far as there is no doubt, and what is no address is left out.
    """
    text = encoded_words.plain(value) if isinstance(value, bytes) else value
    reader = _MailboxReader(text)
    return tuple(reader.read())


def strip_comments(text: str) -> str:
    """Return a structured field's value without its comments (RFC 5322 §3.2.2)."""
    pieces: list[str] = []
    position = kept = 0
    while match := _QUOTED_OR_COMMENT.search(text, position):
        position = match.end()
        if match[0] == "(":
            end = _comment_end(text, match.start())
            if end is None:
                break
            pieces.append(text[kept : match.start()])
            kept = position = end
    return "".join([*pieces, text[kept:]]).strip()


class _MailboxReader:
    """Read an address list in one pass; whatever does not close counts as text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._quotes = self._comments = True
        self._found: list[tuple[str, str]] = []
        self._clear()

    def _clear(self) -> None:
        self._runs: list[list[str]] = []  # what stands together without a blank
        self._apart = True
        self._angle: str | None = None
        self._comment = ""

    def read(self) -> list[tuple[str, str]]:
        position = 0
        while match := _PIECE.match(self._text, position):
            position = self._take(match)
        self._finish()
        return self._found

    def _take(self, match: re.Match[str]) -> int:
        """Take one piece and return where the next one starts."""
        piece, kind = match[0], match.lastgroup
        if kind == "end":
            self._finish()
        elif kind == "group":
            self._clear()
        elif kind == "blank":
            self._apart = True
        elif kind == "angle":
            self._angle = self._angle or piece.strip("<> \t")
            self._apart = True
        elif kind == "comment":
            return self._take_comment(match.start())
        elif kind == "quoted":
            return self._take_quoted(match)
        else:
            self._add(piece)
        return match.end()

    def _take_comment(self, start: int) -> int:
        end = _comment_end(self._text, start) if self._comments else None
        if end is None:
            self._comments = False
            return start + 1
        self._comment = self._comment or self._text[start + 1 : end - 1]
        self._apart = True
        return end

    def _take_quoted(self, match: re.Match[str]) -> int:
        closed = len(match[0]) > 1 and match[0][-1] == '"' and self._quotes
        if not closed:
            self._quotes = False
            return match.start() + 1
        self._add(match[0])
        return match.end()

    def _add(self, piece: str) -> None:
        # RFC 5322 §4.4: blanks around "@" and "." in an address are obsolete syntax.
        glued = self._runs and (
            piece[0] in "@." or self._runs[-1][-1][-1] in "@." or not self._apart
        )
        if glued:
            self._runs[-1].append(piece)
        else:
            self._runs.append([piece])
        self._apart = False

    def _finish(self) -> None:
        words = ["".join(run) for run in self._runs]
        angle, comment = self._angle, self._comment
        self._clear()
        if angle is None:
            addresses = [word for word in words if "@" in word]
            if len(addresses) != 1:
                return
            angle = addresses[0]
            words.remove(angle)
        address = _mended(_ROUTE.sub("", angle, count=1))
        if address is not None:
            display = " ".join(map(_unquoted, words)) or comment
            self._found.append((_decoded(display), address.text))


def _comment_end(text: str, start: int) -> int | None:
    depth = 0
    for match in _PARENTHESIS.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return None


def _unquoted(word: str) -> str:
    if len(word) > 1 and word[0] == word[-1] == '"':
        return _ESCAPE.sub(r"\1", word[1:-1])
    return word


def _decoded(display: str) -> str:
    return encoded_words.decode(display.encode(errors="replace")).strip()


def _mended(text: str) -> Address | None:
    """Some providers gave out local parts with dots in a row: they need quotes."""
    address = parse_addr_spec(text)
    local, _, domain = text.rpartition("@")
    if address is None and _DOTTED.fullmatch(local):
        return parse_addr_spec(f'"{local}"@{domain}')
    return address


def _is_domain(domain: str) -> bool:
    if len(domain.encode()) > DOMAIN_LIMIT:
        return False
    if domain[0] == "[":
        return domain[-1] == "]" and _is_literal(domain[1:-1])
    return all(map(_is_label, domain.split(".")))


def _is_literal(text: str) -> bool:
    """RFC 5321 §4.1.3."""
    try:
        if text[:5].lower() == "ipv6:":
            return bool(ipaddress.IPv6Address(text[5:]).packed)
        return bool(ipaddress.IPv4Address(text).packed)
    except ValueError:
        return False


def _is_label(label: str) -> bool:
    if not label.isascii() and not all(
        c == "-" or unicodedata.category(c)[0] in "LMN" for c in label
    ):
        return False
    return _ASCII_LABEL.fullmatch(_a_label(label)) is not None


def _a_label(label: str) -> str:
    label = _lower(label)
    if label.isascii():
        return label
    return _A_LABEL + label.encode("punycode", "replace").decode()


def _u_label(label: str) -> str:
    """IDNA without a table: only what comes back unchanged is read as a U-label."""
    label = _lower(label)
    if not label.startswith(_A_LABEL) or not _ASCII_LABEL.fullmatch(label):
        return label
    try:
        text = label.removeprefix(_A_LABEL).encode().decode("punycode")
    except ValueError:
        return label
    if text.isascii() or not text.isprintable() or _lower(text) != text:
        return label
    return text if _a_label(text) == label else label


def _lower(label: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).lower())
