"""Signing in as whom a front server names: its word alone, by its own connection."""

import dataclasses
from collections.abc import Iterator

import pytest

from listhub.config import Settings
from tests import entering
from tests.rooms import Rooms
from tests.web_client import Client, Seen

HEADER = "X-Remote-Mail"
FRONT, STRANGER = "10.0.0.5", "192.0.2.7"
ANN = "ann@a.example"


@pytest.fixture
def settings(rooms: Rooms) -> Settings:
    settings = rooms.host.settings
    return dataclasses.replace(
        settings,
        web=dataclasses.replace(settings.web, proxies=("10.0.0.0/24", "unix")),
        sign_in=dataclasses.replace(
            settings.sign_in, header=HEADER, header_label="Example University"
        ),
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with Client(settings, peer=FRONT) as client:
        yield client


def enter(client: Client, *values: str, **more: str) -> Seen:
    """Press the button, with the header that a front server adds, or several."""
    csrf = client.get("/sign-in").csrf
    response = client.raw(
        "POST",
        "/sign-in/front",
        data={"csrf": csrf, "next": more.pop("to", "")},
        headers=[*((HEADER, each) for each in values), *more.items()],
    )
    return Seen(response)


def is_in(client: Client) -> bool:
    return "Sign out" in client.get("/").text


def test_the_front_server_says_who_it_is(client: Client):
    """Opening the page changes nothing; its button signs in, and leads on."""
    assert "/sign-in/front?next=/help" in client.get("/sign-in?next=/help").html
    page = client.get("/sign-in/front?next=/help", **{HEADER: ANN})
    assert f"Example University says that you are {ANN}" in page.text
    assert not is_in(client)
    answer = enter(client, ANN, to="/help")
    assert (answer.status, answer.response.headers["location"]) == (303, "/help")
    assert ANN in client.get("/").text


@pytest.mark.parametrize("peer", [STRANGER, "10.0.1.5", "127.0.0.1", "testclient"])
@pytest.mark.parametrize("forwarded", ["", FRONT, f"{STRANGER}, {FRONT}"])
def test_a_strangers_header_is_nothing(settings: Settings, peer: str, forwarded: str):
    """Whatever they say about having come through a front server."""
    more = {"x-forwarded-for": forwarded} if forwarded else {}
    with Client(settings, peer=peer) as client:
        answer = enter(client, ANN, **more)
        assert answer.status == 403
        assert "has not said who you are" in answer.text
        assert not is_in(client)


def test_a_front_server_speaks_for_whomever_it_brings(settings: Settings):
    """Its clients come from anywhere: what counts is who has opened the connection."""
    with Client(settings, peer=FRONT) as client:
        assert enter(client, ANN, **{"x-forwarded-for": STRANGER}).status == 303
    with Client(settings, peer="") as client:
        assert enter(client, ANN).status == 303


@pytest.mark.parametrize(
    "values",
    [
        (),
        ("",),
        (ANN, "mallory@m.example"),
        (f"{ANN}, mallory@m.example",),
        ("nobody",),
        (f"Ann <{ANN}>",),
        ("x" * 5000,),
    ],
)
def test_what_is_not_one_address_is_refused(
    client: Client, rooms: Rooms, values: tuple[str, ...]
):
    """A header from outside that the front server let through beside its own, too."""
    answer = enter(client, *values)
    assert answer.status == 403
    assert not rooms.rows("SELECT FROM person")


def test_another_header_is_nothing(client: Client):
    """Nor is one whose name only looks alike."""
    for name in ("X_Remote_Mail", "X-Remote-Mail2", "Remote-User"):
        assert enter(client, **{name: ANN}).status == 403


def test_off_by_default(rooms: Rooms):
    """Without the setting there is neither button nor page, whoever asks."""
    with Client(rooms.host.settings, peer=FRONT) as client:
        assert "/sign-in/front" not in client.get("/sign-in").html
        assert enter(client, ANN).status == 404
        assert client.get("/sign-in/front", **{HEADER: ANN}).status == 404


def test_a_form_of_another_site_signs_nobody_in(client: Client):
    """The front server adds its header to every request: the token decides."""
    client.get("/sign-in")
    answer = client.raw("POST", "/sign-in/front", headers={HEADER: ANN})
    assert answer.status_code == 403
    assert not is_in(client)


def test_the_second_factor_is_asked_for(client: Client, settings: Settings):
    """A front server's word is one factor."""
    entering.give_second_factor(settings, ANN)
    answer = enter(client, ANN, to="/help")
    assert answer.response.headers["location"] == "/second-factor?next=%2Fhelp"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example"])
def test_nobody_is_led_elsewhere(client: Client, elsewhere: str):
    """`next` is a path of ours, or it is nothing."""
    assert enter(client, ANN, to=elsewhere).response.headers["location"] == "/"


def test_tries_are_counted(client: Client):
    """By network; whoever is right does not count."""
    assert enter(client, ANN).status == 303
    client.cookies.clear()
    seen = [enter(client, "nobody").status for _ in range(121)]
    assert seen == [403] * 120 + [429]
