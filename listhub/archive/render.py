"""A message as a page may show it: safe HTML, its files, and who wrote it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from listhub.archive import html_page, plain_page, texts
from listhub.archive.filing import date_of
from listhub.archive.hiding import hide
from listhub.mail import encoded_words, mime
from listhub.mail.address import mailboxes
from listhub.mail.attachments import safe_name
from listhub.mail.mime import Part

_MOST_PARTS = 50  # that are shown one below the other
_MOST_FILES = 200
_SAFE_IMAGES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
REMOTE = 'data-remote-src="'


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """Who reads, and where things are."""

    #: Whether the reader may see addresses; those who did not log in may not.
    addresses: bool
    #: The address of a message's file, by its number.
    file_url: Callable[[int], str]
    #: Whether HTML is shown where there is plain text as well.
    html: bool = False
    #: What stands on a folded quote, in the reader's language.
    quoted: str = "Quoted text"


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file that came with a message; `number` is its place in it."""

    number: int
    name: str
    media_type: str
    size: int  #: octets
    inline: bool  #: an image that the text shows


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """What a page needs; all is plain text but `body`, which is safe HTML."""

    subject: str
    author: str  #: name or address, as far as the reader may see it
    address: str  #: "" if the reader may not see it
    sent_at: datetime
    body: str
    files: tuple[File, ...]
    #: How many images elsewhere it would load if the reader said so.
    remote_images: int
    has_html: bool  #: it can be shown as HTML and as text
    encrypted: bool
    cut: bool  #: it is too long to be shown as a whole


def render(raw: bytes, view: View, *, received_at: datetime) -> Rendered:
    """Return what a page shows of any message."""
    tree = mime.parse(raw)
    shown = list(_shown(tree, html=view.html))
    leaves = {id(part): number for number, part in enumerate(_leaves(tree))}
    images = _images(tree, leaves)
    pieces = [_piece(part, view, images) for part in shown[:_MOST_PARTS]]
    body = "\n".join(pieces)
    name, address = _author(tree)
    if not view.addresses:
        name, address = hide(name), ""
    return Rendered(
        subject=_seen(tree.headers.text("Subject"), view),
        author=name,
        address=address,
        sent_at=date_of(tree.headers, received_at),
        body=body,
        files=_files(tree, leaves, shown),
        remote_images=body.count(REMOTE),
        has_html=any(
            p.kind == "text/html" and not p.is_attachment for p in tree.walk()
        ),
        encrypted=texts.is_encrypted(tree),
        cut=len(shown) > _MOST_PARTS or any(map(_is_long, shown)),
    )


def file(raw: bytes, number: int) -> tuple[File, bytes] | None:
    """Return a file of a message and what it holds, None if there is no such file."""
    for place, part in enumerate(_leaves(mime.parse(raw))):
        if place == number:
            return _file(part, number), texts.content(part)
    return None


def with_remote_images(body: str) -> str:
    """Return a rendered body whose reader has asked to load what is elsewhere.

    Only a page whose Content-Security-Policy allows it will.
    """
    return body.replace(f" {REMOTE}", ' referrerpolicy="no-referrer" src="')


def _shown(tree: Part, *, html: bool) -> Iterator[Part]:
    """Give the leaves of text in the order in which they are read."""
    if tree.kind == "multipart/encrypted":
        return
    if tree.kind == "multipart/alternative" and tree.children:
        yield from _shown(_chosen(tree.children, html=html), html=html)
    elif tree.kind == "multipart/related" and tree.children:
        # RFC 2387 §3.2: the first is what the others belong to.
        yield from _shown(tree.children[0], html=html)
    elif tree.children:
        for child in tree.children:
            yield from _shown(child, html=html)
    elif tree.kind in {"text/plain", "text/html"} and not tree.is_attachment:
        yield tree


def _chosen(children: list[Part], *, html: bool) -> Part:
    wanted = "text/html" if html else "text/plain"
    fitting = [
        child for child in children if any(p.kind == wanted for p in child.walk())
    ]
    return (fitting or children)[0]


def _piece(part: Part, view: View, images: dict[str, int]) -> str:
    text = texts.decoded(part)
    if part.kind == "text/html":

        def image(content_id: str) -> str | None:
            number = images.get(content_id.strip("<>"))
            return None if number is None else view.file_url(number)

        page = html_page.render(
            text, images=image, addresses=view.addresses, quoted=view.quoted
        )
        return f'<div class="html">{page}</div>'
    return plain_page.render(
        text, flow=part.flow, addresses=view.addresses, quoted=view.quoted
    )


def _images(tree: Part, leaves: dict[int, int]) -> dict[str, int]:
    """Return the numbers of images that HTML names by their Content-ID (RFC 2392)."""
    found: dict[str, int] = {}
    for part in _leaves(tree):
        content_id = part.headers.text("Content-ID").strip().strip("<>")
        if content_id and part.kind in _SAFE_IMAGES:
            found.setdefault(content_id, leaves[id(part)])
    return found


def _files(tree: Part, leaves: dict[int, int], shown: list[Part]) -> tuple[File, ...]:
    seen = {id(part) for part in shown}
    files = [
        _file(part, leaves[id(part)])
        for part in _leaves(tree)
        if id(part) not in seen and _is_file(part)
    ]
    return tuple(files[:_MOST_FILES])


def _is_file(part: Part) -> bool:
    return part.is_attachment or part.kind not in {"text/plain", "text/html"}


def _file(part: Part, number: int) -> File:
    return File(
        number=number,
        name=safe_name(part.file_name),
        media_type=part.kind,
        size=len(texts.content(part)),
        inline=bool(part.headers.get("Content-ID")) and part.kind in _SAFE_IMAGES,
    )


def _leaves(tree: Part) -> Iterator[Part]:
    return (part for part in tree.walk() if not part.children)


def _is_long(part: Part) -> bool:
    most = html_page.LONGEST_PAGE if part.kind == "text/html" else plain_page.LONGEST
    return len(texts.decoded(part)) > most


def _author(tree: Part) -> tuple[str, str]:
    found = mailboxes((tree.headers.get("From") or b"")[:10_000])
    if not found:
        return "", ""
    name, address = found[0]
    return encoded_words.safe(name) or address, address


def _seen(text: str, view: View) -> str:
    return text if view.addresses else hide(text)
