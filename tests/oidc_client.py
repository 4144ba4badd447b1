"""People on their way to a provider of OpenID Connect and back, as browsers take them."""

import dataclasses
import re
from html import unescape
from urllib.parse import urlsplit

import httpx2

from listhub.config import Oidc, Settings
from tests.oidc_provider import CLIENT, SECRET
from tests.rooms import Rooms
from tests.web_client import Client, Seen

_AWAY = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


def with_provider(settings: Settings, issuer: str) -> Settings:
    """Return settings in which people sign in by that provider."""
    oidc = Oidc(
        issuer=issuer,
        client_id=CLIENT,
        client_secret=SECRET,
        label="Example University",
    )
    web = dataclasses.replace(settings.web, url="http://web.example")
    return dataclasses.replace(settings, oidc=oidc, web=web)


def away(client: Client, *, to: str = "", page: str = "/sign-in") -> str:
    """Press the button, from a page that is open; return where the browser is sent."""
    client.get(page)
    answer = client.post("/sign-in/oidc", {"next": to})
    found = _AWAY.search(answer.html)
    assert found, answer.text
    return unescape(found[1])


def there(url: str) -> str:
    """Be signed in by the strict provider; return the path that one is sent back to."""
    answer = httpx2.get(url)
    assert answer.status_code == 303
    parts = urlsplit(answer.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}" == "http://web.example"
    return f"{parts.path}?{parts.query}"


def sign_in(client: Client, *, to: str = "") -> Seen:
    """Go there and back; return the page where that ends."""
    return client.get(there(away(client, to=to)))


def persons(rooms: Rooms) -> list[str]:
    """Return who is known here."""
    return [row.address for row in rooms.rows("SELECT address FROM person")]
