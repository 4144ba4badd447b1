"""What strangers wrote, in the archive: it does nothing, and names nobody to visitors."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests import corpora
from tests.archived import file_posts, post
from tests.rooms import DOMAIN, Rooms
from tests.web_archive import (
    ANN,
    BOB,
    DEV,
    OWNER,
    at,
    browser,
    fill,
    with_file,
)
from tests.web_client import Client


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with browser(rooms) as client:
        yield client


def test_visitors_see_no_address(client: Client, rooms: Rooms):
    """Not in pages, links, names of files; a person who is signed in sees them."""
    attached = (
        "--b\r\nContent-Type: text/plain\r\n\r\nask bob@b.example\r\n"
        '--b\r\nContent-Type: application/pdf;\r\n name="of bob@b.example.pdf"\r\n'
        "Content-Disposition: attachment\r\n\r\n\0%PDF\r\n--b--"
    )
    head = "Content-Type: multipart/mixed; boundary=b\r\n"
    fill(
        rooms,
        post("q", subject="For bob@b.example", author=BOB, body=attached, head=head),
        post("r", subject="Re: For bob@b.example", refs=["q"], hours=1, author=BOB),
    )
    paths = [
        DEV,
        f"{DEV}/month/2026-03",
        f"{DEV}/month/2026-03?by=date",
        at("q"),
        at("q", "thread"),
        at("q", "frame"),
        f"{DEV}/search?words=bob",
        f"{DEV}/feed.atom",
    ]
    seen = [client.get(path).html for path in paths]
    assert not [html for html in seen if "b.example" in html or "mailto:" in html]
    assert any("bob@…" in html for html in seen)
    [link] = [each for each in client.get(at("q")).links() if "/file/" in each]
    told = client.get(link).response.headers["content-disposition"]
    assert "b.example" not in told
    client.sign_in(ANN)
    page = client.get(at("q"))
    assert "bob@b.example" in page.html
    assert f"mailto:{BOB}" in page.links()


def test_a_file_with_addresses_is_for_those_who_signed_in(client: Client, rooms: Rooms):
    """A text that names people is refused to visitors, in UTF-16 too; others are not."""
    texts = {
        "plain": b"write to bob@b.example",
        "wide": "write to bob@b.example".encode("utf-16"),
        "none": b"nobody is named",
        "binary": b"\0\1bob@b.example",
    }
    posts = [with_file(name, content, f"{name}.bin") for name, content in texts.items()]
    fill(rooms, *posts)
    status = {name: client.get(at(name, "file", "1", "x")).status for name in texts}
    assert status == {"plain": 403, "wide": 403, "none": 200, "binary": 200}
    client.sign_in(ANN)
    assert client.get(at("wide", "file", "1", "x")).response.content == texts["wide"]


def test_answers_by_mail_begin_where_addresses_are_seen(client: Client, rooms: Rooms):
    """The link names the list, the subject and the message that is answered."""
    fill(rooms)
    assert not [link for link in client.get(at("q")).links() if "mailto" in link]
    client.sign_in(ANN)
    reply = f"mailto:dev@{DOMAIN}?subject=Re%3A%20Question&in-reply-to=%3Cq%40m%3E"
    assert reply in client.get(at("q")).links()


HOSTILE = corpora.files("archive") | corpora.files("structures")
_ACTS = re.compile(
    r"<script|<style|<svg|<form|<object|<embed|<iframe|<meta|<link|<base"
    r"|\b(?:on\w+|style)\s*=|(?:javascript|vbscript):",
    re.IGNORECASE,
)
_TAG = re.compile(r"""<[a-z/!?](?:"[^"]*"|'[^']*'|[^>"'])*>""", re.IGNORECASE)
_VALUE = re.compile(r"""=\s*"(?!\s*(?:java|vb)script:)[^"]*\"""")
_OURS = re.compile(r"(?s)<!doctype html>.*?<body[^>]*>|<form .*?</form>|<iframe [^>]*>")


def _acting(html: str) -> list[str]:
    """Return what would act: tags anywhere, the rest within tags only."""
    html = _OURS.sub("", html)
    tags = " ".join(_VALUE.sub("=", tag) for tag in _TAG.findall(html))
    return _ACTS.findall(tags)


def test_nothing_of_the_corpus_acts(client: Client, rooms: Rooms):
    """In the page there is text alone; HTML is in a frame with a policy of its own."""
    list_id = rooms.add_list(archive_web_access="public")
    file_posts(rooms.conn, list_id, list(HOSTILE.values()))
    rooms.conn.commit()
    client.sign_in(ANN)
    found = rooms.rows("SELECT permalink, subject FROM archive_message")
    assert len(found) > len(HOSTILE) / 2
    for each in found:
        page = client.get(f"{DEV}/{each.permalink}?as=html")
        assert (page.status, _acting(page.html)) == (200, []), each.subject
        assert "unsafe" not in page.response.headers["content-security-policy"]
        for images in ("", "?images=on"):
            frame = client.get(f"{DEV}/{each.permalink}/frame{images}")
            assert (frame.status, _acting(frame.html)) == (200, []), each.subject
            policy = frame.response.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "sandbox allow-popups" in policy
            assert "script-src" not in policy
            assert ("https:" in policy) == bool(images)
            assert images or not re.search(r' src="(?!data:image/)', frame.html)


def test_html_is_in_a_frame_and_images_wait(client: Client, rooms: Rooms):
    """The page has the frame; a button loads it with images on; nothing is stored."""
    list_id = rooms.add_list(archive_web_access="public")
    file_posts(rooms.conn, list_id, [HOSTILE["images"], HOSTILE["inline_image"]])
    rooms.conn.commit()
    client.sign_in(ANN)
    names = rooms.rows("SELECT permalink AS it FROM archive_message ORDER BY id")
    page = client.get(f"{DEV}/{names[0].it}")
    assert "3 images from elsewhere are not shown" in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox" ' in page.html
    page = client.get(f"{DEV}/{names[0].it}?as=html&images=on")
    assert f'src="{DEV}/{names[0].it}/frame?images=on"' in page.html
    frame = client.get(f"{DEV}/{names[0].it}/frame?images=on").html
    assert frame.count(' referrerpolicy="no-referrer" src="http') == 3
    # The frame is a stranger here, without cookies: its own images are in it.
    frame = client.get(f"{DEV}/{names[1].it}/frame").html
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in frame


def test_subjects_and_names_are_text(client: Client, rooms: Rooms):
    """Whatever a header says stands in the page as it was written."""
    bad = "<script>alert(1)</script>"
    fill(
        rooms,
        post("q", subject=bad, author=f'"{bad}" <x@x.example>', body=f"{bad} camel"),
        post("r", subject=f"Re: {bad}", refs=["q"], hours=1),
    )
    client.sign_in(OWNER)
    for path in (
        DEV,
        f"{DEV}/month/2026-03",
        f"{DEV}/month/2026-03?by=date",
        f"{DEV}/search?words={quote(bad)}",
        f"{DEV}/search?words=camel&author={quote(bad)}&since={quote(bad)}",
        at("q"),
        at("q", "thread"),
        at("q", "source"),
        at("q", "remove"),
    ):
        page = client.get(path)
        assert page.status == 200
        assert "alert(1)" in page.html, path
        assert "<script>" not in page.html, path


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        'a".html',
        "x\r\nSet-Cookie: a=b",
        "<img src=x onerror=alert(1)>.svg",
        "fdp\u202eexe.pdf",
        "a/b\\c?d#e%2f.txt",
        "ü" * 300,
        "..",
    ],
)
def test_files_are_saved_and_never_shown(client: Client, rooms: Rooms, name: str):
    """Any name is a safe one, in the link and in the header; HTML is only octets."""
    encoded = "".join(f"%{octet:02X}" for octet in name.encode())
    fill(rooms, with_file("q", b"<script>alert(1)</script>", encoded, "text/html"))
    page = client.get(at("q"))
    [link] = [each for each in page.links() if "/file/" in each]
    answer = client.get(link).response
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    for wrong in ("99", "-1", "x", "9" * 30):
        assert client.get(at("q", "file", wrong, "x")).status == 404
