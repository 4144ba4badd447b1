"""What a mail brings along beside its text: names that are safe, and how it is named."""

import re
from dataclasses import dataclass

from listhub.i18n.formats import size
from listhub.mail.mime import Part

_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)
# Not in a name on some system, or not what it looks like: controls, and marks that turn
# the direction of writing, which make "exe.pdf" of "fdp.exe".
_UNSAFE = re.compile(
    r"[<>:\"|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
_LONGEST = 120
_LONGEST_ENDING = 16
_NAMELESS = "attachment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part taken out of a mail; its name can be that of a file."""

    name: str
    media_type: str
    content: bytes


def taken_out(part: Part) -> Attachment:
    """Return what a leaf holds; undecoded where its encoding is broken."""
    content = part.content
    return Attachment(
        name=safe_name(part.file_name),
        media_type=part.kind,
        content=part.body if content is None else content,
    )


def safe_name(name: str) -> str:
    """Return a file name without folders and tricks, of at most 120 characters."""
    name = _UNSAFE.sub("_", _FOLDERS.sub("", name)).strip(". ")
    if len(name) > _LONGEST:
        stem, dot, ending = name.rpartition(".")
        end = dot + ending if stem and len(ending) <= _LONGEST_ENDING else ""
        name = name[: _LONGEST - len(end)] + end
    return name or _NAMELESS


def described(part: Part, language: str) -> str:
    """Return a part's name, type and size as a person reads them."""
    content = part.content
    octets = size(len(part.body if content is None else content), language)
    if part.children:
        octets = size(len(part.body_bytes()), language)
    what = f"{part.kind}, {octets}".replace("\u00a0", " ")
    return f"{safe_name(part.file_name)} ({what})" if part.file_name else what
