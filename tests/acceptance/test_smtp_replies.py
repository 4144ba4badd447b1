"""Every code at every stage is the reply of exactly those whose it is."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from listhub.delivery.transaction import Transaction
from tests.smtp_client import (
    both,
    mail,
    play,
)
from tests.smtp_server import ALL, NO_PIPELINING, Say, Script

REFUSALS = [450, 451, 452, 454, 500, 501, 503, 535, 550, 551, 552, 553, 554, 599]


@both
@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "content"])
def test_refusal_is_the_recipients_reply_and_the_next_mail_goes_on(
    extensions: tuple[str, ...], phase: str, code: int
) -> None:
    """Exactly the relay's words, at whatever stage, and no harm to the neighbour."""

    def answer(command: str) -> str | None:
        return f"{code} {code // 100}.9.9 No" if "1@example.org" in command else None

    relay, reports = play(Script(extensions, {phase: answer}), mail(1), mail(2))

    (reply,) = reports.results[0].replies
    assert (reply.code, reply.enhanced, reply.text) == (
        code,
        f"{code // 100}.9.9",
        "No",
    )
    assert reports.codes[1] == [250]
    assert [one.recipients for one in relay.received] == [("user2@example.org",)]
    assert reports.lost is None


@both
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "content"])
def test_421_is_the_reply_and_the_end(extensions: tuple[str, ...], phase: str) -> None:
    """Who has no other answer has this one; the next mail is surely not sent."""
    script = Script(extensions, {phase: Say("421 4.3.2 Going down", "close")})

    relay, reports = play(script, mail(1), mail(2))

    assert reports.codes == [[421]]
    assert reports.lost is not None
    assert reports.lost.transaction is not None
    assert reports.lost.transaction.tag == 2
    assert not reports.lost.after_data
    assert "Going down" in reports.lost.reason
    assert relay.received == []


@both
def test_421_for_the_last_mail_is_no_error(extensions: tuple[str, ...]) -> None:
    """All have their replies; that the connection is gone, `alive` tells."""
    _, reports = play(Script(extensions, {"content": Say("421 Bye", "close")}), mail(1))

    assert reports.codes == [[421]]
    assert reports.lost is None


@both
def test_some_refused_the_rest_delivered(extensions: tuple[str, ...]) -> None:
    """Each recipient has the reply that is its own."""
    answers = {"b@": "550 5.1.1 No b", "d@": "452 4.5.3 Too many"}

    def answer(command: str) -> str | None:
        return next((said for who, said in answers.items() if who in command), None)

    relay, reports = play(
        Script(extensions, {"rcpt": answer, "content": "250 2.0.0 Queued"}),
        mail(1, "a@example.org", "b@example.org", "c@example.org", "d@example.org"),
    )

    assert [(reply.code, reply.text) for reply in reports.results[0].replies] == [
        (250, "Queued"),
        (550, "No b"),
        (250, "Queued"),
        (452, "Too many"),
    ]
    assert relay.received[0].recipients == ("a@example.org", "c@example.org")


def test_354_without_recipients_is_answered_with_a_dot() -> None:
    """RFC 2920 §3.1; no mail comes of it, and the connection stays in step."""
    script = Script(answers={"rcpt": ["550 No", "250 Ok"], "data": "354 Go on"})

    relay, reports = play(script, mail(1), mail(2))

    assert reports.codes == [[550], [250]]
    assert len(relay.phases("lone dot")) == 1
    assert [one.recipients for one in relay.received] == [("user2@example.org",)]


def test_no_dot_where_it_could_send_an_empty_mail() -> None:
    """A relay that refuses MAIL and takes the rest is left without a word."""
    script = Script(answers={"mail": "451 No", "rcpt": "250 Ok", "data": "354 Go on"})

    relay, reports = play(script, mail(1), mail(2))

    assert reports.codes == [[451]]
    assert relay.phases("lone dot", "content") == []
    assert reports.lost is not None
    assert reports.lost.transaction is not None
    assert reports.lost.transaction.tag == 2
    assert not reports.lost.after_data


@both
@pytest.mark.parametrize(
    ("phase", "answer", "after_data"),
    [
        ("mail", "354 Yes?", False),
        ("rcpt", "334 Yes?", False),
        ("data", "250 Ok", False),
        ("content", "354 Go on", True),
        ("mail", "hello", False),
        ("content", "What?", True),
        ("data", "250 Ok\n250 Ok\n354 Go on", False),
    ],
)
def test_nonsense_is_never_taken_for_delivery(
    extensions: tuple[str, ...], phase: str, answer: str, *, after_data: bool
) -> None:
    """Answers that are out of step end the connection."""
    _, reports = play(Script(extensions, {phase: answer}), mail(1))

    assert reports.results == []
    assert reports.lost is not None
    assert reports.lost.after_data is after_data


CODES = ["250"] * 6 + ["450", "550", "552"]


def coded(n: int, dice: random.Random) -> Transaction:
    """Return a mail whose addresses tell the relay what to answer."""
    data = dice.choice(["354"] * 6 + ["451", "554"])
    return mail(
        n,
        *(f"{dice.choice(CODES)}.{k}@example.org" for k in range(dice.randint(1, 4))),
        reverse_path=f"{dice.choice(CODES)}.{data}.{dice.choice(CODES)}.{n}@example.org",
    )


def obey(part: int) -> Callable[[str], str | None]:
    def answer(command: str) -> str | None:
        code = command.partition("<")[2].split(".")[part] if command else ""
        # In step with the protocol where the relay has to refuse anyway.
        return None if code in {"", "250", "354"} else f"{code} 5.9.9 as told"

    return answer


@pytest.mark.parametrize("seed", range(10))
def test_pipelining_changes_no_result(seed: int) -> None:
    """The same mails get the same answers, and the same ones arrive."""

    def once(extensions: tuple[str, ...]) -> tuple[Any, Any, Any]:
        dice = random.Random(seed)
        answers = {
            "mail": obey(0),
            "rcpt": obey(0),
            "data": obey(1),
            "content": obey(2),
        }
        relay, reports = play(
            Script(extensions, answers), *(coded(n, dice) for n in range(40))
        )
        return reports.results, relay.received, reports.lost

    piped, stepped = once(ALL), once(NO_PIPELINING)

    assert piped == stepped
    assert len(piped[0]) == 40
