"""A first post makes its list and reaches its members, through real processes."""

import smtplib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.acceptance.test_decisions import Town, town
from tests.rooms import DOMAIN

ANN, BOB = "ann@a.example", "bob@b.example"
LAW, ART = f"course-law@{DOMAIN}", f"course-art@{DOMAIN}"

FAMILY = f"""
domain = "{DOMAIN}"
pattern = "course-${{code}}"
[settings]
subject = "Course ${{code}}"
verp_rate = 0
[[sources]]
name = "enrolment"
kind = "sql"
[sources.fields]
url = "URL"
statement = "SELECT mail FROM enrolment WHERE course = '${{code}}'"
"""  # noqa: S608 - a test's own words

pytestmark = pytest.mark.timeout(180)


def prepare(here: Town, directory: Path) -> None:
    """Write the family, and the table elsewhere that says who takes which course."""
    with here.site.rooms() as rooms:
        rooms.conn.execute("CREATE TABLE enrolment (course text, mail text)")
        for person in (ANN, BOB):
            rooms.conn.execute("INSERT INTO enrolment VALUES ('law', %s)", [person])
        rooms.conn.commit()
    path = directory / "courses.toml"
    path.write_text(FAMILY.replace("URL", here.site.url))
    here.listhub("family", "put", "courses", str(path))


def by_pipe(here: Town, author: str, to: str) -> int:
    """Hand a mail over as an MTA's pipe does without the daemon; return the exit code."""
    raw = (
        f"From: {author}\r\nTo: {to}\r\nSubject: By pipe\r\n"
        f"Message-ID: <pipe.{author}>\r\n\r\nHello.\r\n"
    )
    program = [sys.executable, "-m", "listhub.cli.enqueue_direct"]
    done = subprocess.run(
        [*program, "--sender", author, "--", to],
        input=raw.encode(),
        env=here.site.environment,
        check=False,
    )
    return done.returncode


def test_first_posts_make_one_list(server_directory: Path):
    """Three at once by two doors on a site of two hosts: one list, all posts arrive."""
    with town(server_directory) as here:
        prepare(here, server_directory)
        posts = [
            threading.Thread(target=here.post, args=(author, LAW, f"From {author}"))
            for author in (ANN, BOB)
        ]
        for each in posts:
            each.start()
        assert by_pipe(here, ANN, LAW) == 0
        for each in posts:
            each.join(timeout=30)
        assert here.count(ANN) == here.count(BOB) == 3
        assert here.site.rows(_LISTS) == [(LAW, False, 3)]
        for _ in range(3):
            here.next_to(ANN)

        here.post(ANN, ART, "Anybody here?")
        assert b"Status: 4.2.4" in here.next_to(ANN, timeout=60)
        assert by_pipe(here, ANN, f"lesson-law@{DOMAIN}") == 67
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            here.post(ANN, f"lesson-law@{DOMAIN}", "Nothing fits")


_LISTS = """
SELECT address, dormant, sequence FROM mailing_list WHERE family = 'courses'
"""
