"""Failing jobs and stopped sources are seen: on the command line and the status page."""

import json

import pytest

from listhub.jobs import troubles
from listhub.web.status import Reporter
from tests.rooms import Rooms
from tests.spool.cli.conftest import command


def run(
    rooms: Rooms,
    job: str,
    outcome: str | None,
    *,
    scope: str = "site",
    ago: str = "1 minute",
    attempts: int = 5,
) -> None:
    """Have a run of a job that ended so, or has not ended yet."""
    rooms.conn.execute(
        "INSERT INTO job_run (job, scope, due_at, finished_at, outcome, attempts, detail)"
        " VALUES (%s, %s, now() - %s::interval,"
        "         CASE WHEN %s = 'failing' THEN NULL ELSE now() - %s::interval END,"
        "         %s, %s, 'ValueError: ann@a.example')",
        [job, scope, ago, outcome, ago, outcome, attempts],
    )
    rooms.conn.commit()


def test_a_job_is_in_trouble_until_a_later_run_goes_well(rooms: Rooms) -> None:
    """Failed for good or failing again counts; what was mended or has just begun not."""
    run(rooms, "sweep", "failed")
    run(rooms, "mended", "failed", ago="1 hour")
    run(rooms, "mended", "done", ago="1 minute")
    run(rooms, "once", "failing", attempts=1)
    run(rooms, "given-up", "failed", ago="3 days")
    for name in ("a", "b", "c"):
        run(rooms, "remind-members", "failing", scope=f"{name}@lists.example")
    run(rooms, "remind-members", "done", scope="d@lists.example")

    found = troubles.look(rooms.conn)

    assert [(each.job, each.runs, each.state) for each in found.jobs] == [
        ("remind-members", 3, "failing"),
        ("sweep", 1, "failed"),
    ]
    many, one = found.problems
    assert many.startswith("The job remind-members fails for 3 domains or lists; `list")
    assert one == "The job sweep fails; `listhub job history sweep` says why."
    assert found.remarks == []


def sources(rooms: Rooms, *states: tuple[str, int]) -> None:
    """Have a list for each state of its sources."""
    for number, (state, failures) in enumerate(states):
        rooms.conn.execute(
            "INSERT INTO source_sync (list_id, role, state, failures)"
            " VALUES (%s, 'member', %s, %s)",
            [rooms.add_list(f"l{number}"), state, failures],
        )
    rooms.conn.commit()


def test_sources_that_wait_for_owners_are_told_without_an_alarm(rooms: Rooms) -> None:
    """They are counted, and nobody is called at night; one failure is not told at all."""
    sources(
        rooms, ("stopped", 1), ("stopped", 9), ("failing", 3), ("failing", 1), ("ok", 0)
    )

    found = troubles.look(rooms.conn)

    assert (found.sources.stopped, found.sources.failing) == (2, 1)
    assert found.problems == []
    assert found.remarks == [
        "Sources of 2 roles of lists are stopped until an owner says that people may go.",
        "Sources of one role of a list do not answer.",
    ]


def test_the_status_page_names_jobs_and_nobody_else(rooms: Rooms) -> None:
    """A failing job makes the page say that something needs a look; no list is named."""
    run(rooms, "remind-members", "failed", scope="l0@lists.example")
    sources(rooms, ("stopped", 1))

    report = Reporter(rooms.host.settings.database).report()

    assert not report.healthy
    assert report.flowing
    document = report.document()
    assert document["jobs"] == [{"job": "remind-members", "runs": 1, "state": "failed"}]
    assert document["sources"] == {"stopped": 1, "failing": 0}
    assert "@" not in json.dumps(document)


@pytest.mark.parametrize("broken", [False, True])
def test_status_on_the_command_line(rooms: Rooms, *, broken: bool) -> None:
    """`listhub status` tells both; only what fails makes the exit code 1."""
    sources(rooms, ("stopped", 1))
    if broken:
        run(rooms, "sweep", "failed")
    listhub = command(rooms.url)

    said = listhub("status")
    document = json.loads(listhub("status", "--json").stdout)

    assert said.returncode == (1 if broken else 0)
    assert ("All is well." in said.stdout) is not broken
    assert ("The job sweep fails;" in said.stdout) is broken
    assert "Sources of one role of a list are stopped" in said.stdout
    assert document["healthy"] is not broken
    assert len(document["jobs"]) == (1 if broken else 0)
    assert document["sources"] == {"stopped": 1, "failing": 0}


def test_a_month_of_runs_is_looked_at_fast(rooms: Rooms) -> None:
    """The look goes along the index of what went wrong, not through all runs."""
    rooms.conn.execute(
        "INSERT INTO job_run (job, due_at, finished_at, outcome)"
        " SELECT 'sweep', now() - n * interval '1 minute', now(),"
        "        CASE WHEN n % 5000 = 0 THEN 'failed' ELSE 'done' END"
        "   FROM generate_series(1, 40000) AS n"
    )
    rooms.conn.execute("ANALYZE job_run")

    plan = rooms.rows(f"EXPLAIN {troubles._JOBS}")

    text = "\n".join(row[0] for row in plan)
    assert "job_run_trouble" in text
    assert "Seq Scan" not in text
