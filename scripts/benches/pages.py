"""What pages cost on a large site, and a decision about 10,000 posts: pages.

6,000 lists, one of them with 100,000 members; 10,000 posts wait on 500 lists, of which
one person moderates every one.  Real `listhub web`, one request after another.
"""

import re
import statistics
import time
from datetime import timedelta
from urllib.parse import urlencode

import httpx2
import psycopg

from listhub.config import Database, Settings
from listhub.embedded.private import free_port
from listhub.lists import persons
from listhub.lists.accounts import sessions
from listhub.lists.moderation import hold
from listhub.lists.moderation.hold import Asking
from listhub.lists.posting import find_list
from listhub.lists.settings import load_list_settings
from scripts.benches.figures import Figure
from scripts.benches.processes import load_average
from scripts.benches.site import Lab, Site, site

LISTS, HELD_LISTS, HELD, MEMBERS = 6_000, 500, 10_000, 100_000
#: Milliseconds for 95 of 100 requests.
GOAL = 200.0
REQUESTS = 60
#: Seconds in which workers carry out what they can of the decision.
PATIENCE = 40.0

MODERATOR, LISTMASTER = "mod@a.example", "lise@a.example"
BIG = "big@lists.example"

_LISTS = """
INSERT INTO mailing_list (domain_id, name, address)
SELECT domain.id, 'list' || n, 'list' || n || '@lists.example'
  FROM domain, generate_series(1, %s) AS n WHERE domain.name = 'lists.example'
"""
_SUBJECTS = """
INSERT INTO setting_version (scope, list_id, version, "values", changed_by)
SELECT 'list', id, 1, jsonb_build_object('subject', 'About ' || md5(name)), 'bench'
  FROM mailing_list WHERE name LIKE 'list%'
"""
_ROLES = """
INSERT INTO role (list_id, person_id, kind)
SELECT id, %s, 'moderator' FROM mailing_list ORDER BY id LIMIT %s
"""
_HELD = """
INSERT INTO request (kind, waits_for, list_id, domain_id, subject, author, detail,
                     size, spam, why, trace, expires_at, created_at, author_key, stem,
                     relay, has_attachment)
SELECT 'post', 'moderators', lists.id, one.domain_id, 'Subject ' || n,
       'u' || n %% 900 || '@e.example', one.detail, n * 7919 %% 100000,
       (ARRAY['spam', 'ham', 'unsure', NULL])[1 + n %% 4], 'A rule.',
       gen_random_uuid(), now() + interval '9 days', now() - n * interval '1 minute',
       'u' || n %% 900 || '@e.example',
       CASE WHEN n %% 3 = 0 THEN 'buy now #' ELSE 'subject ' || n %% 4000 END,
       '198.51.100.' || n %% 200, n %% 5 = 0
  FROM request AS one, generate_series(2, %(held)s) AS n
  JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM
        (SELECT id FROM mailing_list ORDER BY id LIMIT %(lists)s) AS picked) AS lists
    ON n %% %(lists)s = lists.place - 1
 WHERE one.id = %(one)s
"""


def pages(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Open the large pages again and again, then decide about all that waits."""
    port = free_port()
    environment = {
        "LISTHUB_WEB__PORT": str(port),
        "LISTHUB_WEB__URL": f"http://127.0.0.1:{port}",
    }
    with site(lab, environment=environment) as running:
        fill(running, scale)
        running.start("web", "web")
        running.wait_for_port(port)
        cookies = {who: _sign_in(running, who) for who in (MODERATOR, LISTMASTER)}
        base = f"http://127.0.0.1:{port}"
        figures = [
            _measure(base, cookies[who], path, case, runs=runs)
            for case, who, path in _CASES
        ]
        return [*figures, *_decide(running, base, cookies[MODERATOR])]


_CASES = (
    ("queue, 10,000 held on 500 lists", MODERATOR, "/modindex"),
    ("queue, filtered and sorted", MODERATOR, "/modindex?sender=u7&sort=spam"),
    ("queue of one list", MODERATOR, f"/modindex/{BIG}"),
    ("lists, 6,000", LISTMASTER, "/lists"),
    ("lists, searched", LISTMASTER, "/lists?q=list59"),
    ("members, 100,000", LISTMASTER, f"/members/{BIG}"),
    ("members, searched", LISTMASTER, f"/members/{BIG}?q=999"),
    ("members, last page first", LISTMASTER, f"/members/{BIG}?sort=since&down=1"),
    ("operations", LISTMASTER, "/operations"),
)


def fill(running: Site, scale: float) -> None:
    """Make the lists, the members and what waits."""
    running.make_list("big", int(MEMBERS * scale))
    running.conn.execute(_LISTS, [int(LISTS * scale)])
    running.conn.execute(_SUBJECTS)
    list_id = running.value("SELECT id FROM mailing_list WHERE name = 'big'")
    settings = _settings(running)
    with psycopg.connect(running.url) as conn:
        moderator = persons.find_or_make(conn, MODERATOR)
        lists = max(1, int(HELD_LISTS * scale))
        conn.execute(_ROLES, [moderator, lists])
        conn.execute(
            "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
            [persons.find_or_make(conn, LISTMASTER)],
        )
        row = find_list(conn, list_id)
        assert row is not None
        held = hold.hold_request(
            conn,
            Asking(
                kind="subscribe",
                waits_for="owners",
                person="eve@e.example",
                author="eve@e.example",
            ),
            list_id=list_id,
            domain_id=row.domain_id,
            list_settings=load_list_settings(conn, list_id),
            settings=settings,
        )
        many = {"one": held.request_id, "held": int(HELD * scale), "lists": lists}
        conn.execute(_HELD, many)
    running.analyze()


def _settings(running: Site) -> Settings:
    return Settings(database=Database(url=running.url))


def _sign_in(running: Site, address: str) -> str:
    with psycopg.connect(running.url) as conn:
        person_id = persons.find_or_make(conn, address)
        return sessions.make(
            conn, person_id, method="link", settings=_settings(running)
        )


def _measure(base: str, cookie: str, path: str, case: str, *, runs: int) -> Figure:
    """Return the slowest of 95 in 100 requests, in milliseconds, for each run."""
    worst, middle = [], []
    with httpx2.Client(base_url=base, cookies={"listhub": cookie}) as client:
        for _ in range(runs):
            times = []
            for _ in range(REQUESTS):
                began = time.perf_counter()
                response = client.get(path)
                times.append((time.perf_counter() - began) * 1000)
                if response.status_code != 200:
                    raise RuntimeError(f"{path}: {response.status_code}")
            worst.append(sorted(times)[int(len(times) * 0.95) - 1])
            middle.append(statistics.median(times))
    return Figure(
        workload="pages",
        case=case,
        unit="ms, p95",
        rates=worst,
        goal=f"<= {GOAL:g}",
        met=statistics.median(worst) <= GOAL,
        note=f"median {statistics.median(middle):.0f} ms; load average"
        f" {load_average()}",
    )


def _decide(running: Site, base: str, cookie: str) -> list[Figure]:
    """Reject all that waits with one click; say how long it took to answer and to do."""
    waiting = _waiting(running)
    with httpx2.Client(base_url=base, cookies={"listhub": cookie}) as client:
        page = client.get("/modindex").text
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
        assert found is not None
        form = {"csrf": found[1], "do": "reject", "whole": "1"}
        began = time.perf_counter()
        response = client.post(
            "/modindex",
            content=urlencode(form),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        answered = time.perf_counter() - began
    if response.status_code != 303:
        raise RuntimeError(f"the decision was answered with {response.status_code}")
    ends = time.monotonic() + PATIENCE
    while _waiting(running) and time.monotonic() < ends:
        time.sleep(0.2)
    # The time in which it can be undone is part of it.
    seconds = time.perf_counter() - began
    done = waiting - _waiting(running)
    return [
        Figure(
            workload="pages",
            case=f"rejecting {waiting:,}, answered",
            unit="ms",
            rates=[answered * 1000],
            goal="<= 1,000",
            met=answered <= 1,
            note=f"{done:,} were carried out after {timedelta(seconds=round(seconds))},"
            " ten seconds for undoing included",
        )
    ]


def _waiting(running: Site) -> int:
    query = "SELECT count(*) FROM request WHERE state = 'waiting' AND kind = 'post'"
    return int(running.value(query))
