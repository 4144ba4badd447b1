import time

import pytest
from hypothesis import given, strategies as st

from listhub.mail.html_text import LONGEST_PAGE, html_to_text

PAGE = """
<!DOCTYPE html><html><head><title>T</title><style>p { color: red }</style></head>
<body><h1>News &amp; more</h1><p>Hello <b>you</b>, see
<a href="https://a.example/x?a=1&amp;b=2">this page</a>, <a href=https://b.example/>
https://b.example</a> or <a href="mailto:c@example.org">c@example.org</a>, in a line that
is long.</p>
<ul><li>one<li>two <ul><li>deep</ul><li><p>three</p></ul><ol start=3><li>c<li>d</ol>
<blockquote><p>quoted</p><p>again</p></blockquote>
<pre>  code
    x</pre>
<table><tr><th>A<th>B</tr><tr><td>1</td><td>2</td></tr></table><hr>
<img src="x" alt="A logo">bye&nbsp;<script>alert(1)</script>1 &lt; 2 < 3
<a href="javascript:x">no</a><!-- hidden <p>
"""
TEXT = """\
News & more

Hello you, see this page [1], https://b.example or c@example.org, in a
line that is long.

* one
* two
  * deep
* three

3. c
4. d

> quoted
>
> again

  code
    x

A | B
1 | 2

* * *

[A logo] bye 1 < 2 < 3 no

[1] https://a.example/x?a=1&b=2
"""
BOMBS = (
    '<a "', "<a", "<", "<!--", "<script>", "&amp;", "&#9", "<ul><li>x", "<td>x", "</a>",
    "<blockquote>x", "<a href=x>", "<a href='", "<a href=https://x.example>x</a>",
    "<div>", "x ", '<p a="', "<!", "<pre>x", "<a href href=",
)  # fmt: skip


def test_a_page() -> None:
    """Paragraphs, links, lists, quotes, code and tables read well as text."""
    assert html_to_text(PAGE) == TEXT


@pytest.mark.parametrize("space", [" ", "<pre> "])
def test_cells_after_blanks_take_no_longer(space: str) -> None:
    """Each of many cells looks at no more than itself, whatever stands before them."""
    start = time.monotonic()
    html_to_text(space + " " * 500_000 + "<td>" * 100_000)

    assert time.monotonic() - start < 3


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_page_takes_long(bomb: str) -> None:
    """Time and text are in proportion to the page."""
    start = time.monotonic()
    text = html_to_text(bomb * 50_000)

    assert time.monotonic() - start < 3
    assert len(text) < 50_000 * 30


def test_very_long_pages_are_cut() -> None:
    """Of a page beyond all measure the start is there, and a mark that more was."""
    text = html_to_text("<p>x</p>" * (LONGEST_PAGE // 8 + 1))

    assert text.endswith("x\n\n[…]\n")


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<ul>", "</ul>", "<li>", "<a href='x:", "'>"])
        | st.sampled_from(["</a>", "<pre>", "</pre>", "<td>", "</blockquote>", "&lt;"])
        | st.sampled_from(["<ol start=9>", "</ol>", "<!--", "-->", "<script>", "\0"])
        | st.text(max_size=5)
    ).map("".join)
)
def test_any_page(page: str) -> None:
    """Any page gives lines of text without control characters."""
    text = html_to_text(page)

    assert all(line.rstrip() == line for line in text.split("\n"))
    assert not set(text) & {"\0", "\r", "\x1b", "\u2028"}
    text.encode()
