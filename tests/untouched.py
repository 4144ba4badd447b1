"""Whether the parts of a message that nothing should touch are in its copy, bit for bit."""

import re
from collections.abc import Iterator

from listhub.mail import mime
from listhub.mail.html_places import places
from listhub.mail.mime import Part
from tests.leaving import Kind, Left
from tests.signing import on_the_wire

#: Found by octets: what looks for parts may be wrong about them.
SEALED = re.compile(
    rb"^Content-Type:\s*(?:multipart/(?:signed|encrypted)|application/(?:x-)?pkcs7-mime)"
    rb"|^-----BEGIN PGP (?:SIGNED )?MESSAGE",
    re.MULTILINE | re.IGNORECASE,
)
TEXTS = frozenset({"text/plain", "text/html"})


def missing(copy: Left, kind: Kind, original: bytes) -> Iterator[str]:
    """Say what is not there any more as it came, or as text where texts were put to it."""
    tree = mime.parse(original)
    if copy.mode == "notice":
        if copy.body.strip(b"\r\n"):
            yield "a notice with a body"
        return
    if _is_whole(copy, kind, tree) and copy.body != _wire(tree.body_bytes(), end=True):
        yield "the body is another one"
    sealed = bool(SEALED.search(original))
    kept, written = _sorted(copy, kind, tree, sealed=sealed)
    # An empty header is ended by what stands before it.
    content = b"\r\n" + copy.content
    for leaf in kept:
        if _wire(leaf.body) not in content:
            yield f"a part of type {leaf.kind} is not as it came"
    texts = [part.text or "" for part in mime.parse(copy.content).walk()]
    for leaf in written:
        if not any(_holds(text, leaf) for text in texts):
            yield f"a text of type {leaf.kind} is not all there"


def in_digest(copies: list[Left], original: bytes) -> bool:
    """Say whether the body of a post is in one of these digests."""
    body = _wire(mime.parse(original).body_bytes())
    return any(body in copy.content for copy in copies)


def _is_whole(copy: Left, kind: Kind, tree: Part) -> bool:
    return tree.is_sealed or (copy.mode == "each" and not kind.texts)


def _sorted(
    copy: Left, kind: Kind, tree: Part, *, sealed: bool
) -> tuple[list[Part], list[Part]]:
    """Return the leaves that stay as they are, and those with texts put to them."""
    leaves = [part for part in tree.walk() if not part.children]
    if copy.mode == "each" and kind.settings.get("footer_type") == "append":
        read = [leaf for leaf in leaves if _is_text(leaf)]
        return [leaf for leaf in leaves if leaf not in read], read
    if copy.mode == "each" or sealed:
        return leaves, []
    if copy.mode == "urlize":
        return [leaf for leaf in leaves if _is_text(leaf)], []
    return [], []


def _is_text(leaf: Part) -> bool:
    return leaf.kind in TEXTS and not leaf.is_attachment


def _holds(text: str, leaf: Part) -> bool:
    """Say whether a text has all of a leaf's, with something put in between perhaps."""
    old = leaf.text or ""
    top, bottom = places(old) if leaf.kind == "text/html" else (0, len(old))
    at = 0
    for piece in (old[:top], old[top:bottom], old[bottom:]):
        wanted = piece.replace("\r\n", "\n").strip("\n")
        at = text.replace("\r\n", "\n").find(wanted, at)
        if at < 0:
            return False
        at += len(wanted)
    return True


def _wire(body: bytes, *, end: bool = False) -> bytes:
    """Return octets as they are after a line end, with one of their own if wanted."""
    wired = on_the_wire(b"\r\n" + body)[2:]
    return wired if end or body.endswith(b"\n") else wired.removesuffix(b"\r\n")
