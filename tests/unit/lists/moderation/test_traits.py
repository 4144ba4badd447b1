"""What makes posts alike."""

import pytest

from listhub.lists.moderation import traits
from listhub.lists.moderation.traits import Traits
from listhub.mail import mime


def of(head: str = "", *, subject: str = "x", **given: str) -> Traits:
    raw = f"{head}From: ann@a.example\r\nSubject: x\r\n\r\nHello\r\n".encode()
    fields = {"author": "ann@a.example", "reverse_path": "b+1@bulk.example", **given}
    return traits.of_post(mime.parse(raw), subject=subject, **fields)


@pytest.mark.parametrize(
    ("received", "relay"),
    [
        ([], "bulk.example"),
        (["from a (b [192.0.2.1]) by us; now"], "192.0.2.1"),
        (
            ["from a (b [127.0.0.1]) by us", "from c ([203.0.113.9]) by a"],
            "203.0.113.9",
        ),
        (["from a ([IPv6:2001:db8::12:1]) by us"], "2001:db8::/64"),
        (["from [192.0.2.9] (b [10.1.2.3]) by us"], "192.0.2.9"),
        (["by us with local; [192.0.2.1]"], "bulk.example"),
        (["from a ([999.1.1.1]) by us"], "bulk.example"),
        (["from x ([10.0.0.1]) by y"] * 9 + ["from z ([192.0.2.1])"], "bulk.example"),
    ],
)
def test_the_host_outside_that_handed_it_over(received: list[str], relay: str) -> None:
    """Hosts of our own are passed over; without one the reverse-path's domain stands."""
    head = "".join(f"Received: {each}\r\n" for each in received)
    assert of(head).relay == relay


@pytest.mark.parametrize(
    ("subject", "stem"),
    [
        ("Re: [dev] Invoice 12345 of 2026", "invoice # of #"),
        ("invoice   99 OF 1", "invoice # of #"),
        ("", ""),
        ("Re: ", ""),
        ("x" * 1000, "x" * 200),
    ],
)
def test_subjects_that_differ_in_numbers_are_alike(subject: str, stem: str) -> None:
    """Neither reply words nor tags nor numbers nor case make a subject another one."""
    assert of(subject=subject).stem == stem


def test_senders_are_compared_by_their_key() -> None:
    """How an address is written does not count, and none at all is no error."""
    assert of(author="Ann@A.Example").author_key == "ann@a.example"
    assert traits.of_command("").author_key == ""


def test_the_null_reverse_path_has_no_domain() -> None:
    """A mail that tells nothing of where it came from is like no other."""
    assert of(reverse_path="").relay == ""
