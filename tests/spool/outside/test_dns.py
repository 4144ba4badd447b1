"""Real queries to a real name server on loopback."""

import time

import pytest

from listhub.config import Settings
from listhub.config.authenticity import Dns
from listhub.mail import dmarc
from listhub.outside.answers import Answers, Question
from listhub.outside.dmarc import DmarcPolicy, look_up
from listhub.outside.dns import FAILURE, LEAST, MOST, Texts, Txt
from tests.dns_server import Zone, serving

ZONE: Zone = {
    "two.example": ("one", "two"),
    "long.example": ("a" * 500,),
    "empty.example": (),
    "servfail.example": "servfail",
    "refused.example": "refused",
    "silent.example": "silent",
    "junk.example": "junk",
    "truncated.example": "truncated",
    "_dmarc.example": (),
    "_dmarc.strict.example": ("v=DMARC1; p=reject; sp=quarantine",),
    "_dmarc.plain.example": ("v=DMARC1; p=none",),
    "_dmarc.down.example": "servfail",
}


def settings(server: str, *, timeout: float = 3.0) -> Settings:
    return Settings(dns=Dns(servers=(server,), timeout=timeout))


def ask(name: str, *, ttl: int = 300, timeout: float = 3.0) -> Texts:
    with serving(ZONE, ttl=ttl) as server:
        found = Txt(name).answer(settings(server.address, timeout=timeout))
    assert found.keep == found.value.keep
    return found.value


def test_records_are_found() -> None:
    """All records of a name, the strings of each joined, for as long as they live."""
    found = ask("two.example")

    assert (found.status, sorted(found.texts)) == ("found", [b"one", b"two"])
    assert found.keep == 300
    assert ask("long.example").texts == (b"a" * 500,)


@pytest.mark.parametrize(("ttl", "keep"), [(0, LEAST), (10**6, MOST), (3600, 3600)])
def test_times_to_live_have_bounds(ttl: int, keep: float) -> None:
    """A TTL of zero does not make us ask for each mail, one of years is not believed."""
    assert ask("two.example", ttl=ttl).keep == keep
    assert ask("nowhere.example", ttl=ttl).keep == keep


@pytest.mark.parametrize("name", ["nowhere.example", "empty.example"])
def test_nothing_there_is_an_answer(name: str) -> None:
    """A name without records, or that is not there, has none; that is known."""
    assert ask(name).status == "none"


@pytest.mark.parametrize("name", ["a..example", "x" * 64 + ".example", "a.." * 99, ""])
def test_what_is_no_name_has_no_records(name: str) -> None:
    """Names that cannot be are not asked for."""
    with serving(ZONE) as server:
        found = Txt(name).answer(settings(server.address))
    assert found.value.status == "none"
    assert server.asked == []


@pytest.mark.parametrize("name", ["servfail.example", "refused.example"])
def test_a_server_that_fails_is_no_answer(name: str) -> None:
    """SERVFAIL and REFUSED do not mean that there is no record."""
    assert ask(name) == Texts(status="unknown", keep=FAILURE)


@pytest.mark.parametrize("name", ["silent.example", "junk.example"])
def test_silence_ends(name: str) -> None:
    """A server that says nothing, or nonsense, is waited for no longer than is set."""
    start = time.monotonic()
    assert ask(name, timeout=0.4).status == "unknown"
    assert time.monotonic() - start < 2


def test_nobody_there() -> None:
    """A port on which nobody listens is no answer."""
    with serving({}) as server:
        pass
    found = Txt("two.example").answer(settings(server.address, timeout=0.4))
    assert found.value.status == "unknown"


def test_truncated_answers_are_asked_for_again() -> None:
    """What does not fit a datagram comes by TCP."""
    assert len(ask("truncated.example").texts) == 2


def test_dns_can_be_switched_off() -> None:
    """Then nothing is asked, and the answer says so."""
    off = Settings(dns=Dns(enabled=False))
    assert Txt("two.example").answer(off).value.status == "not asked"


@pytest.mark.parametrize(
    ("domain", "policy", "organisation"),
    [
        ("strict.example", "reject", "strict.example"),
        ("a.b.strict.example", "quarantine", "strict.example"),
        ("plain.example", "none", "plain.example"),
        ("other.example", None, "other.example"),
    ],
)
def test_policies_are_found(
    domain: str, policy: dmarc.Policy | None, organisation: str
) -> None:
    """A domain's own policy, its organisation's, or none."""
    with serving(ZONE) as server:
        answer = DmarcPolicy(domain).answer(settings(server.address))

    assert answer.value.known
    assert (answer.value.policy, answer.value.organisation) == (policy, organisation)
    assert answer.keep == 300
    assert len(server.asked) == len(set(server.asked))


def test_no_answer_is_no_policy_of_none() -> None:
    """With the name server down the policy is not known, and soon asked for again."""
    with serving(ZONE) as server:
        answer = DmarcPolicy("a.down.example").answer(settings(server.address))

    assert not answer.value.known
    assert answer.keep == FAILURE


def test_no_policy_is_asked_for_with_dns_off() -> None:
    """Without DNS no domain has a policy."""
    answer = DmarcPolicy("strict.example").answer(Settings(dns=Dns(enabled=False)))

    assert (answer.value.known, answer.value.policy) == (True, None)


@pytest.mark.parametrize(
    ("author", "words"),
    [
        ("a@strict.example", "is reject"),
        ("a@plain.example", None),
        ("a@down.example", "no answer"),
    ],
)
def test_rewriting_is_decided_with_one_question(author: str, words: str | None) -> None:
    """What decides about From asks once for a domain, and remembers the answer."""
    protection = dmarc.Protection(modes=("dmarc_reject",))
    asked: list[Question[object]] = []
    with serving(ZONE) as server:
        answers = Answers(settings(server.address))

        def now(question: Question[object]) -> object:
            if question not in asked:
                asked.append(question)
                answers.look_up(question)
            return answers.ask(question)

        reason = dmarc.decide(
            protection,
            author=author,
            signed=False,
            look_up=look_up(now, author.partition("@")[2]),  # type: ignore[arg-type]
        )

    assert (words in reason) if words and reason else reason is words
    assert len(asked) == 1
