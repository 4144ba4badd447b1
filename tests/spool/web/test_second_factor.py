"""The second factor at a sign-in: without it one is a visitor, with it somebody new."""

from collections.abc import Iterator

import pytest

from tests import entering
from tests.entering import code_of, wrong_code
from tests.rooms import Rooms
from tests.web_client import Client

ANN = "ann@a.example"


@pytest.fixture
def secret(rooms: Rooms) -> tuple[str, tuple[str, ...]]:
    return entering.give_second_factor(rooms.host.settings, ANN)


@pytest.fixture
def client(rooms: Rooms, secret: tuple[str, tuple[str, ...]]) -> Iterator[Client]:
    """Return the client of somebody who has signed in and not given the code yet."""
    with Client(rooms.host.settings) as client:
        client.sign_in(ANN)
        yield client


def test_until_the_code_one_is_a_visitor(client: Client):
    """Pages for persons lead to the code and back; other pages name nobody."""
    page = client.get("/account?x=1")
    assert page.path == "/second-factor?next=%2Faccount%3Fx%3D1"
    assert ANN not in client.get("/").text
    assert client.get("/sign-in?next=/help").path == "/second-factor?next=%2Fhelp"


def test_the_code_gives_a_new_identifier(
    client: Client, rooms: Rooms, secret: tuple[str, tuple[str, ...]]
):
    """It leads on; the identifier from before it, seen by whomever, is worth nothing."""
    before = client.identifier or ""
    client.get("/second-factor?next=/help")
    form = {"code": code_of(rooms.conn, secret[0]), "next": "/help"}
    page = client.post("/second-factor", form)
    assert page.path == "/help"
    assert ANN in page.text
    assert client.identifier != before
    client.carry(before)
    assert client.get("/second-factor").path == "/sign-in"


def test_a_code_is_good_once(
    client: Client, rooms: Rooms, secret: tuple[str, tuple[str, ...]]
):
    """Somebody who looked over the shoulder cannot use it again (RFC 6238 §5.2)."""
    code = code_of(rooms.conn, secret[0])
    client.get("/second-factor")
    assert client.post("/second-factor", {"code": code}).path == "/"
    client.sign_in(ANN)
    client.get("/second-factor")
    page = client.post("/second-factor", {"code": code})
    assert page.status == 403
    assert "used before" in page.text


def test_a_recovery_code_stands_in_once(
    client: Client, secret: tuple[str, tuple[str, ...]]
):
    """Written however it is; the second time it is refused."""
    code = secret[1][0].upper().replace("-", " ")
    client.get("/second-factor")
    assert client.post("/second-factor", {"code": code}).path == "/"
    client.sign_in(ANN)
    client.get("/second-factor")
    assert client.post("/second-factor", {"code": code}).status == 403


def test_codes_are_not_guessed(
    client: Client, rooms: Rooms, secret: tuple[str, tuple[str, ...]]
):
    """Ten tries a day, whatever session they come from; then the right one waits, too."""
    wrong = wrong_code(code_of(rooms.conn, secret[0]))
    client.get("/second-factor")
    seen = [client.post("/second-factor", {"code": wrong}).status for _ in range(5)]
    client.sign_in(ANN)
    client.get("/second-factor")
    seen += [client.post("/second-factor", {"code": wrong}).status for _ in range(5)]
    assert seen == [403] * 10
    page = client.post("/second-factor", {"code": code_of(rooms.conn, secret[0])})
    assert page.status == 429
    assert "Too many codes" in page.text


@pytest.mark.parametrize("code", ["", "12345", "é", "0" * 5000, "000000\n", "' OR 1=1"])
def test_what_is_no_code_is_refused(client: Client, code: str):
    """A sentence at the field, and nothing more."""
    client.get("/second-factor")
    page = client.post("/second-factor", {"code": code})
    assert page.status == 403
    assert "not right" in page.text


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example"])
def test_nobody_is_led_elsewhere(
    client: Client,
    rooms: Rooms,
    secret: tuple[str, tuple[str, ...]],
    elsewhere: str,
):
    """`next` is a path of ours, or it is nothing."""
    client.get("/second-factor")
    code = code_of(rooms.conn, secret[0])
    page = client.post("/second-factor", {"code": code, "next": elsewhere})
    assert page.path == "/"


def test_whoever_needs_no_code_goes_on(client: Client):
    """Visitors sign in first; whoever has no second factor is not asked for one."""
    client.sign_in("bob@b.example")
    assert client.get("/second-factor?next=/help").path == "/help"
    client.cookies.clear()
    assert client.get("/second-factor?next=/help").path == "/sign-in?next=%2Fhelp"


def test_somebody_else_may_sign_in(client: Client):
    """From the page of the code one gets out without it."""
    client.get("/second-factor")
    assert "You are signed out." in client.post("/sign-out").text
