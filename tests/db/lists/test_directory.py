from typing import Any

import psycopg
import pytest

from listhub.lists import directory
from listhub.lists.directory import Destination, Refusal

Conn = psycopg.Connection[Any]

WHERE = {
    "post@example.org": "distribute",
    "POST@Example.ORG": "distribute",
    '"post"@example.org': "distribute",
    "post-request@example.org": "forward",
    "post-editor@example.org": "forward",
    "listmaster@example.org": "forward",
    "post-owner@example.org": "bounce",
    "old-owner@example.org": "bounce",
    "bounce+abc@example.org": "bounce",
    "post@example.com": "5.1.2",
    "listmaster@example.com": "5.1.2",
    "bounce+abc@example.com": "5.1.2",
    "none@example.org": "5.1.1",
    "none-owner@example.org": "5.1.1",
    "none-subscribe@example.org": "5.1.1",
    "old@example.org": "5.2.1",
    "old-request@example.org": "5.2.1",
    "old-subscribe@example.org": "5.2.1",
    "sympa@example.org": "command",
    "listhub@example.org": "command",
    "sympa@example.com": "5.1.2",
    "post-subscribe@example.org": "command",
    "post-unsubscribe@example.org": "command",
    "sympa-request@example.org": "5.1.1",
    "post": "5.1.2",
    "@example.org": "5.1.1",
    "": "5.1.2",
    "\u00fc@example.org": "5.1.1",
}


@pytest.fixture
def conn(driver: Conn) -> Conn:
    driver.execute("INSERT INTO domain (name) VALUES ('example.org')")
    for name, status in (("post", "open"), ("old", "closed")):
        driver.execute(
            """
            INSERT INTO mailing_list (domain_id, name, address, status)
            SELECT id, %(n)s, %(n)s || '@' || name, %(s)s FROM domain
            """,
            {"n": name, "s": status},
        )
    return driver


@pytest.mark.parametrize(("recipient", "expected"), WHERE.items())
def test_where_an_address_leads(conn: Conn, recipient: str, expected: str) -> None:
    """Each kind of address has its room, or a refusal that says why."""
    verdict = directory.find(conn, [recipient])[recipient]
    if isinstance(verdict, Refusal):
        assert (verdict.code, verdict.enhanced) == (550, expected)
        assert verdict.text.endswith(".")
    else:
        assert verdict.stage == expected


def test_postfix_is_told_the_same(conn: Conn) -> None:
    """Postfix's map knows the addresses that intake takes, and no others."""
    for recipient, expected in WHERE.items():
        if not recipient.isascii() or recipient.startswith('"'):
            continue  # Postfix asks for what it has unquoted
        known = conn.execute("SELECT postfix_recipient(%s)", [recipient]).fetchall()
        assert bool(known) is not expected.startswith("5."), recipient


def test_a_batch_is_answered_as_each_of_it_alone(conn: Conn) -> None:
    """Many recipients are found together, each once."""
    found = directory.find(conn, [*WHERE, *WHERE])
    assert list(found) == list(WHERE)
    assert found == {each: directory.find(conn, [each])[each] for each in WHERE}


def test_priority_comes_from_the_nearest_level(conn: Conn) -> None:
    """The list's own priority, else its domain's, else the site's, else 5."""
    seen = [_priority(conn)]
    for scope, column, priority in (
        ("site", "NULL, NULL", "8"),
        ("domain", "domain_id, NULL", "7"),
        ("list", "NULL, id", "2"),
        ("list", "NULL, id", "z"),
    ):
        conn.execute(
            f"""
            INSERT INTO setting_version
                   (scope, domain_id, list_id, version, values, changed_by)
            SELECT %(scope)s, {column}, (SELECT count(*) FROM setting_version),
                   jsonb_build_object('priority', %(priority)s::text), 'test'
              FROM mailing_list WHERE name = 'post'
            """,  # noqa: S608  our own columns
            {"scope": scope, "priority": priority},
        )
        seen.append(_priority(conn))
    assert seen == [(5, False), (8, False), (7, False), (2, False), (5, True)]


def _priority(conn: Conn) -> tuple[int, bool]:
    verdict = directory.find(conn, ["post@example.org"])["post@example.org"]
    assert isinstance(verdict, Destination)
    return verdict.priority, verdict.held


def test_the_look_up_uses_indexes_only(conn: Conn) -> None:
    """However many lists there are, a look-up reads those that are asked for."""
    conn.execute(
        """
        INSERT INTO mailing_list (domain_id, name, address)
        SELECT domain.id, 'l' || n, 'l' || n || '@example.org'
          FROM domain, generate_series(1, 5000) AS n
        """
    )
    conn.execute("ANALYZE mailing_list")
    statement = "EXPLAIN " + directory._LOOK_UP
    parameters = {"lists": ["l7@example.org", "l8@example.org"], "domains": ["x"]}
    plan = "\n".join(row[0] for row in conn.execute(statement, parameters))
    assert "mailing_list_address_key" in plan
    assert "Seq Scan on mailing_list" not in plan
