"""Signing in by OpenID Connect: there, back, and what keeps others from it."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
import pytest

from listhub import clock
from tests import entering, oidc_provider
from tests.oidc_client import away, persons, sign_in, there, with_provider
from tests.oidc_provider import ADDRESS, StrictProvider
from tests.rooms import Rooms
from tests.web_client import Client, Seen


@pytest.fixture
def client(rooms: Rooms, provider: StrictProvider) -> Iterator[Client]:
    with Client(with_provider(rooms.host.settings, provider.issuer)) as client:
        yield client


def test_a_person_signs_in(client: Client, provider: StrictProvider):
    """There and back, to where they wanted to go; the second time nothing is bound."""
    page = sign_in(client, to="/help")
    assert page.path == "/help"
    assert ADDRESS in page.text
    assert "listhub-oidc" not in client.cookies
    page = client.get("/account")
    assert provider.issuer in page.text
    client.post("/sign-out")
    # By the subject, whatever the address is by now.
    provider.lies.claims = {"email": "ann@married.example"}
    assert ADDRESS in sign_in(client).text


def test_the_provider_is_asked_outside_and_seldom(
    client: Client, rooms: Rooms, provider: StrictProvider
):
    """No transaction waits for it, and its description and keys are kept."""
    open_ones: list[int] = []

    def count() -> None:
        with psycopg.connect(rooms.url, autocommit=True) as conn:
            row = conn.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"
                " AND datname = current_database()"
            ).fetchone()
        assert row is not None
        open_ones.append(row[0])

    rooms.conn.commit()
    provider.lies.meanwhile = count
    for _ in range(3):
        sign_in(client)
        client.post("/sign-out")
    assert open_ones == [0, 0, 0]
    assert provider.asked.count("/token") == 3
    assert provider.asked.count("/keys") <= 2
    assert provider.asked.count("/.well-known/openid-configuration") <= 2


def test_what_is_sent_along(client: Client):
    """PKCE, a state and a nonce that nobody guesses, and nothing of where one was."""
    seen = [parse_qs(urlsplit(away(client, to="/help")).query) for _ in range(2)]
    first, second = seen
    assert first["redirect_uri"] == ["http://web.example/sign-in/oidc/back"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43
        assert first[name] != second[name]
    assert "/help" not in str(first)


def test_a_planted_identifier_is_worth_nothing(client: Client):
    """The session that the browser had ends, and a new identifier is given."""
    client.sign_in("mallory@m.example")
    planted = client.identifier or ""
    client.get(there(away(client, page="/help")))
    assert client.identifier != planted
    client.carry(planted)
    assert "Sign out" not in client.get("/").text


Change = Callable[[dict[str, str]], dict[str, str]]


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said | {"state": "x" * 43},
        lambda said: said | {"state": ""},
        lambda said: {"code": said["code"]},
        lambda _said: {},
    ],
    ids=["other", "empty", "without", "nothing"],
)
def test_a_way_back_that_nobody_began_is_refused(
    client: Client, rooms: Rooms, provider: StrictProvider, change: Change
):
    """The state must be the browser's own; else nothing is even asked of the provider."""
    path = there(away(client))
    said = {k: v[-1] for k, v in parse_qs(urlsplit(path).query).items()}
    page = client.get(f"/sign-in/oidc/back?{urlencode(change(said))}")
    assert page.status == 403
    assert "begun elsewhere, or too long ago" in page.text
    assert "/token" not in provider.asked
    assert persons(rooms) == []


def test_the_way_back_of_another_browser_is_refused(
    client: Client, rooms: Rooms, provider: StrictProvider
):
    """Nobody is signed in as somebody else by a link that these have made."""
    path = there(away(client))
    with Client(client.settings) as victim:
        away(victim)
        page = victim.get(path)
        assert page.status == 403
        assert "Sign out" not in page.text
        # And what was begun there is over as well.
        assert "listhub-oidc" not in victim.cookies
    assert persons(rooms) == []


def test_a_cookie_of_ones_own_making_is_nothing(client: Client):
    """What was begun is signed; what is not ours is not read."""
    path = there(away(client))
    for value in ("", "AAAA", "[]", "x" * 3000, "W10"):
        client.cookies.clear()
        client.cookies.set("listhub-oidc", value, domain="web.example")
        assert client.get(path).status == 403


def test_a_way_back_is_good_once(client: Client):
    """The cookie ends with it: back and forward in the browser sign nobody in anew."""
    path = there(away(client))
    assert ADDRESS in client.get(path).text
    client.post("/sign-out")
    page = client.get(path)
    assert page.status == 403
    assert "Sign out" not in page.text


def test_what_was_begun_long_ago_is_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    """Ten minutes, whatever the browser does with its cookies."""
    path = there(away(client))
    then = clock.now()
    monkeypatch.setattr(clock, "now", lambda: then.replace(year=then.year + 1))
    assert "too long ago" in client.get(path).text


def test_the_address_may_stand_beside_the_token(
    client: Client, rooms: Rooms, provider: StrictProvider
):
    """In userinfo, as the specification has it, if it is of the same subject."""
    provider.lies.claims = {"email": None, "email_verified": None}
    provider.lies.userinfo = {"email": ADDRESS, "email_verified": True}
    with Client(client.settings) as fresh:
        assert ADDRESS in sign_in(fresh).text
    rooms.conn.execute("DELETE FROM person")
    rooms.conn.commit()
    provider.lies.userinfo["sub"] = "somebody-else"
    with Client(client.settings) as fresh:
        assert sign_in(fresh).status == 403


def test_a_provider_that_is_down_is_told(rooms: Rooms):
    """A sentence, soon; the link by mail still works."""
    settings = with_provider(rooms.host.settings, "http://127.0.0.1:1")
    with Client(settings) as client:
        client.get("/sign-in")
        page = client.post("/sign-in/oidc")
        assert page.status == 503
        assert "Example University does not answer" in page.text


def test_the_second_factor_is_asked_for(client: Client, rooms: Rooms):
    """A provider's word is one factor."""
    entering.give_second_factor(rooms.host.settings, ADDRESS)
    page = sign_in(client, to="/help")
    assert page.path == "/second-factor?next=%2Fhelp"
    assert "Sign out" not in page.text


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example"])
def test_nobody_is_led_elsewhere(client: Client, elsewhere: str):
    """`next` is a path of ours before it goes into the cookie."""
    assert sign_in(client, to=elsewhere).path == "/"


def test_tries_are_counted(client: Client):
    """By network; whoever is right does not count."""
    for _ in range(3):
        assert sign_in(client).status == 200
        client.post("/sign-out")
    seen = [client.get("/sign-in/oidc/back?state=x").status for _ in range(121)]
    assert seen == [403] * 120 + [429]


def test_without_a_provider_there_is_no_way(rooms: Rooms):
    """Off by default: neither the button nor its paths."""
    with Client(rooms.host.settings) as client:
        assert "/sign-in/oidc" not in client.get("/sign-in").html
        assert client.post("/sign-in/oidc").status == 404
        assert client.get("/sign-in/oidc/back").status == 404


@pytest.mark.skipif(
    find_spec("oidc_provider_mock") is None,
    reason="oidc-provider-mock is not installed",
)
def test_a_real_provider_signs_in(rooms: Rooms):
    """Its own discovery, page, code, keys and userinfo; verified addresses only."""
    with (
        oidc_provider.real_provider() as issuer,
        Client(with_provider(rooms.host.settings, issuer)) as client,
    ):

        def enter(subject: str) -> Seen:
            back = urlsplit(oidc_provider.consent(away(client), subject))
            return client.get(f"{back.path}?{back.query}")

        assert "does not vouch" in enter("bob@b.example").text
        oidc_provider.vouch(issuer, "ann", ADDRESS)
        assert ADDRESS in enter("ann").text
