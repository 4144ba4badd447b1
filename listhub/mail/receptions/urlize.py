"""Reception `urlize`: large attachments stay here, a link to each goes out."""

from listhub.i18n.text import N_, Text
from listhub.mail import mime
from listhub.mail.attachments import described, taken_out
from listhub.mail.draft import Draft
from listhub.mail.mime import Part
from listhub.mail.receptions.options import Options

_LINK = N_("An attachment has been kept on the server: %(what)s\n%(url)s")


def apply(draft: Draft, options: Options) -> None:
    """Replace attachments in multipart/mixed that are large enough by links to them."""
    tree = mime.parse(draft)
    changed = False
    for part in tree.walk():
        if part.kind != "multipart/mixed":
            continue
        for index, child in enumerate(part.children):
            if _large(child, options.min_size):
                part.children[index] = _link(
                    child, options, newline=part.headers.newline
                )
                changed = True
    if changed:
        draft.body = tree.body_bytes()


def _large(part: Part, min_size: int) -> bool:
    # A multipart without children is too deep or too broken to be known.
    if part.children or part.kind.startswith("multipart/") or part.is_sealed:
        return False
    if part.kind in {"text/plain", "text/html"} and not part.is_attachment:
        return False
    return len(part.body) >= min_size


def _link(part: Part, options: Options, *, newline: bytes) -> Part:
    url = options.store(taken_out(part))
    what = described(part, options.language)
    link = mime.parse(b"Content-Type: text/plain; charset=utf-8" + newline * 2)
    link.headers.add("Content-Disposition", "inline")
    link.set_text(Text(_LINK, what=what, url=url).into(options.language) + "\n")
    return link
