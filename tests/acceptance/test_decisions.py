"""Every way that a held post or a request can go, through real processes and by mail."""

import itertools
import json
import re
import smtplib
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from listhub.embedded.process import wait_until
from listhub.mail.headers import Headers
from tests.relay_thread import relay_in_thread
from tests.rooms import DOMAIN, Rooms
from tests.smtp_server import ScriptedRelay
from tests.system.site import Site, SitePlan

DEV = f"dev@{DOMAIN}"
COMMANDS = f"sympa@{DOMAIN}"
ANN, BOB, EVE = "ann@a.example", "bob@b.example", "eve@e.example"
MOE, MAX = "moe@m.example", "max@m.example"
OWN = "own@o.example"

pytestmark = pytest.mark.timeout(300)


@dataclass
class Town:
    """A running site, and the mailboxes of everybody around it."""

    site: Site
    relay: ScriptedRelay
    _read: int = 0
    _boxes: dict[str, list[bytes]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def post(
        self, author: str, to: str, subject: str, body: str = "Hello.", extra: str = ""
    ) -> None:
        """Hand a mail over by LMTP; it must be accepted."""
        raw = (
            f"From: {author}\r\nTo: {to}\r\nSubject: {subject}\r\n"
            f"Message-ID: <town.{next(self._numbers)}@t.example>\r\n{extra}\r\n{body}\r\n"
        )
        with smtplib.LMTP("127.0.0.1", self.site.lmtp_port) as client:
            client.sendmail(author, [to], raw.encode())

    def next_to(self, address: str, *, timeout: float = 20.0) -> bytes:
        """Return the next mail that reaches somebody, in the order of arrival."""
        assert wait_until(lambda: bool(self._box(address)), timeout=timeout), (
            f"nothing came to {address}; {self.subjects()}"
        )
        return self._box(address).pop(0)

    def answers(self, who: str, verb: str, keys: list[str]) -> None:
        """Send the same command with each of these keys, one mail after the other."""
        for key in keys:
            self.post(who, COMMANDS, f"{verb} dev {key}")

    def listhub(self, *words: str) -> None:
        """Run a command of the operator's; it must succeed."""
        program = Path(sys.executable).with_name("listhub")
        subprocess.run([program, *words], env=self.site.environment, check=True)

    def quiet(self) -> bool:
        """Wait until nothing waits in any room any more."""
        query = "SELECT count(*) FROM spool_item WHERE state IN ('ready', 'deferred')"
        return wait_until(lambda: self.site.rows(query)[0][0] == 0, timeout=20)

    def count(self, address: str) -> int:
        """Return how many unread mails somebody has, once all is quiet."""
        assert self.quiet()
        return len(self._box(address))

    def subjects(self) -> dict[str, list[str]]:
        return {
            who: [Headers.parse(raw).text("Subject") for raw in box]
            for who, box in self._boxes.items()
        }

    def _box(self, address: str) -> list[bytes]:
        fresh = self.relay.received[self._read :]
        self._read += len(fresh)
        for mail in fresh:
            for to in mail.recipients:
                self._boxes.setdefault(to, []).append(mail.content)
        return self._boxes.setdefault(address, [])


@contextmanager
def town(directory: Path, **settings: Any) -> Iterator[Town]:
    """Run a site of two hosts with a list that has moderators, owners and members."""
    with relay_in_thread() as relay:
        plan = SitePlan(
            directory=directory / "site",
            lists=(),
            settings={
                "delivery.relays": json.dumps([f"smtp://127.0.0.1:{relay.port}"]),
            },
        )
        with Site(plan) as site:
            with site.rooms() as rooms:
                number = rooms.add_list(
                    members=[ANN, BOB], owners=[OWN], verp_rate=0, **settings
                )
                for moderator in (MOE, MAX):
                    _grant(rooms, number, moderator)
            yield Town(site=site, relay=relay)


def _grant(rooms: Rooms, number: int, address: str) -> None:
    rooms.conn.execute(
        "INSERT INTO role (list_id, person_id, kind) VALUES (%s, %s, 'moderator')",
        [number, rooms.person(address)],
    )
    rooms.conn.commit()


def key_in(raw: bytes, verb: str = "DISTRIBUTE") -> str:
    """Return the key that a mail offers for a verb."""
    text = raw.decode(errors="replace").replace("%20", " ").replace("=\r\n", "")
    found = re.search(rf"{verb} (?:\S+ )?([a-z0-9]{{16,}})", text)
    assert found, text
    return found[1]


def test_approved_by_mail(server_directory: Path):
    """The moderators get the post; one says DISTRIBUTE; members get it; all are told."""
    with town(server_directory, send="editorkey") as here:
        here.post(EVE, DEV, "Please")
        to_moe, to_max = here.next_to(MOE), here.next_to(MAX)
        assert b"Status: 2.3.0" in here.next_to(EVE)
        here.post(MOE, COMMANDS, f"DISTRIBUTE dev {key_in(to_moe)}")

        assert b"Subject: Please" in here.next_to(ANN)
        assert b"Subject: Please" in here.next_to(BOB)
        assert b"Status: 2.1.5" in here.next_to(EVE)
        # The other moderator comes too late, and is told who was first.
        here.post(MAX, COMMANDS, f"REJECT dev {key_in(to_max, 'REJECT')}")
        told = here.next_to(MAX)
        assert MOE.encode() in told
        assert (here.count(ANN), here.count(EVE)) == (0, 0)


def test_rejected_with_a_reason_by_plain_reply(server_directory: Path):
    """A moderator answers the mail with a verb and a reason; the author reads it."""
    with town(server_directory, send="editorkey") as here:
        here.post(EVE, DEV, "Buy now")
        asked = Headers.parse(here.next_to(MOE))
        here.next_to(EVE)
        subject, to = asked.text("Subject"), asked.text("Reply-To")
        address = re.search(r"[^\s<>]+@[^\s<>]+", to)
        assert address
        body = "reject Not the place for it.\r\n\r\n> Buy now"
        here.post(MOE, address[0], f"Re: {subject}", body)

        assert b"Not the place for it." in here.next_to(EVE)
        assert here.count(ANN) == 0
        states = here.site.rows("SELECT state, decided_by, decided_how FROM request")
        assert states == [("rejected", MOE, "mail")]
        # The same answer once more changes nothing.
        here.post(MOE, address[0], f"Re: {subject}", body)
        assert here.count(EVE) == 0


def test_nobody_decides(server_directory: Path):
    """When its time is over the post is gone, and its author is told so."""
    with town(server_directory, send="editorkey") as here:
        here.post(EVE, DEV, "Hello?")
        here.next_to(MOE)
        here.next_to(EVE)
        with here.site.rooms() as rooms:
            rooms.conn.execute("UPDATE request SET expires_at = now()")
            rooms.conn.commit()

        # The job is due with its next slot; asking for it by hand spares the wait.
        here.listhub("job", "run", "expire-requests")
        assert b"Hello?" in here.next_to(EVE)
        assert here.site.rows("SELECT state FROM request") == [("expired",)]


def test_confirmed_by_its_author(server_directory: Path):
    """A post that needs its author's word goes out after CONFIRM, and once only."""
    with town(server_directory, send="publickey") as here:
        here.post(EVE, DEV, "It is me")
        key = key_in(here.next_to(EVE), "CONFIRM")
        for _ in range(2):
            here.post(EVE, COMMANDS, f"CONFIRM {key}")

        assert b"Subject: It is me" in here.next_to(ANN)
        assert here.count(ANN) == 0


def test_a_subscription_is_confirmed_and_approved(server_directory: Path):
    """SUBSCRIBE, then AUTH by the person, then the owner's word, then a welcome."""
    with town(server_directory, subscribe="auth_owner") as here:
        here.post(EVE, COMMANDS, "subscribe dev")
        asked = here.next_to(EVE)
        here.post(EVE, COMMANDS, f"AUTH {key_in(asked, 'AUTH')} SUBSCRIBE dev")
        to_owner = here.next_to(OWN)
        here.post(OWN, COMMANDS, f"AUTH {key_in(to_owner, 'AUTH')} ADD dev {EVE}")

        members = (
            "SELECT address FROM subscription JOIN person ON person.id = person_id"
        )
        assert wait_until(lambda: (EVE,) in here.site.rows(members), timeout=20)


@pytest.mark.timeout(600)
def test_two_moderators_in_the_same_instant(server_directory: Path):
    """A hundred posts, two moderators at once for each: one effect, the other told."""
    with town(
        server_directory, send="editorkey", posts_per_day=0, repeats_per_day=0
    ) as here:
        rounds = 100
        for number in range(rounds):
            here.post(EVE, DEV, f"Round {number}")
        keys = {
            who: [key_in(here.next_to(who, timeout=60)) for _ in range(rounds)]
            for who in (MOE, MAX)
        }
        clashing = [
            threading.Thread(target=here.answers, args=(who, verb, keys[who]))
            for who, verb in ((MOE, "DISTRIBUTE"), (MAX, "REJECT"))
        ]
        for thread in clashing:
            thread.start()
        for thread in clashing:
            thread.join()

        assert here.quiet()
        states = here.site.rows("SELECT state, count(*) FROM request GROUP BY state")
        assert sum(count for _, count in states) == rounds
        approved = dict(states).get("approved", 0)
        assert here.count(ANN) == approved
        late = "SELECT count(*) FROM audit WHERE action LIKE 'request.%%'"
        assert here.site.rows(late) == [(rounds,)]
