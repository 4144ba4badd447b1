"""Packets and VERP shares, as Sympa's own engine makes them."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from listhub.delivery.packets import packets, verp_packets, verp_selection

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "bulk_verp_bounce.json").read_text()
)


@dataclass(frozen=True, slots=True)
class Someone:
    """A recipient."""

    address: str


def people(*groups: tuple[int, str]) -> list[Someone]:
    """Return so many people at each domain; {} in it is their number."""
    return [
        Someone(f"u{n:05}@{domain.format(f'{n:05}')}")
        for count, domain in groups
        for n in range(count)
    ]


#: The recipients of the vectors' cases, from their names.
CASES = {
    "60x one domain": people((60, "one.com")),
    "3 on domain capped at 1": people((3, "one.com")),
    "35 on domain capped at 10": people((35, "capped.com")),
    "41 hosts under co.uk": people((41, "h{}.co.uk")),
    "41 hosts under one SLD (univ.fr)": people((41, "h{}.univ.fr")),
    "9 aaa + 30 bbb": people((9, "aaa.com"), (30, "bbb.com")),
    "6080 + 36 domains x2": people(
        (6080, "aaa.com"), *((2, f"b{n:02}.com") for n in range(36))
    ),
}


def sizes(parts: Iterable[list[Someone]]) -> list[int]:
    return [len(part) for part in parts]


@pytest.mark.parametrize("row", VECTORS["packets"], ids=lambda row: row["case"])
def test_packets_are_those_of_sympa(row: dict[str, Any]) -> None:
    """The same sizes in the same order, but for the empty packet of its cap 1."""
    made = packets(
        CASES[row["case"]],
        limit=row["nrcpt"],
        domains=row["avg"],
        caps=row["nrcpt_by_domain"],
    )

    assert sizes(made) == [size for size in row["packet_sizes"] if size]


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        (people((60, "d{}.org")), [11] * 5 + [5]),
        (people((30, "a.com"), (30, "d{}.org")), [25, 11, 11, 11, 2]),
        (people((12, "a.com"), (30, "b.com")), [12, 25, 5]),
        (people((9, "a.com"), (30, "b.com")), [25, 14]),
        ([], []),
    ],
    ids=["60 domains", "30 and 30 domains", "12 + 30", "9 + 30", "nobody"],
)
def test_known_examples(recipients: list[Someone], expected: list[int]) -> None:
    """The examples that postmasters know."""
    assert sizes(packets(recipients)) == expected


def test_case_of_a_domain_starts_no_packet() -> None:
    """Domains are the same in any case, for the cut and for the caps."""
    mixed = [
        Someone(f"u{n}@{'EXAMPLE' if n % 2 else 'example'}.org") for n in range(12)
    ]

    assert sizes(packets(mixed)) == [12]
    assert sizes(packets(mixed[1::2], caps={"example.org": 1})) == [1] * 6


@given(
    domains=st.lists(st.sampled_from(["a.org", "b.org", "x.b.org", "c.net"])),
    limit=st.integers(1, 30),
    cut=st.integers(0, 12),
    cap=st.integers(1, 5),
)
def test_nobody_is_lost_doubled_or_moved(
    domains: list[str], limit: int, cut: int, cap: int
) -> None:
    """The packets in a row are the recipients in a row, and each has somebody."""
    recipients = [Someone(f"{n}@{domain}") for n, domain in enumerate(sorted(domains))]

    made = list(packets(recipients, limit=limit, domains=cut, caps={"a.org": cap}))

    assert [one for packet in made for one in packet] == recipients
    assert all(0 < len(packet) <= limit for packet in made)
    assert all(
        sum(one.address.endswith("@a.org") for one in packet) <= cap for packet in made
    )


def test_verp_packets_have_the_limit_and_nothing_else() -> None:
    """Each recipient has a reverse-path of its own, so domains do not matter."""
    recipients = people((250, "d{}.org"))

    made = list(verp_packets(iter(recipients), limit=100))

    assert sizes(made) == [100, 100, 50]
    assert [one for packet in made for one in packet] == recipients


@pytest.mark.parametrize(
    "row",
    VECTORS["verp"],
    ids=lambda row: "{n} at {rate}, post {sequence}".format(**row),
)
def test_verp_takes_turns_as_sympa_does(row: dict[str, Any]) -> None:
    """The same positions for every rate and sequence number."""
    chosen = verp_selection(row["n"], int(row["rate"].rstrip("%")), row["sequence"])

    if isinstance(row["verp"], list):
        assert list(chosen) == row["verp"]
    assert row["n"] - len(chosen) == row["rest"]


@pytest.mark.parametrize("rate", [2, 5, 10, 20, 25, 33, 50, 100])
@pytest.mark.parametrize("count", [1, 7, 100, 101, 10_000])
def test_everybody_has_a_turn(rate: int, count: int) -> None:
    """After as many posts as the rate calls for, all have had VERP once."""
    turns = 100 // rate

    seen = {p for post in range(turns) for p in verp_selection(count, rate, post)}

    assert seen == set(range(1, count + 1))


def test_a_rate_that_no_setting_allows_is_refused() -> None:
    """A wrong rate is a defect of ours and must not pass as no VERP."""
    with pytest.raises(ValueError, match="30"):
        verp_selection(10, 30, 1)


def test_a_hundred_thousand_recipients_take_a_moment() -> None:
    """The largest list costs the database more than this."""
    recipients = people((50_000, "d{}.org"), (50_000, "e.org"))
    start = time.process_time()

    count = sum(1 for _ in packets(recipients, caps={"e.org": 20}))

    assert time.process_time() - start < 3
    assert count > 4_000
