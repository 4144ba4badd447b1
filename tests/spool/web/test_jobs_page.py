"""Jobs: how each stands, in words; run, pause and resume once, whatever is clicked."""

from collections.abc import Iterator

import pytest

from listhub.jobs import schedule
from listhub.jobs.table import JOBS, by_name
from tests import lively
from tests.lively import HOSTILE, PEOPLE
from tests.operations import deeds, operator
from tests.rooms import Rooms
from tests.web_client import Client, statements


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with operator(site) as client:
        yield client


def test_all_jobs_are_shown(client: Client, site: Rooms):
    """Each with its cadence in words, how it stands, and when it comes next."""
    schedule.tick(site.conn, JOBS)
    site.conn.commit()
    page = client.get("/jobs")
    for job in JOBS:
        assert job.name in page.text
    for words in ("every minute", "every hour", "every 6 hours", "every 10 minutes"):
        assert words in page.text
    assert "due" in page.text


def test_a_job_is_run_once_whatever_is_clicked(client: Client, site: Rooms):
    """The second click is told that it is due; a worker runs it, and it is done."""
    client.get("/jobs/sweep")
    page = client.post("/jobs/sweep", {"do": "run"})
    assert "sweep is due; the next free worker takes it." in page.text
    page = client.post("/jobs/sweep", {"do": "run"})
    assert "sweep is due or at work already" in page.text
    assert len(site.rows("SELECT FROM job_run WHERE job = 'sweep'")) == 1
    assert deeds(site, "job.run") == [(PEOPLE.site, "sweep", "web")]
    site.drain("task")
    page = client.get("/jobs/sweep")
    assert "leases cleared" in page.text
    assert "sweep done" in page.text


def test_a_job_of_lists_is_run_for_each(client: Client, site: Rooms):
    """The runs of a job for many are told by their number."""
    site.conn.execute("UPDATE mailing_list SET created_at = now() - interval '1 year'")
    site.conn.commit()
    job = by_name("evaluate-bounces")
    assert job is not None
    client.get("/jobs")
    page = client.post("/jobs/evaluate-bounces", {"do": "run", "back": "/jobs"})
    assert page.path == "/jobs"
    assert page.status == 200


def test_a_job_is_paused_and_resumed(client: Client, site: Rooms):
    """Said with who did it; a second click changes nothing."""
    client.get("/jobs")
    page = client.post("/jobs/sweep", {"do": "pause"})
    assert "sweep is paused until somebody resumes it" in page.text
    assert f"Paused by {PEOPLE.site}" in page.text
    assert "was paused already" in client.post("/jobs/sweep", {"do": "pause"}).text
    assert "is run again" in client.post("/jobs/sweep", {"do": "resume"}).text
    assert "is not paused" in client.post("/jobs/sweep", {"do": "resume"}).text
    assert deeds(site, "job.pause") == [(PEOPLE.site, "sweep", "web")]
    assert deeds(site, "job.resume") == [(PEOPLE.site, "sweep", "web")]


def test_the_history_goes_on_by_key(client: Client, site: Rooms):
    """Sixty runs are two pages; why one failed stands there as text."""
    site.conn.execute(
        "INSERT INTO job_run (job, due_at, started_at, finished_at, outcome, detail)"
        " SELECT 'sweep', now() - n * interval '1 min', now(), now(), 'failed', %s"
        "   FROM generate_series(1, 60) AS n",
        [HOSTILE],
    )
    site.conn.commit()
    page = client.get("/jobs/sweep")
    assert page.html.count("&lt;script&gt;alert(1)") == 50
    assert "<img src=x" not in page.html
    second = client.get(next(link for link in page.links() if "page=" in link))
    assert second.html.count("&lt;script&gt;alert(1)") == 10


def test_what_is_no_job_is_no_page(client: Client):
    """An unknown name, and an unknown order."""
    assert client.get("/jobs/nothing").status == 404
    assert client.post("/jobs/nothing", {"do": "run"}).status == 404
    assert client.post("/jobs/sweep", {"do": "burn"}).status == 400


def test_pages_cost_a_bounded_number_of_statements(client: Client):
    """Session, standing, and one statement for all jobs."""
    for path in ("/jobs", "/jobs/sweep"):
        with statements() as seen:
            assert client.get(path).status == 200
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= 5, asked
