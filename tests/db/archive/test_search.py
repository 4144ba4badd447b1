"""Finding posts: words, filters, pages, and only where the reader may look."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.archive.search import After, Page, Search, search
from tests.archived import BEGAN, add_list, file_posts, post

Conn = psycopg.Connection[Any]
FILE = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
    "Content-Type: text/plain\r\n\r\nThe budget is attached.\r\n--b\r\n"
    'Content-Type: application/pdf; name="forecast.pdf"\r\n\r\nx\r\n--b--'
)


@pytest.fixture
def dev(driver: Conn) -> int:
    number = add_list(driver)
    file_posts(
        driver,
        number,
        [
            post(
                "a", subject="Meetings", body="We met on Monday. Write to bob@b.example"
            ),
            post("b", subject="Budget", hours=1, head=FILE, author="bob@b.example"),
            post("c", subject="Plans", hours=2, body="A meeting & more <next> week"),
        ],
    )
    return number


def found(page: Page) -> list[str]:
    return [each.subject for each in page.found]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Search(words="meeting"), ["Plans", "Meetings"]),
        (Search(words="meeting", order="best"), ["Meetings", "Plans"]),
        (Search(words='"met on monday"'), ["Meetings"]),
        (Search(words="meeting -monday"), ["Plans"]),
        (Search(words="monday or week"), ["Plans", "Meetings"]),
        (Search(words="forecast.pdf"), ["Budget"]),
        (Search(words="the of"), []),
        (Search(words="nothing such"), []),
        (Search(author="Lee"), ["Plans", "Meetings"]),
        (Search(author="ann@A.example"), ["Plans", "Meetings"]),
        (Search(author="bob", words="budget"), ["Budget"]),
        (Search(with_files=True), ["Budget"]),
        (Search(since=BEGAN + timedelta(hours=2)), ["Plans"]),
        (Search(until=BEGAN + timedelta(hours=1)), ["Meetings"]),
        (Search(), ["Plans", "Budget", "Meetings"]),
        (Search(words="' & | ! ( :* \\ \0 \ud800"), ["Plans", "Budget", "Meetings"]),
        (Search(author="x' | 'y\\"), []),
        (Search(words="list§1 in§english"), []),
    ],
)
def test_posts_are_found(
    driver: Conn, dev: int, wanted: Search, expected: list[str]
) -> None:
    """Words in any form, phrases, exclusions and filters; no input is an error."""
    assert found(search(driver, wanted, lists=[dev], addresses=True)) == expected


def test_nothing_is_found_outside_of_the_given_lists(driver: Conn, dev: int) -> None:
    """What the reader may not see is not found, not with many lists either."""
    other = add_list(driver, "other")
    many = [other, *range(10**9, 10**9 + 50)]

    for lists in ([], [other], many):
        assert not search(driver, Search(), lists=lists, addresses=True).found
        page = search(driver, Search(words="meeting"), lists=lists, addresses=True)
        assert not page.found
    page = search(driver, Search(words="budget"), lists=[*many, dev], addresses=True)
    assert found(page) == ["Budget"]


def test_each_list_is_searched_in_its_language(driver: Conn, dev: int) -> None:
    """French endings are French; a word that both have is found in both."""
    fr = add_list(driver, "fr")
    file_posts(
        driver,
        fr,
        [post("f", subject="Un meeting", body="Nous parlerons des propositions")],
        language="fr",
    )

    page = search(driver, Search(words="proposition"), lists=[dev, fr], addresses=True)
    assert found(page) == ["Un meeting"]
    both = search(driver, Search(words="meeting"), lists=[dev, fr], addresses=True)
    assert found(both) == ["Plans", "Un meeting", "Meetings"]


def test_snippets_are_safe_and_show_what_was_found(driver: Conn, dev: int) -> None:
    """Markup of the text is text; only our marks are markup."""
    [plans, _] = search(
        driver, Search(words="meeting"), lists=[dev], addresses=True
    ).found

    assert plans.snippet == ("<mark>meeting</mark> &amp; more week")


@pytest.mark.parametrize("words", ["", "monday", "bob@b.example"])
def test_addresses_are_hidden_from_the_anonymous(
    driver: Conn, dev: int, words: str
) -> None:
    """Neither authors nor snippets tell them one."""
    page = search(driver, Search(words=words), lists=[dev], addresses=False)

    assert page.found
    for each in page.found:
        assert "b.example" not in repr(each).replace("<mark>", "")
        assert "a.example" not in repr(each)


@pytest.mark.parametrize("order", ["newest", "best"])
def test_pages_give_each_post_once(driver: Conn, dev: int, order: Any) -> None:
    """Going on after the last post of a page leaves nothing out."""
    file_posts(
        driver,
        dev,
        [
            post(f"n{n}", subject=f"Note {n}", body="meeting " * (n % 3 + 1))
            for n in range(9)
        ],
    )
    wanted = Search(words="meeting", order=order)
    whole = found(search(driver, wanted, lists=[dev], addresses=True))

    seen: list[str] = []
    after: After | None = None
    while True:
        page = search(driver, wanted, lists=[dev], addresses=True, after=after, limit=2)
        seen += found(page)
        after = page.after
        if after is None:
            break
    assert seen == whole
    assert len(seen) == len(set(seen)) == 11
