"""Reports of delivery: for each cause its status, to whom it goes, and when none does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

import pytest

from listhub.lists.moderation.outcomes import Action
from tests.held import decide
from tests.rooms import DOMAIN, Rooms, post_bytes

ANN, ENVELOPE, OWNER = "ann@a.example", "bounces@a.example", "own@o.example"


def _approve(rooms: Rooms) -> None:
    [row] = rooms.rows("SELECT id FROM request")
    rooms.conn.execute("TRUNCATE packet, outgoing CASCADE")
    rooms.conn.commit()
    decide(rooms, row.id, Action.APPROVE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """What makes a report, and which."""

    status: str
    stage: str = "distribute"
    to: str = f"dev@{DOMAIN}"
    settings: dict[str, Any] = field(default_factory=dict)
    extra: str = ""
    body: str = "Hello\r\n"
    subject: str = "A question"
    owners: tuple[str, ...] = (OWNER,)
    then: Callable[[Rooms], None] | None = None


CAUSES = {
    "held": Cause(
        status="2.3.0", settings={"send": "editorkey", "tell_author_held": True}
    ),
    "approved": Cause(status="2.1.5", settings={"send": "editorkey"}, then=_approve),
    "nobody in charge": Cause(
        status="5.2.4", stage="forward", to=f"dev-request@{DOMAIN}", owners=()
    ),
    "too large": Cause(
        status="5.2.3", settings={"max_size": 1000}, body="x" * 2000 + "\r\n"
    ),
    "misaddressed": Cause(
        status="5.6.0",
        settings={"misaddressed_commands": "reject"},
        subject="unsubscribe dev",
        body="unsubscribe dev\r\n",
    ),
    "no command": Cause(status="5.6.1", stage="command", to=f"sympa@{DOMAIN}"),
    "no template": Cause(
        status="5.6.5",
        settings={"send": "public", "personalization": "all"},
        body="{{ broken\r\n",
    ),
    "virus": Cause(
        status="5.7.0",
        settings={"virus_notify": "sender"},
        extra="X-Virus-Status: Infected (Eicar)\r\n",
    ),
    "scenario": Cause(status="5.7.1", settings={"send": "closed"}),
}
SPAM = "X-Spam-Status: Yes\r\n"


def reports(
    rooms: Rooms, cause: Cause, *, reverse_path: str = ENVELOPE, extra: str = ""
) -> list[Any]:
    """Cause it and return the reports that are to be sent."""
    rooms.add_list(members=[ANN], owners=cause.owners, **cause.settings)
    raw = post_bytes(
        ANN,
        to=cause.to,
        subject=cause.subject,
        body=cause.body,
        extra=cause.extra + extra,
    )
    rooms.put(cause.stage, raw, recipient=cause.to, reverse_path=reverse_path)
    rooms.drain(cause.stage)
    if cause.then:
        cause.then(rooms)
    return rooms.rows(
        "SELECT head, bounce_address, packet.recipients AS who FROM outgoing"
        " JOIN packet ON packet.outgoing_id = outgoing.id WHERE mode = 'dsn'"
    )


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_whoever_sent_it_is_told_once(rooms: Rooms, cause: Cause) -> None:
    """One report to the reverse-path, under the null one, that programs understand."""
    [report] = reports(rooms, cause)

    assert report.who == [ENVELOPE]
    assert report.bounce_address == ""
    message = message_from_bytes(bytes(report.head), policy=policy.default)
    assert message.get_content_type() == "multipart/report"
    assert message["Auto-Submitted"] == "auto-replied"
    assert f"Status: {cause.status}" in bytes(report.head).decode()


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_nobody_is_told_of_a_report(rooms: Rooms, cause: Cause) -> None:
    """RFC 5321 §6.1: a null reverse-path gets no report."""
    assert reports(rooms, cause, reverse_path="") == []


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_nobody_is_told_of_spam(rooms: Rooms, cause: Cause) -> None:
    """What a filter marked was sent under somebody else's address."""
    assert reports(rooms, cause, extra=SPAM) == []


def test_our_own_addresses_get_no_report(rooms: Rooms) -> None:
    """A post that one of our lists passed on is not answered at that list."""
    own = f"dev@{DOMAIN}"
    assert reports(rooms, CAUSES["scenario"], reverse_path=own) == []
