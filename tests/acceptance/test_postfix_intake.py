"""A real Postfix in front and behind: pipe, LMTP, unknown lists, bounces that return."""

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from listhub.embedded.process import wait_until
from listhub.embedded.relay import CatchingRelay
from tests.postfix import Postfix, skip_without_postfix
from tests.rooms import DOMAIN, post_bytes
from tests.system.site import ListPlan, Site, SitePlan

LISTS = (ListPlan(name="dev", members=12, verp=True),)
#: The catching server refuses addresses that begin so.
REFUSED = "refuse.me@d9.example"


@contextmanager
def whole_system(
    directory: Path, catcher: CatchingRelay, *, by: str
) -> Iterator[tuple[Site, Postfix]]:
    """Run a site whose mail comes and goes through one Postfix."""
    postfix = Postfix(main={"relayhost": f"[127.0.0.1]:{catcher.port}"})
    plan = SitePlan(
        directory=directory,
        hosts=("alpha",),
        concurrency=1,
        lists=LISTS,
        settings={
            "delivery.relays": json.dumps([postfix.url]),
            # Where Postfix's pipe, which is nobody, can reach it.
            "intake.socket": str(postfix.directory / "intake.sock"),
            "intake.socket_mode": "0666",
        },
    )
    with Site(plan) as site:
        with site.rooms() as rooms:
            rooms.subscribe(1, REFUSED)
        _configure(postfix, site, by=by)
        with postfix:
            yield site, postfix


def _configure(postfix: Postfix, site: Site, *, by: str) -> None:
    """Do with the output of `listhub postfix config` what a postmaster does."""
    argv = [sys.executable, "-m", "listhub.cli.main", "postfix", "config"]
    done = subprocess.run(
        [*argv, f"--{by}", "--json"],
        env={**site.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    files: dict[str, str] = json.loads(done.stdout)
    with psycopg.connect(site.url, autocommit=True) as conn:
        conn.execute(files.pop("role.sql").encode())
    main = _without_comments(files.pop("main.cf"))
    master = _without_comments(files.pop("master.cf")).replace(
        "user=listhub", "user=nobody"
    )
    for name, text in files.items():
        path = postfix.directory / name
        path.write_text(text)
        # The proxy runs as postfix; the directory goes away with the test.
        path.chmod(0o644)
    settings = dict(
        line.replace("/etc/postfix/", f"{postfix.directory}/").split(" = ", 1)
        for line in main.splitlines()
        if " = " in line
    )
    postfix.configure(main=settings, master=master + "\n")


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def _post(postfix: Postfix, raw: bytes, *, to: str = f"dev@{DOMAIN}") -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=60) as client:
        client.sendmail("dev0@d0.example", [to], raw)


def _caught(catcher: CatchingRelay) -> list[str]:
    return sorted(to for one in catcher.transactions() for to in one.recipients)


@pytest.mark.parametrize("by", ["pipe", "lmtp"])
def test_a_post_goes_round(
    server_directory: Path, catcher: CatchingRelay, by: str
) -> None:
    """In by pipe or LMTP, out through Postfix; a refused member's bounce comes home."""
    skip_without_postfix(maps=["pgsql"])
    with whole_system(server_directory / "site", catcher, by=by) as (site, postfix):
        _post(postfix, post_bytes(author="dev0@d0.example"))

        people = sorted(LISTS[0].people)
        assert wait_until(lambda: _caught(catcher) == people, timeout=90), postfix.log
        # Postfix took the mail for REFUSED, was refused, and reported it to the
        # reverse-path, which leads back here.
        events = "SELECT address, source, status FROM bounce_event"
        assert wait_until(lambda: bool(site.rows(events)), timeout=90), postfix.log
        assert site.rows(events) == [(REFUSED, "dsn", "5.1.1")]


def test_unknown_lists_are_refused_at_the_door(
    server_directory: Path, catcher: CatchingRelay
) -> None:
    """An unknown list is refused at RCPT, so that no bounce is ever made for it."""
    skip_without_postfix(maps=["pgsql"])
    with whole_system(server_directory / "site", catcher, by="lmtp") as (_, postfix):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            _post(postfix, post_bytes(), to=f"nolist@{DOMAIN}")

        [(code, text)] = refused.value.recipients.values()
        assert code == 550
        assert b"5.1.1" in text
