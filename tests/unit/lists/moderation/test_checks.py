"""What is known of where a post comes from, in words."""

import pytest

from listhub.lists.moderation import checks
from listhub.mail.authentication import Authentication

ANN = "ann@a.example"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Authentication(), [("origin", "none", "open")]),
        (
            Authentication(source="trusted field", dkim=("a.example",)),
            [("dkim", "pass", "yes")],
        ),
        (
            Authentication(source="verified here", dkim=("spam.example",)),
            [("dkim", "pass", "open")],
        ),
        (Authentication(source="verified here"), [("dkim", "none", "open")]),
        (
            Authentication(
                source="trusted field", dkim=("b.example",), dmarc="fail", spf="pass"
            ),
            [
                ("dmarc", "fail", "no"),
                ("dkim", "pass", "open"),
                ("spf", "pass", "open"),
            ],
        ),
        (
            Authentication(spf="softfail", arc="fail"),
            [("spf", "softfail", "no"), ("arc", "fail", "no")],
        ),
        (Authentication(spf="neutral", dmarc="none"), [("origin", "none", "open")]),
    ],
)
def test_each_result_has_its_words(
    found: Authentication, told: list[tuple[str, str, str]]
) -> None:
    """What speaks for the author, against them, or says nothing; the strongest first."""
    checked = checks.in_words(found, author=ANN)
    assert [(each.method, each.result, each.good) for each in checked] == told
    assert all(str(each.sentence).endswith(".") for each in checked)
    assert all(each.sentence.into("fr") for each in checked)
