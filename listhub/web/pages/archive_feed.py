"""The newest posts of an archive as an Atom feed, for programs that ask again and again."""

from datetime import UTC
from email.utils import format_datetime
from hashlib import sha256

from starlette.responses import Response

from listhub.archive import browse
from listhub.archive.feed import Feed, atom
from listhub.web.door.answer import Answer
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.archive_reader import reader

_ENTRIES = 30
#: Seconds for which programs and caches need not ask again.
_FRESH = 300


def feed(visit: Visit) -> Answer:
    """Give the feed, or 304 to a program that has it already."""
    found = reader(visit)
    entries = browse.latest(visit.conn, visit.list.id, limit=_ENTRIES)
    content = atom(
        Feed(
            title=found.list_settings.subject or visit.list.address,
            url=visit.settings.web.url.rstrip("/") + found.path(),
            entries=entries,
        ),
        addresses=found.addresses,
    )
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        # Not for caches that many share: a scenario may ask where somebody is.
        "Cache-Control": f"private, max-age={_FRESH}",
        "Vary": "Cookie",
        "X-Robots-Tag": "noindex",
    }
    if entries:
        newest = max(each.archived_at for each in entries)
        headers["Last-Modified"] = format_datetime(newest.astimezone(UTC), usegmt=True)
    if tag in visit.asked.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/atom+xml")


PAGES = (Page(path="/archive/{list}/feed.atom", need=Need.SCENARIO, get=feed),)
