"""Signing in with a browser on a phone: password, second factor, provider; no scripts."""

import re
from collections.abc import Iterator
from importlib.util import find_spec

import httpx2
import psycopg
import pytest
from playwright.sync_api import Browser, expect

from tests import entering, oidc_provider
from tests.browser import Look, Window
from tests.entering import PASSWORD, code_of
from tests.oidc_provider import CLIENT, SECRET
from tests.system.site import SitePlan
from tests.system.web_site import WebSite

pytestmark = pytest.mark.skipif(
    find_spec("oidc_provider_mock") is None,
    reason="oidc-provider-mock is not installed",
)

HEADER, FRONT = "X-Remote-Mail", "10.9.9.9"

PHONES = [Look(width=360, script=script) for script in (True, False)]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider.real_provider() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[WebSite]:
    """Return a site with all ways in, on two web processes."""
    plan = SitePlan(
        directory=tmp_path_factory.mktemp("signing_in"),
        lists=(),
        hosts=("alpha",),
        settings={
            "worker.poll": "0.1",
            "oidc.issuer": issuer,
            "oidc.client_id": CLIENT,
            "oidc.client_secret": SECRET,
            "oidc.label": "Example University",
            "web.proxies": FRONT,
            "sign_in.header": HEADER,
            "sign_in.header_label": "Example Institute",
        },
    )
    with WebSite(plan) as site:
        yield site


@pytest.fixture(params=PHONES, ids=lambda look: look.name)
def phone(
    request: pytest.FixtureRequest, browser: Browser, site: WebSite
) -> Iterator[Window]:
    with Window(browser, site.web, look=request.param) as window:
        yield window


def looked_at(window: Window) -> None:
    """The page in the window is readable by all, and no wider than the phone."""
    assert window.overflow() <= 0, window.page.url
    if window.look.script:
        assert window.faults() == [], window.page.url


def code(site: WebSite, secret: str) -> str:
    """Return the code of this half minute, which may be given once more."""
    with psycopg.connect(site.url) as conn:
        entering.forget_steps(conn)
        return code_of(conn, secret)


def sign_out(window: Window) -> None:
    window.page.get_by_role("button", name="Sign out", exact=True).click()
    expect(window.page.get_by_text("You are signed out.")).to_be_visible()


def by_password(window: Window, address: str) -> None:
    page = window.open("/sign-in?next=/help")
    looked_at(window)
    page.get_by_text("Sign in with a password").click()
    form = page.locator("form[action='/sign-in/password']")
    form.get_by_label("Your e-mail address").fill(address)
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button", name="Sign in").click()


def test_password_and_second_factor(phone: Window, site: WebSite):
    """Chosen, set up, and asked for at the next sign-in; a recovery code stands in."""
    address = f"ann-{phone.look.name}@a.example"
    phone.sign_in(site.url, address)
    page = phone.open("/account/password")
    looked_at(phone)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("You have a new password.")).to_be_visible()
    looked_at(phone)

    page.get_by_role("link", name="Set it up").click()
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator("img.qr")).to_be_visible()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    looked_at(phone)
    secret = entering.secret_on(page.content())
    page.get_by_label("The code that your program shows then").fill(code(site, secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Your second factor is on.")).to_be_visible()
    looked_at(phone)
    recovery = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    sign_out(phone)

    by_password(phone, address)
    expect(page).to_have_url(re.compile(r"/second-factor\?next="))
    looked_at(phone)
    page.get_by_label("The code that your program shows").fill(code(site, secret))
    page.get_by_role("button", name="Go on").first.click()
    expect(page).to_have_url(re.compile("/help$"))
    sign_out(phone)

    by_password(phone, address)
    page.get_by_text("I cannot get at my program").click()
    page.get_by_label("Recovery code").fill(recovery)
    page.locator("details").get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile("/help$"))


def test_a_provider(phone: Window, issuer: str):
    """There and back across sites, though our policy lets no form lead elsewhere."""
    address = f"bob-{phone.look.name}@b.example"
    oidc_provider.vouch(issuer, address, address)
    page = phone.open("/sign-in?next=/account")
    page.get_by_role("button", name="Sign in with Example University").click()
    expect(page).to_have_url(re.compile(re.escape(issuer)))
    page.locator("input[name=sub]").fill(address)
    page.get_by_role("button", name="Authorize").click()
    expect(page).to_have_url(re.compile("/account$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(address)
    looked_at(phone)
    # What the provider's own pages lack here is not ours.
    phone.complaints[:] = [each for each in phone.complaints if "net::ERR" not in each]


def test_pages_of_the_account_are_read_by_all(phone: Window, site: WebSite):
    """Each of them, with something on it."""
    phone.sign_in(site.url, f"cleo-{phone.look.name}@c.example")
    page = phone.open("/account/tokens")
    page.get_by_label("What it is for").fill("nightly backup")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("It is shown only now")).to_be_visible()
    looked_at(phone)
    for path in ("", "/sessions", "/tokens", "/data", "/password", "/second-factor"):
        phone.open(f"/account{path}")
        looked_at(phone)
    page = phone.open("/account/data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Get the file").click()
    assert download.value.suggested_filename == "listhub-export.json"


def test_nobody_on_this_host_passes_for_a_front_server(site: WebSite):
    """What a connection says to have come through is no proof of where it comes from."""
    with httpx2.Client(base_url=site.web) as client:
        headers = {HEADER: "ann@a.example", "X-Forwarded-For": FRONT}
        answer = client.get("/sign-in/front", headers=headers)
    assert answer.status_code == 403
    assert "has not said who you are" in answer.text
