"""Held mails of all kinds in their pages: nothing that strangers wrote acts."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from listhub.mail import screening
from listhub.mail.headers import Headers
from tests import corpora
from tests.held import add_moderators, hold_post
from tests.lively import HOSTILE as WORDS
from tests.rooms import Rooms, post_bytes
from tests.web_client import Client

MOD = "mona@m.example"
HOSTILE = corpora.files("archive") | corpora.files("structures")

_ACTS = re.compile(
    r"<script|<style|<svg|<object|<embed|<meta|<link|<base"
    r"|\b(?:on\w+|style)\s*=|(?:javascript|vbscript):",
    re.IGNORECASE,
)
_TAG = re.compile(r"""<[a-z/!?](?:"[^"]*"|'[^']*'|[^>"'])*>""", re.IGNORECASE)
_VALUE = re.compile(r"""=\s*"(?!\s*(?:java|vb)script:)[^"]*\"""")
_HEAD = re.compile(r"(?s)<!doctype html>.*?<body[^>]*>")


def acting(html: str) -> list[str]:
    """Return what would act: tags anywhere, the rest within tags only."""
    tags = " ".join(_VALUE.sub("=", tag) for tag in _TAG.findall(_HEAD.sub("", html)))
    return _ACTS.findall(tags)


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    add_moderators(rooms, rooms.add_list("dev"), MOD)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(MOD)
        yield client


def test_nothing_of_the_corpus_acts(client: Client, site: Rooms):
    """The item as text and formatted, the frame, the source, the queue."""
    held = [
        hold_post(site, 1, raw).request_id
        for raw in HOSTILE.values()
        if screening.author(Headers.parse(raw))
    ]
    assert len(held) > len(HOSTILE) / 2
    for number in held:
        for below in ("", "?as=text", "/source"):
            page = client.get(f"/held/{number}{below}")
            assert (page.status, acting(page.html)) == (200, []), (number, below)
            assert "unsafe" not in page.response.headers["content-security-policy"]
        frame = client.get(f"/held/{number}/frame")
        assert (frame.status, acting(frame.html)) == (200, []), number
        assert "sandbox" in frame.response.headers["content-security-policy"]
    assert acting(client.get("/modindex").html) == []


def test_every_field_of_a_mail_is_text(client: Client, site: Rooms):
    """Names, subjects, fields and names of files that are scripts are read as such."""
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\n" + WORDS + "\r\n--b\r\n"
        f'Content-Type: application/pdf; name="x.pdf"\r\n'
        f"Content-Disposition: attachment; filename*=utf-8''{quote(WORDS)}\r\n\r\n%PDF"
        "\r\n--b--\r\n"
    )
    raw = post_bytes(
        '"<script>alert(1)</script>" <"<b>x</b>"@a.example>',
        subject=WORDS,
        body=body,
        extra=f"X-Test: {WORDS}\r\nX-<script>: y\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n",
    )
    number = hold_post(site, 1, raw, why=WORDS).request_id
    item = f"/held/{number}"
    for path in ("/modindex", item, f"{item}/source", f"{item}/reject"):
        page = client.get(path)
        assert page.status == 200
        assert "<script>alert" not in page.html
        assert "<img src=x" not in page.html
        assert "<b>x</b>" not in page.html
    [link] = [
        each for each in client.get(f"/held/{number}").links() if "/file/" in each
    ]
    told = client.get(link)
    assert told.response.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in told.response.headers["content-security-policy"]
    assert told.response.content == b"%PDF"


def html_post(markup: str) -> bytes:
    return post_bytes(
        body=markup,
        extra="MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n",
    )


def test_images_from_elsewhere_wait_for_a_word(client: Client, site: Rooms):
    """Counted, not loaded; with the button the frame alone, once, may load them."""
    markup = '<p>See</p><img src="https://t.example/pixel.gif">'
    number = hold_post(site, 1, html_post(markup)).request_id
    page = client.get(f"/held/{number}")
    assert "1 image from elsewhere is not shown" in page.text
    frame = client.get(f"/held/{number}/frame")
    assert ' src="https://t.example' not in frame.html
    assert "https:" not in frame.response.headers["content-security-policy"]

    page = client.get(f"/held/{number}?images=yes")
    assert f'src="/held/{number}/frame?images=yes"' in page.html
    assert "https:" not in page.response.headers["content-security-policy"]
    frame = client.get(f"/held/{number}/frame?images=yes")
    assert ' src="https://t.example/pixel.gif"' in frame.html
    assert "https:" in frame.response.headers["content-security-policy"]


def test_the_source_is_bounded_and_saved_whole(client: Client, site: Rooms):
    """A page shows the beginning of a large mail; the file has every octet."""
    raw = post_bytes(body="line of text\r\n" * 60_000)
    number = hold_post(site, 1, raw).request_id
    page = client.get(f"/held/{number}/source")
    assert "Only the beginning is shown here" in page.text
    assert len(page.html) < 400_000
    saved = client.get(f"/held/{number}/source.eml")
    assert saved.response.content == raw
    assert saved.response.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("below", ["file/7/x", "file/x/x", "file/-1/x", "file/%00/x"])
def test_files_that_are_not_there(client: Client, site: Rooms, below: str):
    """404, whatever the number is."""
    number = hold_post(site, 1).request_id
    assert client.get(f"/held/{number}/{below}").status == 404
