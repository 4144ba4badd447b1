"""A site of 6,000 lists and a list of 100,000 members: few statements, and by indexes.

What a page costs is asserted by what is asked and how the planner finds it; how long
that takes is the machine's.
"""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from typing_extensions import override

from listhub.config import Settings
from listhub.lists import sent, shelf
from listhub.lists.mine import memberships
from listhub.lists.roster import page as roster
from listhub.lists.roster.page import Wanted as Members
from listhub.lists.shelf import Wanted
from listhub.lists.visible import Visitor
from listhub.outside.answers import Answers
from tests.servers import SharedPostgres, worker_name
from tests.shelves import SITE

LISTS, MEMBERS, POSTS = 6_000, 100_000, 5

_FILL = """
INSERT INTO domain (name) VALUES ('lists.example');
INSERT INTO mailing_list (domain_id, name, address)
SELECT 1, 'list' || n, 'list' || n || '@lists.example'
  FROM generate_series(1, 6000) AS n;
INSERT INTO setting_version (scope, list_id, version, "values", changed_by)
SELECT 'list', id, 1, jsonb_build_object('subject', 'About ' || md5(name),
       'visibility', CASE WHEN id % 4 = 0 THEN 'noconceal' ELSE 'conceal' END), 't'
  FROM mailing_list;
INSERT INTO person (address, address_key, display_name)
SELECT 'User' || n || '@d' || n % 500 || '.example',
       'user' || n || '@d' || n % 500 || '.example', 'Name ' || md5(n::text)
  FROM generate_series(1, 100000) AS n;
INSERT INTO subscription (list_id, person_id) SELECT 1, id FROM person;
INSERT INTO subscription (list_id, person_id)
SELECT list.id, person.id FROM mailing_list AS list
  JOIN person ON person.id BETWEEN list.id * 10 AND list.id * 10 + 9
 WHERE list.id > 1;
INSERT INTO role (list_id, person_id, kind)
SELECT id, id * 3, 'owner' FROM mailing_list;
INSERT INTO outgoing (list_id, trace, message_id, sequence, head, bounce_address,
                      recipients, created_at)
SELECT 1, gen_random_uuid(), 'm' || n || '@x', n, 'Subject: x', '', 100000,
       now() - n * interval '1 day'
  FROM generate_series(1, 5) AS n;
INSERT INTO packet (outgoing_id, n, verp, recipients, subscriptions, first_key,
                    last_key, settled_at)
SELECT outgoing.id, n, false, ARRAY(SELECT 'user' || n * 50 + i || '@d.example'
       FROM generate_series(1, 50) AS i), '{}', 'a', 'z', now()
  FROM outgoing, generate_series(0, 1999) AS n;
INSERT INTO outcome (packet_id, first, last, state, attempt, relay, code, enhanced,
                     reply, host)
SELECT id, 1, 49, 'delivered', 1, 'mx', 250, '', '', 'h' FROM packet
 UNION ALL
SELECT id, 50, 50, CASE WHEN id % 20 = 0 THEN 'refused' ELSE 'delivered' END, 1, 'mx',
       250, '', '', 'h' FROM packet;
INSERT INTO bounce_event (list_id, subscription_id, address, source, source_id, action,
                          status, diagnostic, trace, trouble)
SELECT list_id, id, 'x@x', 'dsn', id, 'failed', '5.1.1', '', gen_random_uuid(), ''
  FROM subscription WHERE id % 7 = 0;
INSERT INTO request (kind, waits_for, list_id, domain_id, trace, expires_at)
SELECT 'post', 'moderators', 1 + n % 500, 1, gen_random_uuid(), now()
  FROM generate_series(1, 10000) AS n;
ANALYZE
"""


@pytest.fixture(scope="module")
def filled(postgres_server: SharedPostgres, template_database: str) -> Iterator[str]:
    """Return the URL of a large site, made once for the tests of this module."""
    name = f"large_pages_{worker_name()}"
    url = postgres_server.create_database(name, template=template_database)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET work_mem = '64MB'")
        for statement in _FILL.split(";\n"):
            conn.execute(statement.encode())
        # What autovacuum does within minutes: counts then need no heap.
        conn.execute("VACUUM subscription, person, mailing_list")
    yield url
    postgres_server.drop_database(name)


class Site:
    """A connection that writes down what it is asked and how that is done."""

    def __init__(self, url: str) -> None:
        self.asked: list[str] = []
        self.plans: list[str] = []
        site = self

        class Noting(psycopg.Cursor[Any]):
            @override
            def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
                text = query if isinstance(query, bytes) else str(query).encode()
                site.asked.append(" ".join(text.decode().split())[:70])
                if b"SELECT" in text:
                    plan = psycopg.ClientCursor(self.connection)
                    plan.execute(b"EXPLAIN " + text, params)
                    site.plans.append("\n".join(row[0] for row in plan))
                return super().execute(query, params, **more)

        self.conn = psycopg.connect(url, cursor_factory=Noting)
        self.conn.execute("SET random_page_cost = 1.1")
        self.clear()

    def clear(self) -> None:
        self.asked.clear()
        self.plans.clear()

    @property
    def plan(self) -> str:
        return "\n\n".join(self.plans)


@pytest.fixture
def site(filled: str) -> Iterator[Site]:
    site = Site(filled)
    yield site
    site.conn.close()


def no_scan(plan: str, tables: Sequence[str]) -> None:
    """Fail for a plan that reads a whole large table."""
    for table in tables:
        assert f"Seq Scan on {table}" not in plan, plan


def test_a_page_of_lists(site: Site) -> None:
    """Two statements, however many lists: only those of the page are counted."""
    first = shelf.page(site.conn, Wanted())
    assert len(first.rows) == 50
    assert len(site.asked) == 2, site.asked
    assert (first.rows[0].held, first.rows[0].bouncing) == (0, 1)
    no_scan(site.plan, ["subscription", "bounce_event", "request"])
    site.clear()
    shelf.page(site.conn, Wanted(), cursor=first.after)
    assert "Index Scan" in site.plans[0]
    no_scan(site.plan, ["mailing_list AS list", "subscription"])
    site.clear()
    found = shelf.page(site.conn, Wanted(words=("list59", "about")))
    assert len(found.rows) == 50
    assert len(site.asked) == 2
    assert "setting_version_newest" in site.plans[0]
    no_scan(site.plan, ["setting_version", "subscription"])
    assert shelf.count(site.conn, Wanted(words=("list59",))) == 111


def test_lists_of_one_person(site: Site) -> None:
    """They are found from the person, not by looking through all lists."""
    found = shelf.page(site.conn, Wanted(person="user20@d20.example"))
    assert [row.name for row in found.rows] == ["list1", "list2"]
    assert len(site.asked) == 2
    no_scan(site.plan, ["subscription", "person", "role"])
    site.clear()
    ask = Answers(SITE).ask
    mine = memberships.memberships(
        site.conn, ask, "user20@d20.example", auth="md5", settings=SITE
    )
    assert len(mine) == 2
    assert len(site.asked) <= 5, site.asked
    no_scan(site.plan, ["subscription", "person", "mailing_list"])


def test_lists_that_somebody_may_see(site: Site) -> None:
    """As many are judged as a page takes, with a few statements for all of them."""
    settings = Settings()
    ask, visitor = Answers(settings).ask, Visitor(sender="x@x.example", auth="md5")
    page = shelf.seen(site.conn, ask, visitor, Wanted(), settings=settings)

    assert len(page.rows) == 50
    assert all(row.id % 4 == 0 for row in page.rows)
    judged = 300  # of which a quarter is shown
    assert len(site.asked) <= 6 + 3 * judged // 100, site.asked


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Members(), "person_order"),
        (Members(descending=True), "person_order"),
        (Members(sort="name"), "person_name"),
        (Members(sort="since"), "subscription_since"),
        (Members(sort="since", descending=True), "subscription_since"),
    ],
)
def test_a_page_of_members(site: Site, wanted: Members, index: str) -> None:
    """One statement, along an index, on the first page and on those behind it."""
    first = roster.page(site.conn, 1, wanted)
    second = roster.page(site.conn, 1, wanted, cursor=first.after)
    assert roster.page(site.conn, 1, wanted, cursor=second.before).rows == first.rows
    assert len(site.asked) == 3
    for plan in site.plans:
        assert index in plan, plan
        no_scan(plan, ["person", "subscription", "bounce_event"])


def test_members_are_counted_exactly(site: Site) -> None:
    """Without their rows; filters that concern few start from these."""
    assert roster.count(site.conn, 1, Members()) == MEMBERS
    assert "Index Only Scan" in site.plan
    site.clear()
    assert roster.count(site.conn, 1, Members(text="user4999")) == 11
    assert len(site.asked) == 1
    site.clear()
    assert roster.count(site.conn, 1, Members(bouncing=True)) == MEMBERS // 7
    assert len(roster.page(site.conn, 1, Members(bouncing=True)).rows) == 50
    assert len(site.asked) == 2


def test_posts_to_a_hundred_thousand(site: Site) -> None:
    """Figures come from what is no delivery; the ledger is not read through."""
    page = sent.page(site.conn, 1)
    assert [post.sequence for post in page.rows] == [1, 2, 3, 4, 5]
    assert sum(post.tally.failed for post in page.rows) == POSTS * MEMBERS // 50 // 20
    assert page.rows[0].tally.delivered == MEMBERS - page.rows[0].tally.failed
    assert len(site.asked) == 3, site.asked
    # The index of what is no delivery: of its partition, where it has a name of its own.
    assert "outcome_default_packet_id_idx1" in site.plan, site.plan
    no_scan(site.plan, ["outcome"])
    site.clear()
    assert sent.post(site.conn, 1, page.rows[0].trace) == page.rows[0]
    assert sent.post(site.conn, 1, uuid.uuid4()) is None
    assert len(site.asked) == 3
