"""Pages of an archive: who reads what, addresses that last, search, feed, removal."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from listhub.config import Web
from listhub.mail.transforms.context import permalink
from tests import corpora
from tests.archived import file_posts, post
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client, Seen, statements

DEV = f"/archive/dev@{DOMAIN}"
ANN, BOB, OWNER = "ann@a.example", "bob@b.example", "owner@o.example"
DAY = 24.0


def at(name: str, *more: str) -> str:
    """Return the path of the message whose Message-ID is `name`@m."""
    return "/".join([DEV, permalink(f"{name}@m"), *more])


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    web = Web(url="http://www.lists.example")
    with Client(replace(rooms.host.settings, web=web)) as client:
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


# --- who reads -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "readers"),
    [
        ("public", {"", ANN, BOB, OWNER}),
        ("private", {ANN, OWNER}),
        ("owner", {OWNER}),
        ("closed", set()),
    ],
)
def test_the_scenario_decides(
    client: Client, rooms: Rooms, access: str, readers: set[str]
):
    """Each page of the archive asks `archive_web_access`; a refusal says why."""
    fill(rooms, access=access)
    paths = [
        DEV,
        f"{DEV}/",
        f"{DEV}/month/2026-03",
        f"{DEV}/search?words=camels",
        f"{DEV}/feed.atom",
        at("q"),
        at("q", "thread"),
        at("q", "frame"),
        at("q", "file", "0", "x"),
        at("q", "source"),
        at("q", "source.eml"),
    ]
    for who in ("", ANN, BOB, OWNER):
        if who:
            client.sign_in(who)
        for path in paths:
            page = client.get(path)
            known = "/source" in path or "/file/" in path
            may = who in readers and (who or not known)
            assert page.status == (200 if may else 403), (who, path)
            if who not in readers:
                assert "drink" not in page.html
                assert "archive" in page.text


def test_a_visitor_is_led_back_after_signing_in(client: Client, rooms: Rooms):
    """The refusal's way to sign in remembers the page, as links in mails need."""
    fill(rooms, access="private")
    page = client.get(at("q"))
    assert f"/sign-in?next={quote(at('q'), safe='/')}" in page.links()


def test_a_list_without_an_archive_says_so(client: Client, rooms: Rooms):
    """No messages is a sentence, and that none will come is another."""
    rooms.add_list(archive_web_access="public", archive=False)
    page = client.get(DEV)
    assert "keeps no archive" in page.text
    assert "no message in this archive" in page.text


def test_search_engines_come_where_the_list_says_so(client: Client, rooms: Rooms):
    """Only with `archive_indexing`, only for visitors, never what is searched."""
    fill(rooms, archive_indexing=True)
    rooms.add_list("quiet", archive_web_access="public")
    assert 'content="index, follow"' in client.get(at("q")).html
    assert 'content="noindex"' in client.get(f"{DEV}/search?words=x").html
    assert 'content="noindex"' in client.get(f"/archive/quiet@{DOMAIN}").html
    client.sign_in(ANN)
    assert 'content="noindex"' in client.get(at("q")).html


# --- addresses of people ---------------------------------------------------------------


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
    posts = [
        _with_file(name, content, f"{name}.bin") for name, content in texts.items()
    ]
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


# --- what strangers wrote --------------------------------------------------------------

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
    fill(rooms, _with_file("q", b"<script>alert(1)</script>", encoded, "text/html"))
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


def _with_file(
    name: str, content: bytes, encoded: str, kind: str = "application/octet-stream"
) -> bytes:
    head = "Content-Type: multipart/mixed; boundary=b\r\n"
    start = (
        "--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n"
        f"--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment;\r\n"
        f" filename*=utf-8''{encoded}\r\n\r\n"
    ).encode()
    raw = post(name, head=head, body="BODY").removesuffix(b"BODY\r\n")
    return raw + start + content + b"\r\n--b--\r\n"


# --- months, threads, messages ---------------------------------------------------------


def test_months_and_threads(client: Client, rooms: Rooms):
    """The first page has months with counts and threads; a month is by thread or date."""
    fill(rooms)
    home = client.get(DEV)
    assert "4 messages in all" in home.text
    assert "March 2026 3" in home.text
    assert f"{DEV}/month/2026-04" in home.links()
    assert at("q", "thread") in home.links()
    march = client.get(f"{DEV}/month/2026-03")
    assert at("q", "thread") in march.links()
    assert f"{DEV}/month/2026-04" in march.links()
    march = client.get(f"{DEV}/month/2026-03?by=date")
    assert [at(name) in march.links() for name in ("q", "r1", "r2", "other")] == [
        *(True, True, True),
        False,
    ]
    assert client.get(f"{DEV}/month/2020-01").status == 200
    for wrong in ("2026-13", "x", "0000-00", "9999-12", "2026-11-01"):
        assert client.get(f"{DEV}/month/{wrong}").status in {200, 404}
    assert client.get(f"{DEV}/month/2026-03?after=x").status == 400


def test_pages_go_on_and_end(client: Client, rooms: Rooms):
    """Following "Further" every message of a month is met once, by thread and by date."""
    fill(rooms, *(post(f"m{n}", subject=f"S{n}", hours=n / 10) for n in range(120)))
    for path in (f"{DEV}/month/2026-03", f"{DEV}/month/2026-03?by=date"):
        met: list[str] = []
        page = client.get(path)
        while True:
            met += [
                each
                for each in page.links()
                if re.fullmatch(rf"{DEV}/[\w-]{{20}}", each)
            ]
            further = [each for each in page.links() if "after=" in each]
            if not further:
                break
            page = client.get(further[0])
        assert sorted(met) == sorted(at(f"m{n}") for n in range(120))


def test_a_thread_is_folded_by_depth(client: Client, rooms: Rooms):
    """Deep answers are behind a fold, long threads have pages, all is there."""
    names = [f"m{n}" for n in range(130)]
    fill(
        rooms,
        *(
            post(name, hours=n, refs=names[max(0, n - 3) : n])
            for n, name in enumerate(names)
        ),
    )
    page = client.get(at("m64", "thread"))
    assert "130 messages in this thread" in page.text
    assert "95 deeper answers" in page.text
    assert "Hello, how are you?" in page.text
    assert at("m99") in page.links()
    assert at("m100") not in page.links()
    page = client.get(at("m64", "thread") + "?from=100")
    assert at("m129") in page.links()
    assert client.get(at("m64", "thread") + "?from=99999").status == 200


def test_a_message_knows_its_neighbours(client: Client, rooms: Rooms):
    """Before and after by date and in the thread, with the keys n and p."""
    fill(rooms)
    page = client.get(at("r1"))
    assert "Slowly." in page.text
    html = re.sub(r"\s+", " ", page.html)
    assert f'data-key="p" href="{at("q")}"' in html
    assert f'data-key="n" href="{at("r2")}"' in html
    assert f'data-key="f" href="{at("r2")}"' in html
    last = client.get(at("r2"))
    assert 'data-key="n"' not in last.html
    assert f'data-key="f" href="{at("other")}"' in last.html
    assert "/static/archive.js" in page.html
    assert client.get("/static/archive.js").status == 200


def test_the_address_in_the_mail_is_that_of_the_page(client: Client, rooms: Rooms):
    """What `Archived-At` says leads to the message; what never was is not found."""
    fill(rooms)
    page = client.get(f"/archive/dev%40{DOMAIN}/{permalink('q@m')}")
    assert page.status == 200
    assert f"http://www.lists.example{at('q')}" in page.text
    for wrong in ("x", permalink("never@m"), "%00", "..%2f"):
        assert client.get(f"{DEV}/{wrong}").status == 404


def test_quotes_are_folded(client: Client, rooms: Rooms):
    """Long quotes open on demand, without any script."""
    body = "\r\n".join(f"> line {n}" for n in range(20))
    fill(rooms, post("q", body=f"{body}\r\nmine"))
    page = client.get(at("q"))
    assert '<details class="quote"><summary>Quoted text</summary>' in page.html


def test_the_source_is_as_it_came(client: Client, rooms: Rooms):
    """Shown as text, saved octet for octet, for those who are signed in."""
    raw = post("q", subject="<b>")
    fill(rooms, raw)
    assert client.get(at("q", "source")).status == 403
    client.sign_in(ANN)
    assert "Subject: <b>" in client.get(at("q", "source")).text
    answer = client.get(at("q", "source.eml")).response
    assert answer.content == raw
    assert answer.headers["content-type"] == "application/octet-stream"


# --- search ----------------------------------------------------------------------------


def found(page: Seen) -> list[str]:
    """Return what a search shows, in its order."""
    return [each for each in page.links() if re.fullmatch(rf"{DEV}/[\w-]{{20}}", each)]


def test_search(client: Client, rooms: Rooms):
    """Words, author, days and files; what matches is marked."""
    fill(rooms)
    client.sign_in(ANN)
    page = client.get(f"{DEV}/search?words=camel")
    assert found(page) == [at("q")]
    assert "<mark>camels</mark>" in page.html
    newest = [at("other"), at("r2"), at("r1"), at("q")]
    assert found(client.get(f"{DEV}/search?author=ann%40a.example")) == newest
    assert found(client.get(f"{DEV}/search?since=2026-04-01")) == [at("other")]
    until = client.get(f"{DEV}/search?until=2026-03-02")
    assert found(until) == newest[1:]
    assert found(client.get(f"{DEV}/search?files=1")) == []
    best = client.get(f"{DEV}/search?words=question&order=best")
    assert sorted(found(best)) == sorted(newest[1:])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Say what to look for"),
        ("words=", "Say what to look for"),
        ("words=%21%21%22", "no word in"),
        ("words=zebra", "Nothing was found"),
        ("words=the", "Nothing was found"),
        ("words=%22%27%29%28+%26+%7C+a", "Nothing was found"),
        ("words=camel&since=tomorrow", "is not a day"),
        ("words=camel&since=9999-12-31", "is not a day"),
        ("words=camel&since=2026-03-02&until=2026-03-01", "after the last"),
        ("words=camel&after=x", "begin with the first"),
        ("words=camel%00", ""),
        ("words=" + "x" * 5000, "Nothing was found"),
    ],
)
def test_a_search_always_says_something(
    client: Client, rooms: Rooms, query: str, said: str
):
    """Empty, broken or absurd: a sentence, and the form as it was filled in."""
    fill(rooms, post("q", body="camels drink"))
    page = client.get(f"{DEV}/search?{query}")
    assert page.status == 200
    assert said in page.text
    assert 'name="words"' in page.html


def test_search_goes_on(client: Client, rooms: Rooms):
    """Every message is met once, newest and best first."""
    fill(rooms, *(post(f"m{n}", hours=n / 10, body="camel") for n in range(45)))
    for order in ("newest", "best"):
        met: list[str] = []
        page = client.get(f"{DEV}/search?words=camel&order={order}")
        for _ in range(3):
            met += found(page)
            further = [each for each in page.links() if "after=" in each]
            page = client.get(further[0]) if further else page
        assert sorted(met) == sorted(at(f"m{n}") for n in range(45))


def test_a_search_that_takes_too_long_is_broken_off(
    client: Client, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
):
    """The page says so, with the form, and goes on to work."""
    monkeypatch.setattr("listhub.web.pages.archive_search._PATIENCE", 0.2)
    fill(rooms)
    rooms.conn.execute("LOCK TABLE archive_text IN ACCESS EXCLUSIVE MODE")
    page = client.get(f"{DEV}/search?words=camel")
    rooms.conn.rollback()
    assert page.status == 200
    assert "took too long" in page.text
    assert found(client.get(f"{DEV}/search?words=camel")) == [at("q")]


# --- the feed --------------------------------------------------------------------------


def test_the_feed_is_asked_for_again_and_again(client: Client, rooms: Rooms):
    """Its links are the messages' pages; what has not changed is 304 without content."""
    fill(rooms)
    feed = client.get(f"{DEV}/feed.atom").response
    assert feed.headers["content-type"].startswith("application/atom+xml")
    assert f"http://www.lists.example{at('other')}</id>" in feed.text
    assert "max-age" in feed.headers["cache-control"]
    tag = feed.headers["etag"]
    again = client.raw("GET", f"{DEV}/feed.atom", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    file_posts(rooms.conn, 1, [post("new", hours=9999)])
    rooms.conn.commit()
    again = client.raw("GET", f"{DEV}/feed.atom", headers={"if-none-match": tag})
    assert again.status_code == 200


# --- removal ---------------------------------------------------------------------------


def test_an_owner_takes_a_message_out(client: Client, rooms: Rooms):
    """Asked first; then it is gone for good, with an audit; once more changes nothing."""
    fill(rooms)
    client.sign_in(OWNER)
    assert at("q", "remove") in client.get(at("q")).links()
    assert "Take this message out" in client.get(at("q", "remove")).text
    page = client.post(at("q", "remove"))
    assert (page.path, page.status) == (DEV, 200)
    assert "was taken out" in page.text
    for path in (at("q"), at("q", "thread"), at("q", "frame"), at("q", "source")):
        page = client.get(path)
        assert page.status == 410
        assert "for good" in page.text
    assert found(client.get(f"{DEV}/search?words=camel")) == []
    page = client.post(at("q", "remove"))
    assert "already" in page.text
    notes = rooms.rows("SELECT actor, object FROM audit WHERE action = 'archive.erase'")
    assert [tuple(note) for note in notes] == [(OWNER, "q@m")]


def test_others_do_not(client: Client, rooms: Rooms):
    """A member gets 403; the author is given a mail to the owners instead."""
    fill(rooms)
    client.sign_in(ANN)
    page = client.get(at("q"))
    [ask] = [each for each in page.links() if each.startswith("mailto:dev-request@")]
    assert quote(f"http://www.lists.example{at('q')}", safe="") in ask
    assert at("q", "remove") not in page.links()
    assert client.get(at("q", "remove")).status == 403
    assert client.post(at("q", "remove")).status == 403
    client.sign_in(BOB)
    assert "mailto:dev-request" not in client.get(at("q")).html
    assert client.get(at("q")).status == 200


def test_reading_changes_nothing(client: Client, rooms: Rooms):
    """Every page but the removal is read with statements that write nothing."""
    fill(rooms)
    client.sign_in(OWNER)
    with statements() as sent:
        for path in (DEV, at("q"), at("q", "remove"), f"{DEV}/search?words=camel"):
            assert client.get(path).status == 200
    words = {each.split()[0].upper() for each in sent if each.split()}
    assert not words & {"INSERT", "DELETE", "CREATE"}


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (DEV, 14),
        (f"{DEV}/month/2026-03", 14),
        (f"{DEV}/month/2026-03?by=date", 14),
        (at("m1"), 16),
        (at("m1", "thread"), 14),
        (at("m1", "frame"), 12),
        (f"{DEV}/search?words=camel", 14),
        (f"{DEV}/feed.atom", 12),
    ],
)
def test_a_page_takes_a_few_statements(
    client: Client, rooms: Rooms, path: str, most: int
):
    """However many messages there are."""
    fill(rooms, *(post(f"m{n}", hours=n / 10, body="camel") for n in range(60)))
    client.sign_in(ANN)
    with statements() as sent:
        assert client.get(path).status == 200
    assert len(sent) <= most, sent
