from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from listhub.mail import dmarc
from listhub.mail.dmarc import NoAnswerError, Protection, Record, decide, parse
from tests import golden_files


class Dns:
    """Name servers that hold these records, know of no others, and may be silent."""

    def __init__(self, records: dict[str, str | list[str] | None]) -> None:
        self.records = records
        self.asked: list[str] = []

    def __call__(self, name: str) -> Sequence[str] | None:
        self.asked.append(name)
        held = self.records.get(name.removeprefix("_dmarc."), [])
        return [held] if isinstance(held, str) else held


def walked(domain: str, dns: Dns) -> tuple[Record, ...]:
    """Drive the walk as whoever asks does."""
    way = dmarc.walk(domain)
    try:
        name = next(way)
        while True:
            name = way.send(dns(name))
    except StopIteration as end:
        found: tuple[Record, ...] = end.value
        return found


@pytest.mark.parametrize(
    ("text", "p", "sp", "np"),
    [
        ("v=DMARC1; p=reject", "reject", "reject", "reject"),
        ("v=DMARC1;p=reject;sp=none", "reject", "none", "none"),
        ("v=DMARC1; p=none; sp=quarantine; np=reject", "none", "quarantine", "reject"),
        (" v = DMARC1 ; P = Reject ; x=y; pct=0", "reject", "reject", "reject"),
        ("v=DMARC1; sp=reject; p=none", "none", "reject", "reject"),
        ("v=DMARC1", "none", "none", "none"),
        ("v=DMARC1; p=nonsense", "none", "none", "none"),
        ("v=DMARC1; p=reject; sp=nonsense", "reject", "reject", "reject"),
        ("v=DMARC1; p=none; p=reject", "none", "none", "none"),
        ("v=DMARC1;;;=;p;p=reject", "none", "none", "none"),
    ],
)
def test_parse(text: str, p: str, sp: str, np: str) -> None:
    """Tags come in any order after the version; unknown ones are passed over."""
    record = parse(text, domain="r.example")

    assert record is not None
    assert (record.p, record.sp, record.np) == (p, sp, np)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=spf1 -all",
        "p=reject; v=DMARC1",
        "v=DMARC10; p=none",
        "v=dmarc1",
        "v=DMARC2",
    ],
)
def test_what_is_no_record(text: str) -> None:
    """A record begins with the version, in these letters."""
    assert parse(text, domain="r.example") is None


def test_marks_of_a_record() -> None:
    """psd and t are told; a domain that tests still has its policy here."""
    record = parse("v=DMARC1; p=reject; psd=y; t=y", domain="r.example")

    assert record is not None
    assert (record.psd, record.testing, record.p) == ("y", True, "reject")


@given(st.text(alphabet="v=DMARC1; psdnpt\t\0é", max_size=60))
def test_parse_never_raises(text: str) -> None:
    """Anybody may publish anything."""
    parse("v=DMARC1;" + text, domain="r.example")
    parse(text, domain="r.example")


@pytest.mark.parametrize(
    ("domain", "asked"),
    [
        ("example", ["example"]),
        ("r.example", ["r.example", "example"]),
        ("A.R.Example.", ["a.r.example", "r.example", "example"]),
        ("bücher.example", ["xn--bcher-kva.example", "example"]),
        (
            "a.b.c.d.e.f.g.r.example",
            [
                "a.b.c.d.e.f.g.r.example",
                "c.d.e.f.g.r.example",
                "d.e.f.g.r.example",
                "e.f.g.r.example",
                "f.g.r.example",
                "g.r.example",
                "r.example",
                "example",
            ],
        ),
        ("", []),
        ("not a domain", []),
    ],
)
def test_names_that_the_walk_asks(domain: str, asked: list[str]) -> None:
    """Up one label at a time, at most eight names, in A-labels (§4.10)."""
    dns = Dns({})
    walked(domain, dns)

    assert dns.asked == [f"_dmarc.{name}" for name in asked]


@pytest.mark.parametrize(
    ("domain", "records", "organisation", "asked"),
    [
        # the record with the fewest labels, not the first that is met
        ("a.m.r.example", {"m.r.example": "", "r.example": ""}, "r.example", 4),
        ("a.m.r.example", {"m.r.example": ""}, "m.r.example", 4),
        # psd=n ends the walk: a part of a house that is a house of its own
        ("a.m.r.example", {"m.r.example": "psd=n", "r.example": ""}, "m.r.example", 2),
        ("r.example", {"r.example": "psd=n"}, "r.example", 1),
        # psd=y: one label below
        ("a.m.r.example", {"example": "psd=y"}, "r.example", 4),
        ("a.m.r.example", {"r.example": "", "example": "psd=y"}, "r.example", 4),
        ("a.b.co.example", {"co.example": "psd=y"}, "b.co.example", 3),
        # the public suffix itself
        ("co.example", {"co.example": "psd=y"}, "co.example", 1),
        # nobody says anything
        ("a.m.r.example", {}, "a.m.r.example", 4),
    ],
)
def test_organisational_domain(
    domain: str, records: dict[str, str], organisation: str, asked: int
) -> None:
    """The walk shows to whom a name belongs (§4.10.2)."""
    dns = Dns({name: f"v=DMARC1; p=none; {tags}" for name, tags in records.items()})
    found = walked(domain, dns)

    assert dmarc.organisational_domain(domain, found) == organisation
    assert len(dns.asked) == asked


REJECT, QUARANTINE, NONE = (
    f"v=DMARC1; p={p}" for p in ("reject", "quarantine", "none")
)


@pytest.mark.parametrize(
    ("domain", "records", "policy", "asked"),
    [
        ("r.example", {"r.example": REJECT}, "reject", 1),
        ("r.example", {}, None, 2),
        # its own record counts alone, whatever stands above
        ("m.r.example", {"m.r.example": NONE, "r.example": REJECT}, "none", 1),
        # sp for those below, p where there is none
        ("m.r.example", {"r.example": REJECT}, "reject", 3),
        ("m.r.example", {"r.example": REJECT + "; sp=none"}, "none", 3),
        # several records are none
        ("r.example", {"r.example": [REJECT, NONE]}, None, 2),
        ("r.example", {"r.example": [REJECT, "v=spf1 -all", "x"]}, "reject", 1),
        # the organisation's, not that in between
        (
            "a.m.r.example",
            {"m.r.example": REJECT, "r.example": NONE + "; sp=quarantine"},
            "quarantine",
            4,
        ),
        # a public suffix speaks for those who say nothing
        ("r.bank.example", {"bank.example": REJECT + "; psd=y"}, "reject", 2),
        (
            "m.r.bank.example",
            {"r.bank.example": NONE, "bank.example": REJECT + "; psd=y"},
            "none",
            3,
        ),
    ],
)
def test_policy(
    domain: str,
    records: dict[str, str | list[str] | None],
    policy: str | None,
    asked: int,
) -> None:
    """Which record speaks for mail from a domain, and how many questions it takes."""
    dns = Dns(records)

    assert dmarc.policy(domain, dns) == policy
    assert len(dns.asked) == asked


def test_policy_of_a_domain_that_does_not_exist() -> None:
    """np is for names that the owner never gave out."""
    dns = Dns({"r.example": "v=DMARC1; p=none; sp=quarantine; np=reject"})

    assert dmarc.policy("m.r.example", dns, exists=False) == "reject"
    assert dmarc.policy("m.r.example", dns) == "quarantine"


def test_no_answer_is_no_policy() -> None:
    """Silence is told from the answer that there is nothing."""
    with pytest.raises(NoAnswerError):
        dmarc.policy("m.r.example", Dns({"r.example": None}))
    with pytest.raises(NoAnswerError):
        walked("r.example", Dns({"r.example": None}))


@given(st.text(max_size=300) | st.lists(st.sampled_from("ab.")).map("".join))
def test_any_domain_can_be_asked_about(domain: str) -> None:
    """At most eight questions about any text, each a name that can be asked."""
    dns = Dns({})

    assert dmarc.policy(domain, dns) is None
    assert len(dns.asked) <= 8
    assert all(name.isascii() for name in dns.asked)


RESOLVER: dict[str, str | list[str] | None] = {
    "reject.example": REJECT,
    "quarantine.example": QUARANTINE,
    "none.example": NONE,
    "tests.example": REJECT + "; t=y",
    "silent.example": None,
    "own.example": REJECT,
}
AUTHORS = (
    "bob@reject.example", "bob@sub.reject.example", "bob@quarantine.example",
    "bob@none.example", "bob@tests.example", "bob@nothing.example",
    "bob@silent.example", "bob@OWN.example", "bob@[192.0.2.1]", "",
)  # fmt: skip
MODES: tuple[tuple[str, ...], ...] = (
    (), ("none",), *((mode,) for mode in dmarc.MODES),
    ("dmarc_reject", "dmarc_quarantine"), ("domain_regex", "dmarc_any"),
)  # fmt: skip


def test_triggers_are_golden() -> None:
    """Every mode with every kind of author, signed or not, and how much is asked."""
    lines = []
    for modes in MODES:
        lines.append(f"# {', '.join(modes) or 'no mode'}")
        rule = Protection(
            modes=modes,
            domain_regex=r"[@.]reject\.example",
            own_domains=("Own.Example",),
        )
        for author in AUTHORS:
            for signed in (False, True):
                dns = Dns(RESOLVER)
                reason = decide(rule, author=author, signed=signed, look_up=dns)
                who = f"{author or 'nobody'}{', signed' if signed else ''}"
                lines.append(f"{who}: {reason or '-'} ({len(dns.asked)} asked)")
        lines.append("")

    golden_files.compare("headers/munge_triggers.txt", "\n".join(lines).encode())


def test_a_pattern_that_cannot_be_read_protects() -> None:
    """Better a name changed than a copy refused."""
    rule = Protection(modes=("domain_regex",), domain_regex="(")

    assert decide(rule, author="b@r.example", signed=False, look_up=Dns({}))
