"""Attachments by their links: kept once, fetched as files, never shown as pages."""

from dataclasses import replace

import pytest

from listhub.config import Database, Settings, Web
from listhub.errors import PermanentError
from listhub.lists import attachments
from listhub.mail.attachments import Attachment
from tests.rooms import Rooms
from tests.spool.web.test_app import get

URL = "https://lists.example/hub"
CONTENT = b"%PDF-1.7 and the rest\r\n\0"


def with_web(rooms: Rooms) -> Settings:
    return replace(rooms.host.settings, web=Web(url=URL))


def store(
    rooms: Rooms,
    *,
    name: str = "plan.pdf",
    media_type: str = "application/pdf",
    content: bytes = CONTENT,
    message_id: str = "one@a.example",
) -> str:
    """Keep an attachment; return the path of its link within the web pages."""
    url = attachments.store(
        rooms.conn,
        Attachment(name=name, media_type=media_type, content=content),
        list_id=1,
        message_id=message_id,
        settings=with_web(rooms),
    )
    rooms.conn.commit()
    assert url.startswith(f"{URL}/attachments/")
    return url.removeprefix(URL)


def test_a_link_gives_the_file(rooms: Rooms):
    """The bytes come back as a file to be saved; HEAD says the same without them."""
    rooms.add_list()
    path = store(rooms)

    code, headers, content = get(with_web(rooms), path)

    assert (code, content) == (200, CONTENT)
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == (
        "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in headers["content-security-policy"]
    code, of_head, content = get(with_web(rooms), path, method="HEAD")
    assert (code, content) == (200, b"")
    assert of_head == headers


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("audio/x\r\nSet-Cookie: a=b", "application/octet-stream"),
        ("video/mp4; codecs=x", "application/octet-stream"),
        ("image/png\0", "image/png"),
        ("text/plain", "text/plain"),
        (
            "application/vnd.oasis.opendocument.text",
            "application/vnd.oasis.opendocument.text",
        ),
    ],
)
def test_no_type_that_could_run_is_given_on(rooms: Rooms, stored: str, told: str):
    """What a stranger calls a page or a picture with scripts is a file of octets."""
    rooms.add_list()
    content = b"<script>alert(1)</script>"

    code, headers, got = get(
        with_web(rooms), store(rooms, media_type=stored, content=content)
    )

    assert (code, got) == (200, content)
    assert headers["content-type"] == told
    assert headers["content-disposition"].startswith("attachment;")
    assert "set-cookie" not in headers


def test_a_name_in_any_letters(rooms: Rooms):
    """The name is given twice: for all clients, and in full for those of today."""
    rooms.add_list()
    name = 'Übersicht "2026"; 100%\ud800.pdf'

    _, headers, _ = get(with_web(rooms), store(rooms, name=name))

    assert headers["content-disposition"] == (
        'attachment; filename="_bersicht _2026__ 100__.pdf";'
        " filename*=UTF-8''%C3%9Cbersicht%20%222026%22%3B%20100%25%3F.pdf"
    )


def test_a_post_published_anew_has_the_same_links(rooms: Rooms):
    """Nothing is kept twice, and old copies go on working; other posts have their own."""
    rooms.add_list()
    first = store(rooms)

    assert store(rooms) == first
    assert store(rooms, message_id="two@a.example") != first
    assert store(rooms, name="b.pdf") != first
    assert rooms.rows("SELECT count(*) AS n FROM attachment")[0].n == 3
    assert rooms.rows("SELECT count(*) AS n FROM body")[0].n == 1


def test_the_database_does_not_know_the_links(rooms: Rooms):
    """Who reads a copy of the database cannot fetch, or write, a link."""
    rooms.add_list()
    token = store(rooms).split("/")[2]

    [row] = rooms.rows("SELECT token_digest FROM attachment")
    assert token.encode() not in bytes(row.token_digest)
    assert len(token) == 26


@pytest.mark.parametrize(
    "path",
    [
        "/attachments/aaaaaaaaaaaaaaaaaaaaaaaaaa/plan.pdf",
        "/attachments/short/plan.pdf",
        "/attachments/%00/x",
        "/attachments/AAAAAAAAAAAAAAAAAAAAAAAAAA/" + "x" * 5000,
    ],
)
def test_a_link_that_is_none(rooms: Rooms, path: str):
    """Whatever is asked for, the answer is one page that says so."""
    rooms.add_list()
    store(rooms)

    code, headers, content = get(with_web(rooms), path)

    assert code == 404
    assert headers["content-type"].startswith("text/html")
    assert b"the link is cut off." in content
    assert b'/static/app.css"' in content


def test_it_goes_with_its_list(rooms: Rooms):
    """A list that is deleted takes its attachments along."""
    rooms.add_list()
    path = store(rooms)
    rooms.conn.execute("DELETE FROM mailing_list")
    rooms.conn.commit()

    assert get(with_web(rooms), path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_link_changes_nothing(rooms: Rooms, method: str):
    """Only GET and HEAD are answered."""
    rooms.add_list()
    assert get(with_web(rooms), store(rooms), method=method)[0] == 405


def test_without_a_database_it_is_for_later():
    """Not 404: the file may well be there."""
    away = Settings(database=Database(url="postgresql://x@127.0.0.1:1/x"))
    code, headers, _ = get(away, "/attachments/aaaaaaaaaaaaaaaaaaaaaaaaaa/x")
    assert (code, headers["retry-after"]) == (503, "60")


def test_without_web_pages_nothing_is_kept(rooms: Rooms):
    """A link that leads nowhere is worse than a large mail."""
    rooms.add_list()
    with pytest.raises(PermanentError, match="no web address"):
        attachments.store(
            rooms.conn,
            Attachment(name="a", media_type="text/plain", content=b"a"),
            list_id=1,
            message_id="one@a.example",
            settings=rooms.host.settings,
        )
