"""The door: who is let in, forms from elsewhere, languages, what is refused and how."""

from collections.abc import Iterator

import pytest

from tests.rooms import Rooms
from tests.web_client import Client


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with Client(rooms.host.settings) as client:
        yield client


def test_a_visitor_sees_the_first_page(client: Client):
    """Without a session the first page greets, offers to sign in, and may be framed by nobody."""
    page = client.get("/")
    assert page.status == 200
    assert "Sign in" in page.text
    policy = page.response.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_a_person_is_known_by_the_session(client: Client):
    """Signed in, the page names the address and offers to sign out."""
    client.sign_in("ann@a.example")
    page = client.get("/")
    assert "ann@a.example" in page.text
    assert "Sign out" in page.text


def test_the_language_is_the_browsers_the_choice_or_the_persons(
    client: Client, rooms: Rooms
):
    """Accept-Language first, a visitor's choice over it, the person's over both."""
    assert 'lang="fr"' in client.get("/", **{"accept-language": "de, fr-CA;q=0.8"}).html
    page = client.post("/language", {"language": "fr", "next": "/help"})
    assert page.path == "/help"
    assert 'lang="fr"' in page.html
    client.sign_in("ann@a.example")
    rooms.conn.execute("UPDATE person SET language = 'fr'")
    rooms.conn.commit()
    assert 'lang="fr"' in client.get("/").html


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\tevil", "x"],
)
def test_nobody_is_led_elsewhere(client: Client, elsewhere: str):
    """A form's `next` leads to a page of ours or to the first one."""
    client.get("/")
    page = client.post("/language", {"language": "fr", "next": elsewhere})
    assert page.path == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_form_from_elsewhere_does_nothing(client: Client, headers: dict[str, str]):
    """Even with the right token, what a browser says came from elsewhere is refused."""
    client.get("/")
    page = client.post("/language", {"language": "fr"}, **headers)
    assert page.status == 403
    assert "listhub-language" not in client.cookies


def test_a_form_without_its_token_does_nothing(client: Client):
    """No token, a wrong one, another visitor's: 403, and a sentence."""
    client.get("/")
    for token in ("", "00", "é", "f" * 64):
        page = client.post("/language", {"language": "fr"}, csrf=token)
        assert page.status == 403
        assert "nothing was changed" in page.text


def test_too_much_is_refused_before_it_is_read(client: Client):
    """A body over the page's limit is a 413, whether or not its length is announced."""
    client.get("/")
    page = client.post("/language", {"language": "x" * 2_000_000})
    assert page.status == 413
    chunks = (b"x" * 100_000 for _ in range(20))
    response = client.raw(
        "POST",
        "/language",
        content=chunks,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 413


def test_what_is_not_there_is_a_page_too(client: Client):
    """Unknown paths and methods get a page of ours with the security headers."""
    page = client.get("/no/such/page")
    assert page.status == 404
    assert "no such page" in page.text
    assert "content-security-policy" in page.response.headers
    assert client.raw("DELETE", "/").status_code == 405


def test_a_site_may_stand_below_a_path(rooms: Rooms):
    """Links and cookies follow the path of web.url, cut off by the front server or not."""
    import dataclasses

    web = dataclasses.replace(rooms.host.settings.web, url="http://www.example.org/l")
    settings = dataclasses.replace(rooms.host.settings, web=web)
    with Client(settings) as client:
        for path in ("http://www.example.org/l/help", "http://www.example.org/help"):
            page = client.get(path)
            assert page.status == 200
            assert 'href="/l/static/app.css"' in page.html
