"""The status page's HTML: what it says, and that it says it safely."""

import dataclasses
from datetime import UTC, datetime

from listhub.jobs.troubles import Sources, Troubles
from listhub.spool.stats import Room
from listhub.web import page
from listhub.web.status import Report

AT = datetime(2026, 11, 21, 21, 4, 5, tzinfo=UTC)
ROOM = Room(
    stage="send", oldest=2.0, ready=12_345, leased=3, deferred=0, most_attempts=1
)


def report(
    *rooms: Room, problems: tuple[str, ...] = (), database: bool = True
) -> Report:
    return Report(at=AT, database=database, rooms=rooms, problems=problems)


def test_figures_are_shown():
    """Each room is a row; estimates are marked."""
    about = dataclasses.replace(ROOM, ready_estimated=True)
    text = page.status(report(about), refresh=True)
    assert "All is well" in text
    assert "send</th>" in text
    assert "~12,345" in text
    assert "The oldest item has waited for 2 seconds." in text
    assert "21 Nov 2026, 21:04 UTC" in text


def test_renewing_can_be_switched_off():
    """Who reads slowly may stop the page from renewing itself."""
    assert 'http-equiv="refresh"' in page.status(report(ROOM), refresh=True)
    assert "refresh=off" in page.status(report(ROOM), refresh=True)
    assert 'http-equiv="refresh"' not in page.status(report(ROOM), refresh=False)


def test_what_is_wrong_stands_out():
    """Overdue and buried figures are marked, and the problems are said in words."""
    bad = dataclasses.replace(ROOM, stage="<send>", oldest=1000.0, buried=1)
    text = page.status(report(bad, problems=("late", "buried")), refresh=True)
    assert text.count('class="figure wrong-text"') == 2
    assert "In &lt;send&gt; the oldest item has waited for 17 minutes." in text
    assert "In &lt;send&gt; 1 item is buried." in text
    assert "Needs a look" in text


def test_the_page_is_in_the_readers_language():
    """In the words of all pages, and below the path of the site's address."""
    text = page.status(report(ROOM), refresh=True, language="fr", base="/lists")
    assert '<html lang="fr">' in text
    assert 'href="/lists/status.json"' in text


def test_without_a_database_there_is_a_page():
    """The page says that the database is away, and shows no figures."""
    problems = ("The database does not answer.",)
    text = page.status(report(problems=problems, database=False), refresh=True)
    assert "The database does not answer." in text
    assert "<table" not in text


def test_nothing_is_inline():
    """The strict policy allows neither styles nor scripts in the page."""
    text = page.status(report(ROOM), refresh=True)
    assert "style=" not in text
    assert "<script" not in text


def test_health_follows_the_flow():
    """Buried items need a look; late ones and a lost database stop the flow."""
    assert report(ROOM).flowing
    assert report(ROOM, problems=("buried",)).flowing
    assert not report(ROOM, problems=("buried",)).healthy
    assert not report(dataclasses.replace(ROOM, oldest=301.0)).flowing
    assert not report(database=False).flowing


def test_remarks_are_no_problems():
    """What owners have to see to is told on a page that says that all is well."""
    remarked = dataclasses.replace(
        report(ROOM), troubles=Troubles(sources=Sources(stopped=2))
    )
    text = page.status(remarked, refresh=False)
    assert "All is well" in text
    assert "Sources of 2 roles of lists are stopped" in text
