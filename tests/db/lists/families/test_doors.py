"""Which addresses a family makes lists of: Python, intake and Postfix say the same."""

import re
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from listhub.errors import UsageError
from listhub.lists import directory
from listhub.lists.directory import Destination, Refusal
from listhub.lists.families import pattern as patterns

Conn = psycopg.Connection[Any]

PATTERN = "course-${code}-${year:digits}"

WHERE = {
    "course-law-2026@example.org": "automatic",
    "Course-LAW-2026@Example.ORG": "automatic",
    "course-law.12_b-1@example.org": "automatic",
    "course-law-2026@example.com": "5.1.1",
    "course-law-2026@nowhere.example": "5.1.2",
    "course-law-x@example.org": "5.1.1",
    "course-law--1@example.org": "5.1.1",
    "course-law-2026-request@example.org": "5.1.1",
    "course-law-2026-owner@example.org": "5.1.1",
    "course-law-2026-subscribe@example.org": "5.1.1",
    "course-here-1@example.org": "distribute",
    "course-here-1-request@example.org": "forward",
    "course-asleep-1@example.org": "automatic",
    "course-asleep-1-editor@example.org": "forward",
    "course-closed-1@example.org": "5.2.1",
    f"course-{'a' * 43}-1@example.org": "automatic",
    f"course-{'a' * 44}-1@example.org": "5.1.1",
}


@pytest.fixture
def conn(driver: Conn) -> Conn:
    driver.execute("INSERT INTO domain (name) VALUES ('example.org'), ('example.com')")
    add(driver, "courses", PATTERN, domain="example.org")
    for name, status, dormant in (
        ("course-here-1", "open", False),
        ("course-asleep-1", "open", True),
        ("course-closed-1", "closed", False),
    ):
        driver.execute(
            """
            INSERT INTO mailing_list (domain_id, name, address, status, dormant)
            SELECT id, %(n)s, %(n)s || '@' || name, %(s)s, %(d)s FROM domain
             WHERE name = 'example.org'
            """,
            {"n": name, "s": status, "d": dormant},
        )
    return driver


def add(conn: Conn, name: str, written: str, *, domain: str | None = None) -> None:
    conn.execute(
        """
        INSERT INTO family (name, domain_id, pattern, expression)
        VALUES (%s, (SELECT id FROM domain WHERE name = %s), %s, %s)
        """,
        [name, domain, written, patterns.parse(written).expression],
    )


@pytest.mark.parametrize(("recipient", "expected"), WHERE.items())
def test_intake_and_postfix_agree(conn: Conn, recipient: str, expected: str) -> None:
    """An address has one answer, at whichever door it is asked."""
    verdict = directory.find(conn, [recipient])[recipient]
    if isinstance(verdict, Refusal):
        assert verdict.enhanced == expected
    else:
        assert verdict.stage == expected
    known = conn.execute("SELECT postfix_recipient(%s)", [recipient]).fetchall()
    assert bool(known) is isinstance(verdict, Destination)


def test_many_recipients_are_one_question_more(conn: Conn) -> None:
    """A batch is answered as each of it alone."""
    found = directory.find(conn, list(WHERE))
    assert found == {each: directory.find(conn, [each])[each] for each in WHERE}


def test_known_lists_are_one_look_up(conn: Conn) -> None:
    """Families are only asked for names that no list has."""
    conn.execute("UPDATE family SET expression = '('")
    known = ["course-here-1@example.org", "listmaster@example.org"]
    assert len(directory.find(conn, known)) == 2
    with pytest.raises(psycopg.errors.InvalidRegularExpression):
        directory.find(conn, ["other@example.org"])


def test_the_familys_own_domain_comes_first(conn: Conn) -> None:
    """Of several families that fit, that of the domain makes the list."""
    add(conn, "all", "course-${rest}")
    add(conn, "any", "${rest}-1")
    rows = conn.execute(
        "SELECT domain.name, family FROM domain,"
        " automatic_family('course-x-1', domain.id) AS family ORDER BY 1"
    ).fetchall()
    assert rows == [("example.com", "all"), ("example.org", "courses")]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.from_regex(
        r"([ab.+_-]{0,3}(\$\{x(:(digits|letters|a|ab|b\|a-))?\}[ab.+-]{1,2}){1,2}"
        r"(\$\{z\})?)",
        fullmatch=True,
    ).map(lambda text: text.replace("${x", "${y", 1)),
    data=st.data(),
)
def test_python_reads_what_postgresql_matches(
    conn: Conn, written: str, data: st.DataObject
) -> None:
    """Whatever the pattern and the name, both fit or neither does."""
    try:
        found = patterns.parse(written)
    except UsageError:
        return
    values = st.text("ab1.+_-", max_size=3) | st.sampled_from(["a", "b", "1", "é", ""])
    name = re.sub(r"\$\{[^}]*\}", lambda _: data.draw(values), written)
    conn.execute("UPDATE family SET expression = %s", [found.expression])
    row = conn.execute(
        "SELECT automatic_family(%s, id) FROM domain WHERE name = 'example.org'",
        [name],
    ).fetchone()
    assert (row is not None) is (found.read(name) is not None)


def test_names_are_those_of_lists(conn: Conn) -> None:
    """What may not be called a list is not made one, also by a pattern that fits."""
    conn.execute("UPDATE family SET expression = '^.*$'")
    for name in (
        "listmaster",
        "sympa",
        "listhub",
        "bounce",
        "bounce+x",
        "mailer-daemon",
    ):
        row = conn.execute(
            "SELECT automatic_family(%s, id) FROM domain WHERE name = 'example.org'",
            [name],
        ).fetchone()
        assert row is None, name
