"""Pages of texts: previewed, saved by the version seen, taken back, and never run."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from listhub.lists import file_versions, files
from listhub.lists.file_versions import level_of_list
from tests import lively
from tests.lively import HOSTILE, LIST, PEOPLE
from tests.rooms import Rooms
from tests.web_client import Client, Seen, statements

FOOTER = f"/texts/{LIST}/message_footer"
WELCOME = f"/texts/{LIST}/welcome"
LEVEL = level_of_list(1, LIST)


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.owner)
        yield client


def version(page: Seen) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.html)
    assert found
    return found[1]


def save(client: Client, path: str, content: str, do: str = "save") -> Seen:
    seen = version(client.get(path))
    return client.post(path, {"version": seen, "content": content, "do": do})


def stored(site: Rooms, path: str = "message_footer") -> str | None:
    found = file_versions.current(site.conn, path, level=LEVEL).content
    site.conn.commit()
    return found


def write(site: Rooms, path: str, content: str) -> None:
    """Write a text as somebody else does meanwhile."""
    files.write(site.conn, path, content, level=LEVEL, actor="ann@a.example")
    site.conn.commit()


def preview_of(page: Seen) -> str:
    return page.html.partition('id="preview"')[2]


def test_all_texts_are_listed(client: Client):
    """In groups, with whose words are in force; none that is the domain's alone."""
    page = client.get(f"/texts/{LIST}")
    assert page.status == 200
    assert "Footer" in page.text
    assert "Welcome" in page.text
    assert "Common footer" not in page.text
    assert FOOTER in page.links()


def test_a_preview_changes_nothing(client: Client, site: Rooms):
    """The text as mail would have it, and what was typed still in its field."""
    page = save(client, WELCOME, "Subject: Hello\nWelcome to {{ list }}!", "preview")
    assert page.status == 200
    assert "Subject Hello" in page.text
    assert "Welcome to dev!" in preview_of(page)
    assert "Welcome to {{ list }}!" in page.html
    assert stored(site, "mail_tt2/welcome") is None


def test_a_text_is_saved_and_taken_away(client: Client, site: Rooms):
    """Saved it is in force; taken away, the level above speaks again."""
    page = save(client, FOOTER, "Leave by a mail to us.\r\n")
    assert "Saved" in page.text
    assert stored(site) == "Leave by a mail to us.\n"
    assert "the list's own" in unescape(client.get(f"/texts/{LIST}").text)
    page = save(client, FOOTER, "", "reset")
    assert "own text is gone" in page.text
    assert stored(site) is None


def test_languages_are_texts_of_their_own(client: Client, site: Rooms):
    """A French welcome beside that for everybody."""
    page = save(client, f"{WELCOME}?language=fr", "Bienvenue !")
    assert page.path == f"{WELCOME}?language=fr"
    assert stored(site, "mail_tt2/fr/welcome") == "Bienvenue !"
    assert stored(site, "mail_tt2/welcome") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("one\n{{ nothing_like_it }}", "nothing_like_it"),
        ("one\n{% if x %}", "Line 2"),
        ("one\n{{ ''.__class__ }}", "cannot be used"),
        ("one\n" + "x" * 70_000, "longer than"),
        ("one\n" + "{% for a in list %}" * 50, "cannot be used"),
    ],
)
def test_a_broken_text_is_told_with_its_line(
    client: Client, site: Rooms, content: str, told: str
):
    """Not saved, said why and where, and kept in the field."""
    page = save(client, WELCOME, content)
    assert page.status == 422
    assert told in page.text
    assert "one" in page.html
    assert stored(site, "mail_tt2/welcome") is None


def test_a_stale_form_tells_and_keeps(client: Client, site: Rooms):
    """Who wrote meanwhile, how it differs, and what was typed; a second save goes."""
    seen = version(client.get(FOOTER))
    write(site, "message_footer", "Written by Ann.\n")
    form = {"version": seen, "content": "Mine.\n", "do": "save"}
    page = client.post(FOOTER, form)
    assert page.status == 409
    assert "ann@a.example has changed this" in page.text
    assert "-Written by Ann. +Mine." in page.text
    assert stored(site) == "Written by Ann.\n"
    client.post(FOOTER, {**form, "version": version(page)})
    assert stored(site) == "Mine.\n"


def test_history_compares_and_goes_back(client: Client, site: Rooms):
    """Each version by whom; back to one after the difference was shown, once."""
    write(site, "message_footer", "First.\n")
    save(client, FOOTER, "Second.\n")
    page = client.get(f"{FOOTER}/history")
    assert "ann@a.example" in page.text
    way = next(link for link in page.links() if "/history/" in link)
    page = client.get(way)
    assert "-Second. +First." in page.text
    form = {"version": version(page)}
    assert "as it was then" in client.post(way, form).text
    assert stored(site) == "First.\n"
    assert client.post(way, form).status == 409


def test_nothing_of_a_text_runs_in_a_page(client: Client, site: Rooms):
    """Hostile words are text in forms, previews, histories; HTML is for a frame alone."""
    for path in (FOOTER, WELCOME, f"{WELCOME}?form=html"):
        page = save(client, path, HOSTILE.replace("{{7*7}}", ""), "save")
        assert page.status == 200
        for where in (path, path.partition("?")[0] + "/history", f"/texts/{LIST}"):
            shown = client.get(where).html
            assert "<script>alert" not in shown, where
            assert "<img src=x" not in shown, where


def test_the_frame_may_do_nothing(client: Client):
    """The HTML of a preview comes with a policy without scripts, in a sandbox."""
    client.get(f"{WELCOME}?form=html")
    page = client.post(
        f"{WELCOME}/frame?form=html", {"content": "<script>alert(1)</script><b>x</b>"}
    )
    policy = page.response.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "<b>x</b>" in page.html


@pytest.mark.parametrize(
    "path",
    [
        f"/texts/{LIST}/nothing",
        f"/texts/{LIST}/message_global_footer",
        f"{FOOTER}?language=fr",
        f"{WELCOME}?language=xx",
        f"{WELCOME}?form=mime",
        f"{FOOTER}/history/0",
        f"{FOOTER}/history/99999999999999999999",
    ],
)
def test_texts_that_there_are_not(client: Client, path: str):
    """No page, and nothing breaks."""
    assert client.get(path).status == 404


def test_pages_cost_a_few_statements(client: Client):
    """However many texts there are."""
    for path in (f"/texts/{LIST}", FOOTER, WELCOME, f"{FOOTER}/history"):
        with statements() as seen:
            client.get(path)
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= 9, (path, asked)
