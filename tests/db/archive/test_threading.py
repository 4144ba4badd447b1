"""Threads, whatever the order in which posts come."""

import re
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from listhub.archive import store
from listhub.archive.filing import Filing
from tests.archived import add_list, file_filings, file_posts, post, read, threads
from tests.threads import expected

Conn = psycopg.Connection[Any]
_NAME = re.compile(rb"Message-ID: (\S+)")
NAMES = [f"p{number}" for number in range(8)]

posts = st.builds(
    post,
    st.sampled_from(NAMES),
    subject=st.sampled_from(
        ["plans", "Re: plans", "Re: menu", "[dev] AW: menu", "Re:"]
    ),
    hours=st.integers(0, 8).map(lambda n: n * 24 * 9.0),
    # Ghosts too: posts that never come, by which others still belong together.
    refs=st.lists(st.sampled_from([*NAMES, "g1", "g2"]), max_size=2),
)


@pytest.fixture
def dev(driver: Conn) -> int:
    return add_list(driver)


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    raws=st.lists(
        posts, min_size=2, max_size=8, unique_by=lambda raw: _NAME.findall(raw)[0]
    ),
    data=st.data(),
)
def test_threads_follow_from_the_set_of_posts(
    driver: Conn, dev: int, raws: list[bytes], data: st.DataObject
) -> None:
    """Any order, any batches, and posts taken out: as the definition says of the rest."""
    filings = [read(driver, dev, raw) for raw in raws]
    with driver.transaction(force_rollback=True):
        for batch in _batches(data, filings):
            store.file_many(driver, batch)
        assert threads(driver, dev) == expected(filings)

        gone = data.draw(st.sets(st.sampled_from(filings), max_size=3))
        ids = driver.execute(
            "SELECT id FROM archive_message WHERE message_id = ANY(%s)",
            [[each.message_id for each in gone]],
        ).fetchall()
        store.remove(driver, list_id=dev, ids=[number for (number,) in ids])
        left = [each for each in filings if each not in gone]
        assert threads(driver, dev) == expected(left)


def _batches(data: st.DataObject, filings: list[Filing]) -> list[list[Filing]]:
    order = data.draw(st.permutations(filings))
    size = data.draw(st.integers(1, len(filings)))
    return [order[at : at + size] for at in range(0, len(order), size)]


def test_a_parent_that_comes_late_joins_its_answers(driver: Conn, dev: int) -> None:
    """Two answers to a post that is not there are one thread, before and after."""
    file_posts(driver, dev, [post("b", refs=["a"], hours=1)])
    file_posts(driver, dev, [post("c", refs=["a"], hours=2)])
    assert threads(driver, dev) == {frozenset({"b@m", "c@m"})}

    file_posts(driver, dev, [post("a")])
    assert threads(driver, dev) == {frozenset({"a@m", "b@m", "c@m"})}


def test_only_answers_without_references_go_by_their_subject(
    driver: Conn, dev: int
) -> None:
    """The same words twice are two threads; `Re:` belongs to the last before it."""
    file_posts(
        driver,
        dev,
        [
            post("old", subject="Minutes"),
            post("new", subject="Minutes", hours=24),
            post("re", subject="Re: [dev] minutes", hours=48),
            post("late", subject="Re: Minutes", hours=24 * 80),
        ],
    )

    assert threads(driver, dev) == {
        frozenset({"old@m"}),
        frozenset({"new@m", "re@m"}),
        frozenset({"late@m"}),
    }


def test_a_better_predecessor_takes_an_answer_over(driver: Conn, dev: int) -> None:
    """What comes between an answer and what it seemed to answer parts them."""
    file_posts(driver, dev, [post("old", subject="Menu")])
    file_posts(driver, dev, [post("re", subject="Re: Menu", hours=50)])
    assert threads(driver, dev) == {frozenset({"old@m", "re@m"})}

    file_posts(driver, dev, [post("new", subject="Menu", hours=40)])
    assert threads(driver, dev) == {frozenset({"old@m"}), frozenset({"new@m", "re@m"})}


def test_lists_have_threads_of_their_own(driver: Conn, dev: int) -> None:
    """What is filed at once for two lists belongs together in each of them alone."""
    other = add_list(driver, "other")
    root, answer = post("a"), post("b", refs=["a"], hours=1)
    by_subject = post("c", subject="Re: A question", hours=2)
    filings = [read(driver, dev, root), read(driver, other, answer)]
    filings += [read(driver, number, by_subject) for number in (other, dev)]
    file_filings(driver, filings)

    assert threads(driver, dev) == {frozenset({"a@m", "c@m"})}
    assert threads(driver, other) == {frozenset({"b@m", "c@m"})}


def test_posts_of_an_earlier_release_are_filed_anew(driver: Conn, dev: int) -> None:
    """What knew nothing of threads gets them; twice is as good as once."""
    filings = {
        each.message_id: each
        for each in (
            read(driver, dev, post("a")),
            read(driver, dev, post("b", refs=["a"], hours=1)),
            read(driver, dev, post("c", subject="Re: A question", hours=2)),
        )
    }
    ids = file_filings(driver, list(filings.values()))
    driver.execute("DELETE FROM archive_key")
    driver.execute("DELETE FROM archive_text")
    driver.execute(
        "UPDATE archive_message"
        " SET thread_id = NULL, refs = '{}', stem = '', answers = false, size = 0"
    )

    for _ in range(2):
        for name, number in ids.items():
            store.refile(driver, {number: filings[name]})
        assert threads(driver, dev) == {frozenset(ids)}
        count = driver.execute("SELECT count(*) FROM archive_text").fetchone()
        assert count == (3,)
    assert store.used(driver, dev) == sum(each.size for each in filings.values())
