"""The text of a message: what a person reads of it, in whatever charset it came."""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from charset_normalizer import from_bytes

from listhub.mail import charsets
from listhub.mail.attachments import safe_name
from listhub.mail.flowed import unflowed
from listhub.mail.html_text import html_to_text
from listhub.mail.mime import Part

#: Characters of a message that are searched; more of them are data rather than words,
#: and PostgreSQL's limit of a megabyte for the words of a row is then out of reach.
LONGEST = 100_000

_MOST_FILES = 100
#: What mail without a declared charset is written in, by far the likeliest first.
_USUAL = [
    *("cp1252", "cp1251", "koi8_r", "cp1250", "iso8859_2", "iso8859_7"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
]
_ENOUGH = 20_000  # octets to detect a charset by
#: Below so many octets any guess is as good as any other.
_TOO_FEW = 32


_CMS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ARMOUR = b"-----BEGIN PGP MESSAGE-----"


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """What is searched in."""

    content: str
    files: tuple[str, ...]  #: the names of attachments


def read(tree: Part) -> Text:
    """Return the text and the names of the files; of an encrypted mail no text."""
    pieces: list[str] = []
    left = LONGEST
    for part in readable(tree):
        if left <= 0:
            break
        piece = plain_text(part)[:left]
        pieces.append(piece)
        left -= len(piece)
    names = [safe_name(part.file_name) for part in attached(tree)]
    return Text(content="\n".join(pieces), files=tuple(names[:_MOST_FILES]))


def is_encrypted(tree: Part) -> bool:
    """Say whether only its receivers can read the message (RFC 1847, RFC 8551)."""
    if tree.kind in _CMS:
        return tree.parameters.get("smime-type", "").lower() != "signed-data"
    if tree.kind == "text/plain":
        return _ARMOUR in tree.body
    return tree.kind == "multipart/encrypted"


def readable(tree: Part) -> Iterator[Part]:
    """Give the leaves that are read at once; of alternatives the plainest."""
    if tree.kind == "multipart/encrypted":
        return
    if tree.kind == "multipart/alternative" and tree.children:
        plain = [child for child in tree.children if _is_plain(child)]
        yield from readable((plain or tree.children)[0])
        return
    if tree.children:
        for child in tree.children:
            yield from readable(child)
    elif tree.kind in {"text/plain", "text/html"} and not tree.is_attachment:
        yield tree


def attached(tree: Part) -> Iterator[Part]:
    """Give the leaves that are files: what has a name, or is nothing to read at once."""
    for part in tree.walk():
        if part.children:
            continue
        if part.is_attachment or not part.kind.startswith(("text/", "multipart/")):
            yield part


def plain_text(part: Part) -> str:
    """Return a leaf of text as plain text, lines ended by LF."""
    text = decoded(part)
    if part.kind == "text/html":
        return html_to_text(text)
    return unflowed(text.replace("\r\n", "\n"), part.flow)


def decoded(part: Part) -> str:
    """Return a leaf's text by its declared charset, or by what its octets look like.

    Without NUL and lone surrogates, which neither a page nor a database can hold.
    """
    text = part.text
    if text is None:
        octets = content(part)
        codec = part.codec
        if codec in charsets.WIDE:
            # What MIME allows in binary only comes in other encodings, too.
            text = octets.removeprefix(charsets.mark(codec)).decode(codec, "replace")
        else:
            text = _detected(octets)
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def content(part: Part) -> bytes:
    """Return a leaf's octets, as far as its transfer encoding is valid."""
    found = part.content
    if found is not None:
        return found
    if part.encoding == "quoted-printable":
        return binascii.a2b_qp(part.body)
    if part.encoding == "base64":
        kept = bytes(octet for octet in part.body if octet in _BASE64)
        return binascii.a2b_base64(kept[: len(kept) // 4 * 4])
    return part.body


_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def _detected(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        pass
    if len(octets) >= _TOO_FEW:
        best = from_bytes(octets[:_ENOUGH], cp_isolation=_USUAL).best()
        codec = charsets.codec(best.encoding) if best else None
        if codec:
            return octets.decode(codec, "replace")
    return octets.decode("cp1252", "replace")


def _is_plain(part: Part) -> bool:
    return part.kind == "text/plain" or (
        bool(part.children) and any(_is_plain(child) for child in part.children)
    )
