"""Every notice as it looks: rendered with the sample of its catalogue entry."""

from typing import Any

from listhub.lists.notices.notice import Notice, Place
from listhub.lists.notices.render import Original, render
from listhub.lists.notices.words import Words, write

PLACE = Place(
    domain="lists.example",
    list="dev",
    list_subject="The campus network",
    web="https://lists.example/listhub",
    timezone="Europe/Paris",
)
POST = (
    b"From: x@y.example\r\nTo: dev@lists.example\r\nSubject: A job offer\r\n"
    b"Message-ID: <one@y.example>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n"
    b"\r\nHello,\r\nI have a job for you.\r\n"
)

_ATTACHED = frozenset({"moderate", "send_auth", "archived"})


def words(notice: Notice[Any], *, language: str, place: Place = PLACE) -> Words:
    """Return the words of a notice with its sample."""
    return write(notice, notice.sample, place=place, language=language)


def mail(notice: Notice[Any], *, language: str, place: Place = PLACE) -> bytes:
    """Return a notice with its sample as a whole message."""
    return render(
        notice,
        notice.sample,
        place=place,
        to="ann@a.example",
        language=language,
        attached=[POST] if notice.name in _ATTACHED else [],
        original=Original(
            recipient=place.list_address,
            message_id="one@y.example",
            header=POST.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
        ),
    ).raw
