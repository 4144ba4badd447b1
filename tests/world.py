"""A small world around a site: its relay delivers, and those who get mail react.

What the site sends is really sent by SMTP; what goes to its own addresses comes back in
through the intake's own function, and everybody else reacts as they are told.  Time
passes in rounds; in each, all rooms are emptied once and all mail is delivered.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from listhub import clock
from listhub.intake.accept import Incoming, accept
from listhub.lists import directory
from listhub.lists.directory import Destination
from listhub.mail.dsn import DsnRecipient, compose_dsn
from listhub.mail.headers import Headers
from listhub.stages.table import STAGES
from tests.relay_thread import relay_in_thread
from tests.rooms import DOMAIN, Rooms, open_rooms
from tests.smtp_server import Received, ScriptedRelay


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail on its way, for one recipient."""

    reverse_path: str
    recipient: str
    content: bytes

    @property
    def headers(self) -> Headers:
        return Headers.parse(self.content)


#: What somebody sends back on getting a letter.
Reaction = Callable[[Letter], list[Letter]]


@dataclass
class World:
    """Everybody outside, by address; who is not there keeps quiet."""

    rooms: Rooms
    relay: ScriptedRelay
    people: Mapping[str, Reaction] = field(default_factory=dict)
    delivered: list[Letter] = field(default_factory=list)
    _seen: int = 0

    def post(self, letter: Letter) -> None:
        """Hand a letter to the site, as an MTA would; refused ones are gone."""
        conn = self.rooms.conn
        found = directory.find(conn, [letter.recipient])[letter.recipient]
        if isinstance(found, Destination):
            incoming = Incoming(
                content=letter.content,
                reverse_path=letter.reverse_path,
                recipients=((letter.recipient, found),),
                via="lmtp",
                host="test",
            )
            accept(conn, [incoming], window=timedelta(days=1))
        conn.commit()

    def turn(self) -> int:
        """Let a round pass; return how many letters were delivered in it."""
        for stage in STAGES:
            self.rooms.drain(stage.name)
        fresh = self.relay.received[self._seen :]
        self._seen = len(self.relay.received)
        letters = [letter for mail in fresh for letter in _letters(mail)]
        for letter in letters:
            self.delivered.append(letter)
            for answer in self._reactions(letter):
                self.post(answer)
        return len(letters)

    def run(self, *, rounds: int = 40) -> int:
        """Let rounds pass until nothing moves; return how many it took."""
        for number in range(rounds):
            if not self.turn() and not self._waiting():
                return number
        raise AssertionError(f"mail still moves after {rounds} rounds")

    def _reactions(self, letter: Letter) -> list[Letter]:
        if letter.recipient.endswith(f"@{DOMAIN}"):
            return [letter]
        react = self.people.get(letter.recipient)
        return react(letter) if react else []

    def _waiting(self) -> int:
        rows = self.rooms.rows("SELECT count(*) AS n FROM spool_item")
        return int(rows[0].n)


@contextmanager
def world(url: str, people: Mapping[str, Reaction] | None = None) -> Iterator[World]:
    """Open a site with a relay that delivers into a world of these people."""
    with relay_in_thread() as relay:
        path = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(url, relays=(path,)) as rooms:
            yield World(rooms=rooms, relay=relay, people=people or {})


def vacation(letter: Letter) -> list[Letter]:
    """Answer as RFC 3834 wants it: never to lists or programs, to the reverse-path."""
    headers = letter.headers
    marks = headers.get("Precedence") in {b"list", b"bulk", b"junk"}
    if marks or headers.get("List-Id") or headers.get("Auto-Submitted"):
        return []
    if not letter.reverse_path:
        return []
    return [
        _answer(
            letter,
            to=letter.reverse_path,
            reverse_path="",
            extra=("Auto-Submitted", "auto-replied"),
        )
    ]


def rude(letter: Letter) -> list[Letter]:
    """Answer everything without any mark, to whoever From or Reply-To names."""
    headers = letter.headers
    to = _address(headers.text("Reply-To") or headers.text("From"))
    return [_answer(letter, to=to, reverse_path=letter.recipient)] if to else []


def bouncing(letter: Letter) -> list[Letter]:
    """Be a mailbox that does not exist: a report goes to the reverse-path."""
    if not letter.reverse_path:
        return []
    report = compose_dsn(
        sender=f"mailer-daemon@{letter.recipient.rpartition('@')[2]}",
        to=letter.reverse_path,
        reporting_mta="mx.test.example",
        message_id=f"dsn.{_number(letter)}@mx.test.example",
        date=clock.now(),
        text="No such mailbox.",
        recipients=[
            DsnRecipient(
                address=letter.recipient,
                action="failed",
                status="5.1.1",
                diagnostic="550 5.1.1 no such mailbox",
            )
        ],
        original_headers=letter.headers.to_bytes(),
    )
    return [Letter(reverse_path="", recipient=letter.reverse_path, content=report)]


def _letters(mail: Received) -> list[Letter]:
    sender = re.search(r"<([^>]*)>", mail.mail)
    path = sender[1] if sender else ""
    return [
        Letter(reverse_path=path, recipient=to, content=mail.content)
        for to in mail.recipients
    ]


def _answer(
    letter: Letter,
    *,
    to: str,
    reverse_path: str,
    extra: tuple[str, str] | None = None,
) -> Letter:
    head = Headers()
    head.add("From", letter.recipient)
    head.add("To", to)
    head.add("Subject", "I am away: " + letter.headers.text("Subject")[:100])
    head.add(
        "Message-ID", f"<away.{_number(letter)}@{letter.recipient.rpartition('@')[2]}>"
    )
    if extra:
        head.add(*extra)
    content = head.to_bytes() + b"I am away.\r\n"
    return Letter(reverse_path=reverse_path, recipient=to, content=content)


def _address(field: str) -> str:
    found = re.search(r"[^\s<>]+@[^\s<>]+", field)
    return found[0] if found else ""


def _number(letter: Letter) -> str:
    """Return a name for an answer that is as new as what it answers."""
    return sha256(letter.content).hexdigest()[:20]
