"""One readable part of a post, in the place of all of them.

Of an alternative one child is taken, of a related multipart the page; texts that stand
one after another are joined.  What else there was is named below the text.
"""

from dataclasses import dataclass, field

from listhub.i18n.text import N_, Text as Words
from listhub.mail import mime
from listhub.mail.attachments import described
from listhub.mail.draft import Draft
from listhub.mail.flowed import unflowed
from listhub.mail.html_text import html_to_text
from listhub.mail.mime import Part
from listhub.mail.transforms.decorate import Text, decorate

_DEEPEST = 4  # levels of multiparts, as Sympa looks for the text
_TEXTS = ("text/plain", "text/html")
_LEFT_OUT = N_("Left out: %(what)s")


@dataclass(slots=True)
class _Found:
    texts: list[Part] = field(default_factory=list)
    left: list[Part] = field(default_factory=list)


def make_single(draft: Draft, wanted: str, *, language: str) -> None:
    """Leave one text of the wanted type, or of the other one if there is none.

    Where plain text is wanted, HTML is written as one.  A post that is such a text
    already stays as it is, and so does one that is too broken to be looked into.
    """
    tree = mime.parse(draft.copy())
    newline = tree.headers.newline
    found = _Found()
    _look(tree, wanted, found, level=0)
    first, *others = found.texts or [_as_plain("", newline=newline)]
    broken = tree.kind.startswith("multipart/") and not tree.children
    if broken or (first is tree and wanted in {first.kind, "text/html"}):
        return
    if wanted == "text/plain" and first.kind == "text/html":
        first = _as_plain(readable(first), newline=newline)
    _become(draft, first)
    below = [readable(part) for part in others]
    named = [
        Words(_LEFT_OUT, what=described(part, language)).into(language)
        for part in found.left
    ]
    added = "\n\n".join(text for text in [*below, "\n".join(named)] if text.strip())
    if added:
        _add(draft, added)


def without_content_fields(draft: Draft) -> None:
    """Remove the fields that say what the body is."""
    names = {f.name for f in draft.headers.fields if f.name.startswith(b"content-")}
    draft.headers.remove(*(name.decode() for name in names))


def readable(part: Part) -> str:
    """Return the text of a part as plain text, as far as it can be read."""
    if part.children:
        return next((readable(p) for p in part.walk() if p.kind in _TEXTS), "")
    text = part.text
    if text is None:
        content = part.body if part.content is None else part.content
        text = _guessed(content, part.codec or "ascii")
    if part.kind == "text/html":
        return html_to_text(text)
    return unflowed(text, part.flow)


def _guessed(content: bytes, codec: str) -> str:
    """Return text whose charset is not known, or not true: it is hardly UTF-8 by chance."""
    if codec == "ascii":
        try:
            return content.decode()
        except ValueError:
            codec = "latin_1"
    return content.decode(codec, "replace")


def _look(part: Part, wanted: str, found: _Found, *, level: int) -> None:
    """Sort what a part holds: texts to keep in the order of reading, and the rest."""
    is_text = part.kind in _TEXTS and (level == 0 or not part.is_attachment)
    if not part.children and is_text:
        found.texts.append(part)
    elif not part.children or level == _DEEPEST:
        found.left += [part] if part.body_bytes() else []
    elif part.kind == "multipart/alternative":
        chosen = _best(part.children, wanted)
        _look(chosen, wanted, found, level=level + 1)
        spurned = (child for child in part.children if child is not chosen)
        found.left += [p for child in spurned for p in child.walk() if p.is_attachment]
    elif part.kind != "multipart/related":
        for child in part.children:
            _look(child, wanted, found, level=level + 1)
    elif wanted == "text/html" and _has(part, wanted):
        found.texts.append(part)
    else:
        # What a page shows is not worth a word to those who read text.
        _look(part.children[0], wanted, found, level=level + 1)


def _best(children: list[Part], wanted: str) -> Part:
    """Return the child of an alternative that has what is wanted, or else any text."""
    for kind in (wanted, *_TEXTS):
        for child in children:
            if _has(child, kind):
                return child
    return children[0]


def _has(part: Part, kind: str) -> bool:
    return any(p.kind == kind and not p.is_attachment for p in part.walk())


def _become(draft: Draft, part: Part) -> None:
    without_content_fields(draft)
    for given in part.headers.fields:
        if given.name.startswith(b"content-"):
            draft.headers.add(given.name.decode().title(), given.value)
    if not draft.headers.get("MIME-Version"):
        draft.headers.replace("MIME-Version", "1.0")
    draft.body = part.body_bytes()


def _as_plain(text: str, *, newline: bytes) -> Part:
    part = mime.parse(b"Content-Type: text/plain; charset=utf-8" + newline * 2)
    part.set_text(text)
    return part


def _add(draft: Draft, added: str) -> None:
    tree = mime.parse(draft.copy())
    if tree.kind == "text/plain" and tree.text is None:
        # Nothing can be put to a text that cannot be read: as much as can be, then.
        _become(draft, _as_plain(readable(tree), newline=draft.headers.newline))
    decorate(draft, footer=Text(text=added), mode="append")
