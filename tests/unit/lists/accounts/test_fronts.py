"""Headers of front servers: believed from their addresses only, and if they are clear."""

import pytest
from hypothesis import given, strategies as st

from listhub.config import Settings, SignIn, Web
from listhub.errors import UsageError
from listhub.lists.accounts import fronts
from listhub.lists.said import SaidError

ANN = "ann@a.example"


def behind(*proxies: str, header: str = "X-Mail") -> Settings:
    return Settings(web=Web(proxies=proxies), sign_in=SignIn(header=header))


@pytest.mark.parametrize(
    ("peer", "trusted", "expected"),
    [
        ("192.0.2.1", ["192.0.2.1"], True),
        ("192.0.2.2", ["192.0.2.1"], False),
        ("192.0.2.2", ["10.0.0.0/8", "192.0.2.0/24"], True),
        ("::ffff:192.0.2.2", ["192.0.2.0/24"], True),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db8::1", ["0.0.0.0/0"], False),
        ("", ["unix"], True),
        ("", ["0.0.0.0/0", "::/0"], False),
        ("testclient", ["0.0.0.0/0"], False),
        ("192.0.2.1", [], False),
    ],
)
def test_who_is_a_front_server(peer: str, trusted: list[str], expected: bool) -> None:
    """An address, a network, or whoever speaks through the socket."""
    assert fronts.is_trusted(peer, trusted) is expected


def test_settings_that_are_wrong_are_named() -> None:
    """A network that is none is one sentence, not a traceback."""
    with pytest.raises(UsageError, match=r"web\.proxies has 10\.0\.0\.0/99"):
        fronts.is_trusted("10.0.0.1", ["10.0.0.0/99"])


def test_who_is_named() -> None:
    """The one address that a front server gives."""
    settings = behind("192.0.2.1")
    assert fronts.named(settings, peer="192.0.2.1", values=[f" {ANN} "]) == ANN
    assert fronts.named(settings, peer="192.0.2.1", values=[]) == ""
    assert fronts.named(settings, peer="192.0.2.1", values=[" "]) == ""


def test_strangers_are_not_believed() -> None:
    """From any other address, or with the setting off, the header says nothing."""
    assert fronts.named(behind("192.0.2.1"), peer="192.0.2.9", values=[ANN]) == ""
    assert fronts.named(behind(), peer="192.0.2.1", values=[ANN]) == ""
    off = behind("192.0.2.1", header="")
    assert fronts.named(off, peer="192.0.2.1", values=[ANN]) == ""


@pytest.mark.parametrize(
    "values",
    [
        [ANN, "root@a.example"],
        [f"{ANN},root@a.example"],
        [f"{ANN};root@a.example"],
        ["Ann"],
        [f"Ann <{ANN}>"],
        [f"{ANN}\r\nX: y"],
        ["(null)"],
    ],
)
def test_unclear_headers(values: list[str]) -> None:
    """Two people, or none, is nobody, and said so."""
    with pytest.raises(SaidError):
        fronts.named(behind("192.0.2.1"), peer="192.0.2.1", values=values)


@given(st.lists(st.text(), max_size=3))
def test_any_header(values: list[str]) -> None:
    """Whatever it says: an address, nobody, or a sentence."""
    try:
        found = fronts.named(behind("192.0.2.1"), peer="192.0.2.1", values=values)
    except SaidError:
        return
    assert not found or "@" in found
