"""Which replies say the same."""

import time

import pytest
from hypothesis import given, strategies as st

from listhub.delivery.classify import standard
from listhub.mail.bounce import classify
from listhub.mail.likeness import WHOLESALE, likeness, trouble_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "550 5.1.1 <bob@b.example>: Recipient address rejected: User unknown",
            "550 5.1.1 <eve@e.example>: Recipient address rejected: User unknown",
        ),
        (
            "550-5.1.1 no such user gsmtp a1b2-20020a05.214 mx1.example.org",
            "550-5.1.1 no such user gsmtp c9d8-20020a17.655 mx7.example.org",
        ),
        (
            "554 Message rejected, see https://x.example/?q=1",
            "554 message REJECTED, see",
        ),
    ],
)
def test_who_and_when_make_no_difference(one: str, other: str) -> None:
    """Addresses, numbers, hosts and links are of one copy; the words are of all."""
    assert likeness(one, trouble="unknown") == likeness(other, trouble="unknown") != ""


def test_other_words_are_another_answer() -> None:
    """A user who is unknown and a mailbox that is full are not alike."""
    assert likeness("550 user unknown", trouble="") != likeness(
        "552 mailbox full", trouble=""
    )


@pytest.mark.parametrize("trouble", sorted(WHOLESALE))
def test_what_is_about_the_message_is_one_group(trouble: str) -> None:
    """However servers put it."""
    assert likeness("no", trouble=trouble) == likeness("never", trouble=trouble)


@pytest.mark.parametrize("text", ["", "550 5.1.1", "<bob@b.example>", "\0 \udc80"])
def test_what_says_nothing_is_never_alike(text: str) -> None:
    """Reports without words are in no group, whatever bytes they hold."""
    assert likeness(text, trouble="unknown") in {"", likeness("\udc80", trouble="")}


@given(st.text(max_size=3000))
def test_any_text(text: str) -> None:
    """No text is too odd."""
    found = likeness(text, trouble="unknown")

    assert found == "" or found.startswith("text:")


@pytest.mark.parametrize("text", ["a-" * 5000, "a." * 5000, "x" * 9999, "@" * 9999])
def test_it_takes_no_time(text: str) -> None:
    """Absurd replies cost milliseconds."""
    start = time.perf_counter()
    likeness(text, trouble="unknown")

    assert time.perf_counter() - start < 0.2


def test_classes_of_sending_are_those_of_reports() -> None:
    """A refusal while sending is in the words of a report about it."""
    known = {trouble_of(name) for name in standard().classes}

    assert {"no-such-user", "mailbox-full", "policy", "content", "unknown"} <= known
    reported = {each.name for each in classify.standard().classes}
    assert known - reported <= {"too-many-recipients"}
