"""A list with an archive, and a browser to read it with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from listhub.config import Web
from listhub.mail.transforms.context import permalink
from tests.archived import file_posts, post
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client, Seen

URL = "http://www.lists.example"
DEV = f"/archive/dev@{DOMAIN}"
ANN, BOB, OWNER = "ann@a.example", "bob@b.example", "owner@o.example"
DAY = 24.0

_MESSAGE = re.compile(rf"{re.escape(DEV)}/[\w-]{{20}}")


def at(name: str, *more: str) -> str:
    """Return the path of the message whose Message-ID is `name`@m."""
    return "/".join([DEV, permalink(f"{name}@m"), *more])


@contextmanager
def browser(rooms: Rooms) -> Iterator[Client]:
    """Open a browser on the site, which has an address."""
    with Client(replace(rooms.host.settings, web=Web(url=URL))) as client:
        yield client


def fill(rooms: Rooms, *posts: bytes, access: str = "public", **settings: Any) -> int:
    """Make a list with a member, an owner and an archive; return its number."""
    list_id = rooms.add_list(
        members=[ANN], owners=[OWNER], archive_web_access=access, **settings
    )
    given = posts or (
        post("q", subject="Question", body="How do camels drink? bob@b.example knows."),
        post("r1", subject="Re: Question", hours=1, refs=["q"], body="> a\r\nSlowly."),
        post("r2", subject="Re: Question", hours=2, refs=["q", "r1"]),
        post("other", subject="Other <b>news</b>", hours=DAY * 40),
    )
    file_posts(rooms.conn, list_id, given)
    rooms.conn.commit()
    return list_id


def found(page: Seen) -> list[str]:
    """Return the messages that a page links to, in its order."""
    return [each for each in page.links() if _MESSAGE.fullmatch(each)]


def with_file(
    name: str, content: bytes, encoded: str, kind: str = "application/octet-stream"
) -> bytes:
    """Return a post with a file, whose name is percent-encoded."""
    head = "Content-Type: multipart/mixed; boundary=b\r\n"
    start = (
        "--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n"
        f"--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment;\r\n"
        f" filename*=utf-8''{encoded}\r\n\r\n"
    ).encode()
    raw = post(name, head=head, body="BODY").removesuffix(b"BODY\r\n")
    return raw + start + content + b"\r\n--b--\r\n"
