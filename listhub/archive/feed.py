"""An archive's newest posts as an Atom feed (RFC 4287)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from listhub.archive.browse import Entry
from listhub.archive.hiding import hide

_ATOM = "http://www.w3.org/2005/Atom"
# XML 1.0 §2.2: what no document can hold, not even escaped.
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What the feed is of; `url` is the address of the list's archive."""

    title: str
    url: str
    entries: Sequence[Entry]


def atom(feed: Feed, *, addresses: bool) -> bytes:
    """Return the document in UTF-8; `addresses`: whether the reader may see them.

    An entry's id is its permalink's address: it stays when the archive is built anew.
    """
    base = feed.url.rstrip("/")
    root = ET.Element("feed", xmlns=_ATOM)
    _text(root, "id", f"{base}/")
    _text(root, "title", feed.title)
    _text(root, "updated", _moment(_newest(feed.entries)))
    ET.SubElement(root, "link", href=f"{base}/")
    ET.SubElement(root, "link", rel="self", href=f"{base}/feed.atom")
    for each in feed.entries:
        _entry(root, each, base=base, addresses=addresses)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(root: ET.Element, each: Entry, *, base: str, addresses: bool) -> None:
    entry = ET.SubElement(root, "entry")
    url = f"{base}/{each.permalink}"
    name = each.author_name or each.author
    subject = each.subject
    if not addresses:
        name, subject = hide(name), hide(subject)
    _text(entry, "id", url)
    _text(entry, "title", subject)
    _text(entry, "updated", _moment(each.archived_at))
    _text(entry, "published", _moment(each.sent_at))
    ET.SubElement(entry, "link", href=url)
    author = ET.SubElement(entry, "author")
    # RFC 4287 §3.2: an author has a name, whatever we know of it.
    _text(author, "name", name or "?")


def _newest(entries: Sequence[Entry]) -> datetime:
    return max((each.archived_at for each in entries), default=_EPOCH)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NO_XML.sub("\ufffd", text)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
