"""Passwords on the sign-in page: who is let in, what guessing costs, where it leads."""

import dataclasses
from collections.abc import Iterator

import pytest

from tests import entering
from tests.entering import PASSWORD
from tests.rooms import Rooms
from tests.web_client import Client, Seen

ANN = "ann@a.example"


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    entering.give_password(rooms.host.settings, ANN)
    with Client(rooms.host.settings) as client:
        client.get("/sign-in")
        yield client


def give(client: Client, password: str, *, address: str = ANN, to: str = "") -> Seen:
    form = {"address": address, "password": password, "next": to}
    return client.post("/sign-in/password", form)


def test_the_right_one_signs_in(client: Client):
    """Whoever knows it is in, with an identifier of their own, where they wanted to go."""
    page = give(client, PASSWORD, to="/help")
    assert page.path == "/help"
    assert "Sign out" in page.text
    assert client.identifier


def test_a_planted_identifier_is_worth_nothing(client: Client):
    """What was in the cookie before opens nothing after, and was not taken over."""
    client.sign_in("mallory@m.example")
    planted = client.identifier or ""
    client.get("/help")
    give(client, PASSWORD)
    assert client.identifier != planted
    client.carry(planted)
    assert "Sign out" not in client.get("/").text


@pytest.mark.parametrize(
    ("address", "password"),
    [
        (ANN, "something else entirely"),
        (ANN, ""),
        (ANN, "x" * 10_000),
        ("nobody@a.example", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
    ],
)
def test_a_wrong_one_is_told_alike(client: Client, address: str, password: str):
    """The same sentence whatever was wrong, at the field, and nobody is signed in."""
    page = give(client, password, address=address)
    assert page.status == 403
    assert "The address or the password is wrong." in page.text
    assert "Sign out" not in page.text
    assert password == "" or password not in page.html
    assert page.response.headers["cache-control"] == "no-store"


def test_guesses_are_counted_over_all_processes(client: Client, rooms: Rooms):
    """Ten wrong ones, then even the right one has to wait; a link is offered."""
    assert [give(client, f"guess {n}").status for n in range(10)] == [403] * 10
    page = give(client, PASSWORD)
    assert page.status == 429
    assert "a link by mail" in page.text
    with Client(rooms.host.settings) as other:
        other.get("/sign-in")
        assert give(other, PASSWORD).status == 429


def test_one_password_tried_on_many_addresses_ends(client: Client):
    """A network has an allowance of its own, whatever the addresses."""
    seen = [
        give(client, "password1234", address=f"p{n}@a.example").status
        for n in range(61)
    ]
    assert seen == [403] * 60 + [429]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ],
)
def test_nobody_is_led_elsewhere(client: Client, elsewhere: str):
    """`next` is a path of ours, or it is nothing."""
    response = client.raw(
        "POST",
        "/sign-in/password",
        data={
            "csrf": client.page.csrf if client.page else "",
            "address": ANN,
            "password": PASSWORD,
            "next": elsewhere,
        },
    )
    assert (response.status_code, response.headers["location"]) == (303, "/")


def test_a_site_without_passwords_has_no_form(client: Client, rooms: Rooms):
    """Switched off, the page offers none and the path is nowhere."""
    settings = rooms.host.settings
    off = dataclasses.replace(settings.sign_in, passwords=False)
    with Client(dataclasses.replace(settings, sign_in=off)) as other:
        assert 'type="password"' not in other.get("/sign-in").html
        assert give(other, PASSWORD).status == 404


def test_cookies_are_bound_to_the_host(rooms: Rooms):
    """Over https all cookies have the prefix, and are kept from scripts and others."""
    entering.give_password(rooms.host.settings, ANN)
    web = dataclasses.replace(rooms.host.settings.web, url="https://web.example")
    with Client(dataclasses.replace(rooms.host.settings, web=web)) as client:
        response = client.raw("GET", "/sign-in")
        (cookie,) = response.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-listhub-visitor=")
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(
            cookie.split("; ")
        )
        page = give(client, PASSWORD)
        assert page.status == 200
        assert client.identifier
        assert "strict-transport-security" in page.response.headers
