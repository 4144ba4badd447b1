"""How a person gets in, as they change it: the password and the second factor."""

import dataclasses
import re
from collections.abc import Iterator

import pytest

from listhub import db
from listhub.config import Settings
from listhub.lists.accounts import passwords
from tests import entering
from tests.entering import PASSWORD, code_of, secret_on, wrong_code
from tests.rooms import Rooms
from tests.web_client import Client, Seen

ANN = "ann@a.example"
FACTOR = "/account/second-factor"
_CODES = re.compile(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>")


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with Client(rooms.host.settings) as client:
        client.sign_in(ANN)
        client.get("/account/password")
        yield client


def choose(client: Client, password: str, again: str | None = None) -> Seen:
    form = {"password": password, "again": password if again is None else again}
    return client.post("/account/password", form)


def opens(settings: Settings, password: str) -> bool:
    with db.transaction(settings.database) as conn:
        return passwords.sign_in(conn, ANN, password, settings=settings).right


def test_a_password_is_chosen_and_others_are_out(client: Client, rooms: Rooms):
    """All other sessions end, and whoever has a copy of this one's identifier is out."""
    settings = rooms.host.settings
    before = client.identifier or ""
    client.sign_in(ANN)
    here = client.identifier or ""
    client.get("/account/password")
    assert "You have a new password" in choose(client, PASSWORD).text
    assert opens(settings, PASSWORD)
    now = client.identifier or ""
    assert now != here
    for old in (before, here):
        client.carry(old)
        assert "Sign out" not in client.get("/").text
    client.carry(now)
    client.get("/account/password")
    page = client.post("/account/password", {"do": "remove"})
    assert "You have no password any more." in page.text
    assert not opens(settings, PASSWORD)


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [
        ("short", None, "12 characters or more"),
        ("aaaaaaaaaaaaaaaa", None, "repeats too few"),
        ("ann@a.example123", None, "too much like your address"),
        ("x" * 501, None, "500 characters at most"),
        (PASSWORD, "something else", "not the same"),
        ("", "", "12 characters or more"),
    ],
)
def test_a_bad_password_is_told(
    client: Client, rooms: Rooms, password: str, again: str | None, sentence: str
):
    """A sentence at the field; what was written is not sent back, and nothing changed."""
    page = choose(client, password, again)
    assert page.status == 400
    assert sentence in page.text
    assert f'value="{password}"' not in page.html or not password
    assert not rooms.rows("SELECT FROM password")


def begin(client: Client) -> str:
    client.get(FACTOR)
    return secret_on(client.post(FACTOR, {"do": "begin"}).html)


def test_a_second_factor_is_set_up(client: Client, rooms: Rooms):
    """By its code alone; ten recovery codes are shown once, and the session is renewed."""
    secret = begin(client)
    before = client.identifier or ""
    assert secret_on(client.get(FACTOR).html) == secret
    page = client.post(FACTOR, {"do": "confirm", "code": code_of(rooms.conn, secret)})
    codes = _CODES.findall(page.html)
    assert len(set(codes)) == 10
    assert page.response.headers["cache-control"] == "no-store"
    # The forms of this very page work, though its session has another identifier.
    assert "Nothing" not in client.post("/sign-out").text
    client.carry(before)
    assert "Sign out" not in client.get("/").text
    client.sign_in(ANN)
    page = client.get(FACTOR)
    assert page.path.startswith("/second-factor?next=")
    assert client.post("/second-factor", {"code": codes[0]}).status == 200
    assert "9 codes are left" in client.get(FACTOR).text
    assert secret not in client.get(FACTOR).html


def test_the_picture_says_what_the_text_says(client: Client):
    """The QR code is a picture within the page, as its policy wants it."""
    begin(client)
    page = client.get(FACTOR)
    assert '<img class="qr" src="data:image/svg+xml;base64,' in page.html
    assert "otpauth://totp/" in page.html
    assert "img-src 'self' data:" in page.response.headers["content-security-policy"]


def test_a_wrong_first_code_switches_nothing_on(client: Client, rooms: Rooms):
    """It is told, the secret stays, and ten of them in a day are all there are."""
    secret = begin(client)
    wrong = {"do": "confirm", "code": wrong_code(code_of(rooms.conn, secret))}
    seen = [client.post(FACTOR, wrong) for _ in range(11)]
    assert [page.status for page in seen] == [403] * 10 + [429]
    assert secret_on(seen[0].html) == secret
    assert not rooms.rows("SELECT FROM second_factor WHERE confirmed_at IS NOT NULL")


def test_what_was_not_begun_is_told(client: Client):
    """Confirming, removing and new codes need what they are about."""
    client.get(FACTOR)
    for do, sentence in (
        ("confirm", "not begun"),
        ("codes", "You have no second factor."),
        ("remove", "You have no second factor."),
        ("", "Set it up"),
    ):
        assert sentence in client.post(FACTOR, {"do": do, "code": "1"}).text


@pytest.fixture
def with_factor(client: Client, rooms: Rooms) -> tuple[str, tuple[str, ...]]:
    """Return the secret and codes of ann, who has given hers in this session."""
    given = entering.give_second_factor(rooms.host.settings, ANN)
    client.get("/second-factor")
    client.post("/second-factor", {"code": code_of(rooms.conn, given[0])})
    entering.forget_steps(rooms.conn)
    rooms.conn.commit()
    return given


def test_it_is_taken_away_by_a_code(
    client: Client, rooms: Rooms, with_factor: tuple[str, tuple[str, ...]]
):
    """Whoever finds the browser open and has no code cannot remove it."""
    code = code_of(rooms.conn, with_factor[0])
    client.get(FACTOR)
    page = client.post(FACTOR, {"do": "remove", "code": wrong_code(code)})
    assert page.status == 403
    page = client.post(FACTOR, {"do": "remove", "code": code})
    assert "You have no second factor any more." in page.text
    assert not rooms.rows("SELECT FROM recovery_code")


def test_new_recovery_codes_end_the_old_ones(
    client: Client, with_factor: tuple[str, tuple[str, ...]]
):
    """By a code or a recovery code; the old ones open nothing."""
    old = with_factor[1]
    client.get(FACTOR)
    page = client.post(FACTOR, {"do": "codes", "code": old[0]})
    assert len(_CODES.findall(page.html)) == 10
    page = client.post(FACTOR, {"do": "codes", "code": old[1]})
    assert page.status == 403


def test_beginning_again_leaves_one_that_counts(
    client: Client, with_factor: tuple[str, tuple[str, ...]]
):
    """No click replaces a second factor by another one."""
    client.get(FACTOR)
    page = client.post(FACTOR, {"do": "begin"})
    assert "take it away before" in page.text
    page = client.post(FACTOR, {"do": "confirm", "code": "123456"})
    assert "take it away before" in page.text


def test_listmasters_are_told_that_they_need_one(client: Client, rooms: Rooms):
    """Where the site requires it their roles wait, and the page says what to do."""
    settings = rooms.host.settings
    strict = dataclasses.replace(
        settings,
        sign_in=dataclasses.replace(settings.sign_in, require_second_factor=True),
        site=dataclasses.replace(settings.site, listmaster=ANN),
    )
    with Client(strict) as other:
        other.sign_in(ANN)
        page = other.get("/second-factor?next=/help")
        assert page.path == f"{FACTOR}?next=%2Fhelp"
        assert "Listmasters of this site need a second factor." in page.text
        secret = secret_on(other.post(FACTOR, {"do": "begin", "next": "/help"}).html)
        form = {"do": "confirm", "next": "/help", "code": code_of(rooms.conn, secret)}
        assert 'href="/help"' in other.post(FACTOR, form).html
