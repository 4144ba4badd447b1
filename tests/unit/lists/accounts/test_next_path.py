"""Where to go after signing in is a path of this site, whatever was written."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given, strategies as st

from listhub.lists.accounts.next_path import local

SITE = "https://lists.example"


def as_browsers_do(written: str) -> str:
    """Return what a browser makes of a text before it takes it apart (WHATWG URL)."""
    for dropped in "\t\r\n":
        written = written.replace(dropped, "")
    return written.strip("".join(map(chr, range(0x21)))).replace("\\", "/")


@pytest.mark.parametrize(
    "path", ["/", "/modindex", "/held/dev@lists.example?page=2&q=a%20b#top", "/a//b"]
)
def test_paths_of_ours(path: str) -> None:
    """They stay as they are."""
    assert local(path) == path


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "modindex",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=y",
        "/é",
        "/a b",
        "/\0",
        "/" + "a" * 5000,
    ],
)
def test_what_leads_elsewhere(wrong: str) -> None:
    """Other hosts, schemes, header lines and what browsers bend are nothing."""
    assert local(wrong) == ""


@given(st.text(alphabet="/\\@:?#.%\t\n\r evilxample-", max_size=30) | st.text())
@example("//")
@example("/%2f/evil")
def test_nothing_leaves_the_site(written: str) -> None:
    """Whatever is let through stays on this host, in any browser, and in one line."""
    path = local(written)
    if path:
        joined = urlsplit(urljoin(SITE, as_browsers_do(path)))
        assert (joined.scheme, joined.netloc) == ("https", "lists.example")
        assert path == written
        assert path.isprintable()
