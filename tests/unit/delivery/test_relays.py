"""Relay URLs, and whose turn it is."""

from collections import Counter

import pytest

from listhub.delivery.relays import Relay, RelayPool
from listhub.errors import UsageError

A = Relay(host="a.example", port=25, tls="none")
B = Relay(host="b.example", port=25, tls="none")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:25", Relay(host="127.0.0.1", port=25, tls="none")),
        ("smtp://[::1]", Relay(host="::1", port=25, tls="none")),
        ("smtp://mx.example", Relay(host="mx.example", port=25, tls="opportunistic")),
        ("smtps://mx.example/", Relay(host="mx.example", port=465, tls="implicit")),
        (
            "smtp://mx.example:587?tls=starttls&weight=7&xverp=off",
            Relay(host="mx.example", port=587, tls="starttls", weight=7, xverp=False),
        ),
        (
            "smtp://me:p%40ss@mx.example",
            Relay(
                host="mx.example", port=25, tls="starttls", user="me", password="p@ss"
            ),
        ),
        (
            "smtp://me:x@mx.example?tls=none&xverp=auto",
            Relay(host="mx.example", port=25, tls="none", user="me", password="x"),
        ),
    ],
)
def test_url_names_a_relay(url: str, expected: Relay) -> None:
    """A password is never sent in clear unless the URL says so in as many words."""
    assert Relay.parse(url) == expected


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("127.0.0.1:25", "neither smtp nor smtps"),
        ("http://mx.example", "neither smtp nor smtps"),
        ("smtp://", "host is missing"),
        ("smtp://mx.example:99999", "port"),
        ("smtp://mx.example:x", "port"),
        ("smtp://mx.example/queue", "nothing but options"),
        ("smtp://me@mx.example", "go together"),
        ("smtp://:hunter2@mx.example", "go together"),
        ("smtp://mx.example?tls=maybe", "none, starttls, opportunistic"),
        ("smtp://mx.example?tls=", "none, starttls, opportunistic"),
        ("smtp://mx.example?weight=0", "1 to 100"),
        ("smtp://mx.example?weight=1.5", "1 to 100"),
        ("smtp://mx.example?weight=1&weight=2", "twice"),
        ("smtp://mx.example?xverp=on", "auto, off"),
        ("smtp://mx.example?password=hunter2", "no option 'password'"),
        ("smtps://mx.example?tls=starttls", "TLS from the start"),
        ("smtp://me:hunter2@mx.example?tls=opportunistic", "tls=starttls"),
        ("smtp://me:hunter2/x@mx.example", "port"),
        ("smtp://me:hunter2@[::1", "URL"),
    ],
)
def test_wrong_url_is_refused_without_its_password(url: str, why: str) -> None:
    """One sentence: which URL, what is wrong, what to write."""
    with pytest.raises(UsageError) as caught:
        Relay.parse(url)

    assert why in caught.value.public
    assert "smtp|smtps://" in caught.value.public
    assert "hunter2" not in caught.value.public


def test_password_is_shown_nowhere() -> None:
    """Logs and tracebacks print relays."""
    relay = Relay.parse("smtps://me:hunter2@mx.example")

    assert "hunter2" not in f"{relay!r} {relay}"
    assert str(relay) == "smtps://mx.example:465"
    assert str(Relay.parse("smtp://[::1]:26")) == "smtp://[::1]:26"


def test_weights_share_out_the_connections() -> None:
    """Three to one, and evenly mixed rather than in blocks."""
    heavy = Relay(host="h.example", port=25, tls="none", weight=3)
    pool = RelayPool([heavy, A], Clock())

    picks = [pool.pick() for _ in range(40)]

    assert Counter(picks) == {heavy: 30, A: 10}
    assert all(A in picks[n : n + 4] for n in range(0, 40, 4))


def test_failed_relay_rests_and_the_others_take_over() -> None:
    """Fail-over needs no operator."""
    pool = RelayPool([A, B], Clock())

    pool.failed(A)

    assert {pool.pick() for _ in range(10)} == {B}


def test_all_resting_is_none_with_the_time_of_the_next_try() -> None:
    """The caller knows how long to wait."""
    clock = Clock()
    pool = RelayPool([A, B], clock)
    pool.failed(A)
    clock.now += 0.25
    pool.failed(B)

    assert pool.pick() is None
    assert pool.next_try == 0.75
    clock.now += 0.75
    assert pool.next_try == 0
    assert pool.pick() == A


def test_one_connection_tries_a_rested_relay() -> None:
    """Half open: fifty connections do not run into the same wall."""
    clock = Clock()
    pool = RelayPool([A], clock)
    pool.failed(A)
    clock.now += 1

    assert [pool.pick() for _ in range(3)] == [A, None, None]

    pool.succeeded(A)
    assert [pool.pick() for _ in range(3)] == [A, A, A]


def test_trial_that_nobody_reports_does_not_bar_the_relay() -> None:
    """The one who tried may have been killed."""
    clock = Clock()
    pool = RelayPool([A], clock)
    pool.failed(A)
    clock.now += 1
    assert pool.pick() == A

    clock.now += 1
    assert pool.pick() == A


def test_rests_grow_to_a_minute_and_success_forgets_them() -> None:
    """Doubling from one second; a relay that came back is as good as any."""
    clock = Clock()
    pool = RelayPool([A], clock)
    rests = []
    for _ in range(8):
        pool.failed(A)
        rests.append(pool.next_try)
        clock.now += pool.next_try
        assert pool.pick() == A

    assert rests == [1, 2, 4, 8, 16, 32, 60, 60]

    pool.succeeded(A)
    pool.failed(A)
    assert pool.next_try == 1


def test_connections_that_break_together_count_once() -> None:
    """Fifty failures in one moment are one failure."""
    clock = Clock()
    pool = RelayPool([A], clock)

    for _ in range(50):
        pool.failed(A)

    assert pool.next_try == 1


def test_pool_without_relays_is_a_wrong_setting() -> None:
    """Nothing could ever leave."""
    with pytest.raises(UsageError, match="No relay"):
        RelayPool([], Clock())
