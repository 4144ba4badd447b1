"""Regular expressions, dates, networks and filters: what they mean, and how long."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from listhub.policy import automaton, dates, filters, netmask, patterns

NOW = datetime(2026, 3, 31, tzinfo=UTC)


def found(written: str, subject: str) -> bool:
    return patterns.read(written).for_domain("l.example.org")(subject)


@pytest.mark.parametrize(
    ("written", "subject", "expected"),
    [
        ("A", "a", True),
        (r"^[[:alpha:]]+$", "abc", True),
        (r"^[^[:digit:]]+$", "a1", False),
        (r"a\z", "a\n", False),
        (r"a\Z", "a\n", True),
        ("a$", "a\n", True),
        (r"(?<who>x)\h", "x\t", True),
        (r"[][]", "]", True),
        (r"[^]]", "]", False),
        (r"[a&&b]", "&", True),
        (r"user\@x", "user@x", True),
    ],
)
def test_perl_is_understood(written: str, subject: str, expected: bool) -> None:
    """What Perl writes in another way means the same here."""
    assert found(written, subject) is expected


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (r"(a+)+$", "a" * 5000 + "b"),
        (r"(a|aa)+$", "a" * 5000 + "b"),
        (r"(a*)*b", "a" * 9000),
        (r"^(\w+\s?)*$", "word " * 1000 + "!"),
        (r".*.*.*.*x", "a" * 9000),
        (r"(a{1,30}){1,30}b", "a" * 500),
        (r"a*a*a*a*a*b", "a" * 9000),
        ("a?" * 40 + "a" * 40 + "b", "a" * 9000),
        ("(a{1,16}){1,16}b", "a" * 9000),
        ("(a|b|ab)*(ab|c)+d", "ab" * 4000),
    ],
)
def test_expressions_that_could_take_for_ever_do_not(
    written: str, subject: str
) -> None:
    """Nested and neighbouring repetitions are searched in linear time."""
    assert found(written, subject) is False
    # The proof that it is not Python's own search, which would never end.
    compiled = re.compile(patterns.translated(written), re.IGNORECASE)
    assert automaton.search(compiled) is not None


@pytest.mark.parametrize(
    "written",
    [r"(a+)+\1", r"(?=a+)a+b+", "((a{1,500}){1,500}){1,500}", "x" * 1001, "("],
)
def test_what_cannot_be_bounded_is_refused(written: str) -> None:
    """An expression that is neither harmless nor linear is refused when it is read."""
    with pytest.raises(patterns.PatternError):
        patterns.read(written)


def test_subjects_are_cut() -> None:
    """Only the first 10,000 characters are looked at."""
    assert found("b", "a" * 9_999 + "b")
    assert not found("b", "a" * 10_000 + "b")


ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", r"\w", r"\d", r"\s", "^", "$", r"\b", "(a|b)", "x?"]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,3}", "{2,}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.text("aAbBx1 _\n-", max_size=8))
def test_automaton_finds_what_python_finds(written: str, subject: str) -> None:
    """On subjects so short that Python's own search ends, both say the same."""
    compiled = re.compile(f"(?:{written})(?:a{{0,20}}){{0,2}}", re.IGNORECASE)
    search = automaton.search(compiled)

    assert search is not None
    assert search(subject) is bool(compiled.search(subject))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0", "1970-01-01T00:00:00"),
        ("1735689600", "2025-01-01T00:00:00"),
        ("2025y", "2025-01-01T00:00:00"),
        ("2025y12m31d23h59min58sec", "2025-12-31T23:59:58"),
        ("2025Y2M", "2025-02-01T00:00:00"),
        ("2025y30min", "2025-01-01T00:30:00"),
        ("execution_date", "2026-03-31T00:00:00"),
        ("execution_date - 1m", "2026-02-28T00:00:00"),
        ("execution_date+11m", "2027-02-28T00:00:00"),
        ("execution_date-1y", "2025-03-31T00:00:00"),
        ("2024y1m1d+1y", "2024-12-31T00:00:00"),
        ("2025y1m1d+1w2d3h4min5sec", "2025-01-10T03:04:05"),
    ],
)
def test_dates(written: str, expected: str) -> None:
    """Every form of a date; a year of a duration is 365 days, a month the calendar's."""
    at = datetime.fromtimestamp(dates.seconds(written, now=NOW), UTC)

    assert at.isoformat() == f"{expected}+00:00"


@pytest.mark.parametrize(
    "written",
    [
        "x",
        "25y",
        "2025y13m",
        "2025y2m30d",
        "execution_date-",
        "1+2+3",
        "execution_date+9999y",
        "execution_date-x",
        "-1d",
        "0000y",
        "999999999999",
        "2025y1d1m",
        "",
    ],
)
def test_what_is_no_date(written: str) -> None:
    """A word, a day that does not exist, a time out of range: no date."""
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds, all ours to see
        dates.seconds(written, now=NOW)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    """Nothing but ValueError comes of any text, for dates and for networks."""
    for read in (lambda t: dates.seconds(t, now=NOW), netmask.read):
        try:
            read(text)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.7/24", "192.0.2.1", "192.0.3.0"),
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("192.0.2", "192.0.2.9", "192.0.3.9"),
        ("10/8", "10.200.0.1", "11.0.0.0"),
        ("192.0.2.0:255.255.255.128", "192.0.2.127", "192.0.2.128"),
        ("192.0.2.5:192.0.2.9", "192.0.2.9", "192.0.2.10"),
        ("192.0.2.5-192.0.2.9", "192.0.2.5", "192.0.2.4"),
        ("2001:db8::/32", "2001:db8:1::1", "2001:db9::"),
        ("2001:db8::1-2001:db8::5", "2001:db8::3", "2001:db8::6"),
        ("default", "192.0.2.1", "no address"),
        ("any", "2001:db8::1", ""),
        ("192.0.2.0/24", "::ffff:192.0.2.1", "2001:db8::1"),
    ],
)
def test_networks(written: str, inside: str, outside: str) -> None:
    """Every way of writing a network, for both versions of IP."""
    assert netmask.covers(written, inside)
    assert not netmask.covers(written, outside)


@pytest.mark.parametrize(
    ("pattern", "address", "expected"),
    [
        ("a@x.example", "A@X.example", True),
        ("a@x.example", "ba@x.example", False),
        ("*@x.example", "a@x.example", True),
        ("*@X.example", "a@x.example", True),
        ("a*", "abc@x.example", True),
        ("a*@*", "ab@x.example", False),
        ("a*@*", "ab@*", True),
        ("*", "anybody", True),
        ("x.example", "a@x.example", False),
        ("# *", "a@x.example", False),
        ("; *", "a@x.example", False),
        ("  *@x.example  ", "a@x.example", True),
        ("aa*aa", "aaa", False),
        ("", "", False),
    ],
)
def test_filters(pattern: str, address: str, expected: bool) -> None:
    """Whole addresses, without case; only the first * is a wildcard."""
    assert filters.matches(["\n", f"# comment\n{pattern}\n"], [address]) is expected
