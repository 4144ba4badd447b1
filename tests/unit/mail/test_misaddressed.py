import pytest
from hypothesis import given, strategies as st

from listhub.mail import misaddressed
from listhub.mail.draft import Draft


def draft(subject: str, body: str, *, more: str = "") -> Draft:
    return Draft.parse(f"Subject: {subject}\r\n{more}\r\n{body}".encode())


@pytest.mark.parametrize(
    ("subject", "body", "command"),
    [
        ("unsubscribe dev", "", "unsubscribe dev"),
        ("  Subscribe dev ", "Dear all", "Subscribe dev"),
        ("SIGNOFF dev", "", "SIGNOFF dev"),
        ("set dev nomail", "", "set dev nomail"),
        ("=?utf-8?q?unsubscribe_dev?=", "", "unsubscribe dev"),
        ("Re: unsubscribe dev", "", None),
        ("How to unsubscribe dev members?", "", None),
        ("Subscribe dev to the other list", "", None),
        ("set dev free", "", None),
        ("unsubscribe", "", None),
        ("", "\r\nunsubscribe dev\r\n", "unsubscribe dev"),
        ("", "unsubscribe dev please\r\nThank you\r\n\r\n\r\n\r\n\r\nAda\r\n", "unsubscribe dev"),
        ("", "set dev mail\r\n", "set dev mail"),
        ("", "set dev mailing\r\n", None),
        ("", "Hello,\r\nunsubscribe dev\r\n", None),
        ("", "unsubscribe dev\r\n1\r\n2\r\n3\r\n4\r\n5\r\n", None),
        ("", "", None),
        (f"DISTRIBUTE dev {'0a' * 16}", "", "DISTRIBUTE dev …"),
        ("", f"quiet rej dev {'0A' * 16}\r\n", "quiet rej dev …"),
        (f"confirm {'0a' * 16}", "", "confirm …"),
        ("", f"AUTH {'0a' * 16} SUBSCRIBE dev\r\n", "AUTH … SUBSCRIBE dev"),
        ("Confirm the date", "", None),
        ("", "Reject this proposal\r\n", None),
    ],
)  # fmt: skip
def test_commands_are_told_from_posts(
    subject: str, body: str, command: str | None
) -> None:
    """A subject that is nothing else, or a short body that begins with one."""
    assert misaddressed.command(draft(subject, body)) == command


def test_the_first_text_is_read() -> None:
    """In a multipart it is the plain text that counts, decoded, not an attachment."""
    more = "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n"
    body = (
        "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
        "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "dW5zdWJzY3JpYmUgZGV2\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n"
    )
    assert misaddressed.command(draft("", body, more=more)) == "unsubscribe dev"


def test_sites_have_commands_of_their_own() -> None:
    """The pattern of a site replaces ours."""
    assert misaddressed.command(draft("stop", ""), pattern="stop") == "stop"


@given(st.binary(max_size=300))
def test_any_message_can_be_looked_at(raw: bytes) -> None:
    """Whatever the message is, nothing is raised."""
    misaddressed.command(Draft.parse(raw))
