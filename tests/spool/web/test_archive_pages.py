"""Pages of an archive: who reads it, months, threads, messages, removal."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from listhub.mail.transforms.context import permalink
from tests.archived import post
from tests.rooms import DOMAIN, Rooms
from tests.web_archive import (
    ANN,
    BOB,
    DEV,
    OWNER,
    URL,
    at,
    browser,
    fill,
    found,
)
from tests.web_client import Client, statements


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with browser(rooms) as client:
        yield client


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
    assert f"{URL}{at('q')}" in page.text
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
    assert quote(f"{URL}{at('q')}", safe="") in ask
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
