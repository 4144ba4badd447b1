import pytest
from hypothesis import given, strategies as st

from listhub.mail import scanners
from listhub.mail.headers import Headers
from listhub.mail.scanners import Findings


def findings(block: str) -> Findings:
    return scanners.findings(Headers.parse(block.encode() + b"\n\n"))


@pytest.mark.parametrize(
    ("block", "spam", "score"),
    [
        ("", "unknown", None),
        ("X-Spam-Flag: YES", "spam", None),
        ("X-Spam-Flag: NO", "ham", None),
        ("X-Spam: Yes", "spam", None),
        ("X-Spam-Status: Yes, score=7.1 required=5.0 tests=A,B", "spam", 7.1),
        ("X-Spam-Status: No, score=-1.9 required=5.0", "ham", -1.9),
        ("X-Spam-Status: maybe", "unknown", None),
        ("X-Spam-Score: 4.2 (++++)", "unknown", 4.2),
        ("X-Spam-Level: *****", "unknown", 5.0),
        ("X-Spam-Level:", "unknown", None),
        ("X-Spamd-Bar: ++", "unknown", 2.0),
        ("X-Spamd-Result: default: True [17.50 / 15.00];\n\tBAYES(1.0)", "spam", 17.5),
        ("X-Spamd-Result: default: False [-2.10 / 15.00]", "ham", -2.1),
        ("X-Bogosity: Spam, tests=bogofilter", "spam", None),
        ("X-Bogosity: Unsure, tests=bogofilter", "unsure", None),
        ("X-Spam-Flag: NO\nX-Spam-Flag: YES", "spam", None),
        ("X-Spam-Flag: NO\nX-Bogosity: Unsure", "unsure", None),
        ("X-Spam-Score: 9\nX-Spam-Status: No, score=1", "ham", 9.0),
    ],
)
def test_spam(block: str, spam: str, score: float | None) -> None:
    """What accuses counts from any field; an excuse only where nothing accuses."""
    found = findings(block)
    assert (found.spam, found.score) == (spam, score)


@pytest.mark.parametrize(
    ("block", "virus"),
    [
        ("X-Virus-Status: Clean", ""),
        ("X-Virus-Scanned: clamav-milter 1.0 at mx", ""),
        ("X-Virus-Status: Infected (Eicar-Signature)", "Eicar-Signature"),
        ("X-Virus-Status: Infected with Win.Test.EICAR_HDB-1", "Win.Test.EICAR_HDB-1"),
        ("X-Virus-Status: Infected", "a virus"),
        ("X-Virus-Status: Yes", "a virus"),
        ("X-Virus: Eicar", "Eicar"),
        ("X-Virus: no", ""),
        ("X-Amavis-Alert: INFECTED, message contains virus: Eicar-Test", "Eicar-Test"),
        ("X-Amavis-Alert: BANNED, message contains .exe", ""),
        ("X-Virus-Status: Clean\nX-Virus-Status: Infected", "a virus"),
    ],
)
def test_viruses(block: str, virus: str) -> None:
    """A virus that the MTA let through with a mark is named."""
    assert findings(block).virus == virus


@given(
    st.lists(
        st.tuples(
            st.sampled_from([name for name, _ in (*scanners.SPAM, *scanners.VIRUS)]),
            st.text(max_size=40),
        ),
        max_size=4,
    )
)
def test_any_field_can_be_read(fields: list[tuple[str, str]]) -> None:
    """Whatever stands there, nothing is raised."""
    findings("\n".join(f"{name}: {value}" for name, value in fields))
