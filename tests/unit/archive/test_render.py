"""Messages of strangers, shown: nothing acts, loads, leaks or leaves its box."""

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from listhub.archive.render import View, file, render, with_remote_images
from tests import corpora
from tests.mime_strategy import messages
from tests.safe_html import complaints

HOSTILE = corpora.files("archive")
ALL = HOSTILE | corpora.every_message()
NOW = datetime(2026, 11, 20, tzinfo=UTC)
_ADDRESS = re.compile(r"@[\w-]+\.example|%40", re.IGNORECASE)


def view(*, addresses: bool = True, html: bool = True) -> View:
    return View(addresses=addresses, html=html, file_url=lambda n: f"file/{n}")


def shown(name: str, *, addresses: bool = True, html: bool = True) -> str:
    seen = view(addresses=addresses, html=html)
    return render(HOSTILE[name], seen, received_at=NOW).body


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("html", [True, False], ids=["html", "text"])
def test_nothing_of_the_corpus_acts(name: str, html: bool) -> None:
    """A strict reader finds only what is on the list, and every tag closed."""
    for addresses in (True, False):
        seen = view(addresses=addresses, html=html)
        rendered = render(ALL[name], seen, received_at=NOW)
        assert complaints(rendered.body) == []


@given(messages())
def test_any_message_is_shown_safely(raw: bytes) -> None:
    """Whatever the structure, nothing raises and nothing acts."""
    for html in (True, False):
        rendered = render(raw, view(html=html), received_at=NOW)
        assert complaints(rendered.body) == []


FRAGMENTS = st.sampled_from(
    [
        *("<p>", "</p>", "<b", ">", "<", '"', "'", "<!--", "-->", "<blockquote>"),
        *("</blockquote>", "<svg>", "<math>", "<style>", "</style>", "<table>", "<td>"),
        *("<a href=", "javascript:", "https://x.example/", "<img src=", "cid:1", " on"),
        *(
            "onerror=alert(1) ",
            "&lt;",
            "&#0;",
            "\0",
            "</div>",
            "<script>",
            "x",
            "@a.b ",
        ),
        *("<details>", "<noscript>", "<template>", "<mglyph>", "<title>", "data:", "/"),
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=40).map("".join))
def test_any_html_is_shown_safely(page: str) -> None:
    """Any heap of tags and halves of tags comes out as a page that does nothing."""
    raw = b"Content-Type: text/html; charset=utf-8\n\n" + page.encode(errors="replace")
    plain = b"Content-Type: text/plain; charset=utf-8\n\n" + page.encode(
        errors="replace"
    )
    for each in (raw, plain):
        for addresses in (True, False):
            rendered = render(each, view(addresses=addresses), received_at=NOW)
            assert complaints(rendered.body) == []


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("html", [True, False], ids=["html", "text"])
def test_the_anonymous_see_no_address(name: str, html: bool) -> None:
    """Not in text, not in attributes, not in URLs, not percent-encoded."""
    seen = view(addresses=False, html=html)
    rendered = render(HOSTILE[name], seen, received_at=NOW)

    assert _ADDRESS.findall(rendered.body) == []
    assert (rendered.author, rendered.address) == ("Mallory Page", "")


@pytest.mark.parametrize(
    "name", sorted(set(HOSTILE) - {"koi8_undeclared", "plain_markup"})
)
def test_what_is_harmless_stays(name: str) -> None:
    """Taking out what acts leaves the text."""
    kept = {
        "scripts": "after",
        "handlers": "link",
        "urls": 'href="https://ok.example/page?a=1&amp;b=2"',
        "styles": "cover",
        "addresses": 'href="mailto:bob@b.example?cc=carol@c.example"',
        "unclosed": "never closed",
        "escape_the_box": "outside?",
        "quotes": "between",
        "charset_lie": "Grüße",
        "utf_16": "Grüße",
        "flowed_quotes": "This paragraph flows over three lines.",
        "inline_image": "rich",
        "encrypted": "",
    }
    assert kept.get(name, "kept") in shown(name)


def test_remote_images_wait_until_the_reader_asks() -> None:
    """Their addresses are kept where nothing loads them; data: images are gone."""
    rendered = render(HOSTILE["images"], view(), received_at=NOW)

    assert rendered.remote_images == 3
    assert " src=" not in rendered.body
    asked = with_remote_images(rendered.body)
    assert asked.count(' src="http') == 3
    anonymous = render(HOSTILE["images"], view(addresses=False), received_at=NOW)
    assert anonymous.remote_images == 2


def test_images_of_the_mail_itself_are_found() -> None:
    """cid: leads to the file with that Content-ID, never to one that can act."""
    rendered = render(HOSTILE["inline_image"], view(), received_at=NOW)

    [png] = [each for each in rendered.files if each.name == "pic.png"]
    assert rendered.body.count("<img") == 3
    assert re.findall(r' src="([^"]*)"', rendered.body) == [f"file/{png.number}"]
    found = file(HOSTILE["inline_image"], png.number)
    assert found == (png, b"\x89PNG\r\n\x1a\n")
    assert file(HOSTILE["inline_image"], 99) is None


def test_files_are_told_by_name_type_and_size() -> None:
    """Names are safe, a message within the message is a file."""
    rendered = render(HOSTILE["inline_image"], view(), received_at=NOW)

    assert [(f.name, f.media_type, f.size, f.inline) for f in rendered.files] == [
        ("pic.png", "image/png", 8, True),
        ("x.svg", "image/svg+xml", 24, False),
        ("_img src=x onerror=alert(1)_.pdf", "application/pdf", 4, False),
        ("attachment", "message/rfc822", 41, False),
    ]


def test_text_or_html_as_the_reader_likes() -> None:
    """Of alternatives the plain one is shown, unless HTML is asked for."""
    assert shown("inline_image", html=False) == '<div class="plain">plain text</div>'
    assert render(HOSTILE["inline_image"], view(), received_at=NOW).has_html


def test_encrypted_mail_is_said_to_be_so() -> None:
    """Nothing of it is shown; its parts are files."""
    rendered = render(HOSTILE["encrypted"], view(), received_at=NOW)

    assert (rendered.encrypted, rendered.body) == (True, "")
    assert len(rendered.files) == 2


def test_long_quotes_are_folded_and_short_ones_are_not() -> None:
    """Nine flowed lines are; one line is not; signatures do not flow."""
    body = shown("flowed_quotes")

    assert body.count("<details") == 1
    assert "&gt; line 8 of the quote</blockquote></details>" in body
    assert '<blockquote class="plain">&gt;&gt; short</blockquote>' in body
    assert 'href="https://ok.example/c"' in body
    assert "From space-stuffed" in body
    assert shown("quotes").count("<details") == 2


def test_charsets_that_nobody_declared_are_detected() -> None:
    """KOI8-R is seen to be it."""
    assert "Здравствуйте, коллеги!" in shown("koi8_undeclared")


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000,
        "".join(f"<font size={n}><p>" for n in range(30_000)),
        "<p><b><i><u>" + "<div>x</div>" * 30_000,
        "<a " + "a=b " * 100_000,
        "<" * 300_000,
        "a@" + "a." * 150_000,
        "http://" * 50_000,
        "<blockquote>" * 30_000,
        ">" * 300_000,
        "> " * 150_000,
    ],
    ids=lambda page: page[:12],
)
def test_hostile_pages_cost_no_more_than_others(page: str) -> None:
    """Time and room in proportion to the page; seconds would be minutes if not."""
    for kind in ("html", "plain"):
        raw = f"Content-Type: text/{kind}\n\n{page}".encode()
        began = time.process_time()
        rendered = render(raw, view(addresses=False), received_at=NOW)
        assert time.process_time() - began < 10
        assert len(rendered.body) < 10 * len(page)
