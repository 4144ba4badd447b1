from datetime import UTC, datetime

import pytest

from listhub.mail.headers import Headers
from listhub.mail.mime import parse
from listhub.mail.owner_text import OwnerText, OwnerTextError
from listhub.mail.personal import SAMPLE, Common, Reader, Values, templates

HEAD = Headers.parse(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-Campus: North\r\n\r\n")
ANN = Reader(
    address="ann+x@a.example",
    name="Ann\r\nBcc: x",
    reception="text",
    since=datetime(2024, 2, 29, 23, 5, tzinfo=UTC),
    attributes={"room": 12, "none": None},
)


def rendered(text: str, reader: Reader = ANN, *, language: str = "en") -> str:
    common = Common(
        list_address="dev@lists.example",
        headers=HEAD,
        sender="bob@b.example",
        web_url="https://lists.example",
        language=language,
    )
    return OwnerText(text).render(Values(common).of(reader))


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("{{ user.email }}", "ann+x@a.example"),
        ("{{ user.escaped_email }}", "ann%2Bx@a.example"),
        ("{{ user.display_name }}|{{ user.gecos }}", "Ann  Bcc: x|Ann  Bcc: x"),
        ("{{ user.reception }}", "text"),
        ("{{ user.subscribed }}", "29 February 2024"),
        ("{{ user.attributes.room }}", "12"),
        ("{{ user.attributes.floor }}!", "!"),
        ("{{ listname }} {{ domain }}", "dev lists.example"),
        ("{{ list.name }} {{ list.domain }} {{ list.address }}",
         "dev lists.example dev@lists.example"),
        ("{{ web_url }} {{ sender }}", "https://lists.example bob@b.example"),
        ("{{ subject }} {{ headers.subject }}", "Grüße Grüße"),
        ("{{ headers['x-campus'] }}{{ headers.nothing }}", "North"),
    ],
)  # fmt: skip
def test_every_name_is_there(text: str, becomes: str):
    """All that the page about personalising promises."""
    assert rendered(text) == becomes


def test_dates_are_written_in_the_language_of_the_list():
    """And are empty for somebody of whom nothing is known."""
    assert rendered("{{ user.subscribed }}", language="fr") == "29 février 2024"
    assert "23:05" in rendered("{{ user.friendly_date }}", language="fr")
    assert rendered("{{ user.friendly_date }}", Reader(address="a@a.example")) == ""


@pytest.mark.parametrize("text", ["{{ user.emial }}", "{{ usr }}", "{{ list.owner }}"])
def test_a_slip_of_the_pen_fails_for_everybody(text: str):
    """So it is found with one sample, before a post is accepted."""
    for reader in (ANN, SAMPLE, Reader(address="a@a.example")):
        with pytest.raises(OwnerTextError):
            rendered(text, reader)


@pytest.mark.parametrize(
    ("head", "body", "count"),
    [
        (b"", b"{{ user.email }}", 1),
        (b"", b"{ user }", 0),
        (b"Content-Type: text/html\r\n", b"{% if user %}x{% endif %}", 1),
        (b"Content-Type: text/csv\r\n", b"{{ user.email }}", 0),
        (b"Content-Disposition: attachment\r\n", b"{{ user.email }}", 0),
        (b"Content-Type: text/plain; charset=klingon\r\n", b"{{ user.email }}", 0),
        (b"Content-Type: application/pkcs7-mime\r\n", b"{{ user.email }}", 0),
        (b"", b"-----BEGIN PGP MESSAGE-----\r\n{{ x }}\r\n", 0),
        (b"Content-Type: multipart/signed; boundary=b\r\n",
         b"--b\r\n\r\n{{ x }}\r\n--b\r\n\r\ns\r\n--b--\r\n", 0),
        (b"Content-Type: multipart/mixed; boundary=b\r\n",
         b"--b\r\n\r\n{{ x }}\r\n--b\r\n\r\ns\r\n--b--\r\n", 1),
    ],
)  # fmt: skip
def test_which_parts_are_templates(head: bytes, body: bytes, count: int):
    """Texts that can be read, if something is to be filled in; nothing else."""
    assert len(templates(parse(head + b"\r\n" + body))) == count
