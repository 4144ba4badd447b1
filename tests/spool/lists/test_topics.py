"""Topics: what a post is tagged with, and who gets it then."""

import pytest

from listhub.lists import topics
from tests.rooms import DOMAIN, Rooms, post_bytes

TOPICS = ["exams | Exams and marks | exam, mark", "sport | Sport | football"]


def tagged(rooms: Rooms) -> list[tuple[list[str], str]]:
    rows = rooms.rows("SELECT topics, method FROM message_topic ORDER BY at")
    return [(row.topics, row.method) for row in rows]


@pytest.fixture
def dev(rooms: Rooms) -> int:
    number = rooms.add_list(send="public", topics=TOPICS)
    rooms.subscribe(number, "all@x.example")
    rooms.subscribe(number, "exams@x.example", topics=["exams"])
    rooms.subscribe(number, "sport@x.example", topics=["sport", "other"])
    return number


@pytest.mark.parametrize(
    ("subject", "readers"),
    [
        ("The Exam on Monday", ["all", "exams"]),
        ("Football", ["all", "sport"]),
        ("Lunch", ["all", "sport"]),
        ("Examples of footballers", ["all", "sport"]),
    ],
)
def test_members_get_the_topics_that_they_chose(
    rooms: Rooms, dev: int, subject: str, readers: list[str]
):
    """Keywords are whole words; a post without a topic goes to who chose `other`."""
    raw = post_bytes().replace(b"A question", subject.encode())
    rooms.put("distribute", raw)

    rooms.drain("distribute")

    assert sorted(rooms.sent_to()) == sorted(f"{who}@x.example" for who in readers)


ALTERNATIVE = """\
--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: base64

{plain}
--b
Content-Type: text/html

<p title="football">Les &eacute;tudes</p>
--b--
"""


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (
            "Content-Type: multipart/alternative; boundary=b",
            ALTERNATIVE.format(plain="TGVzIOl0dWRlcw=="),
        ),
        ("Content-Type: text/html", "<p title='football'>&eacute;tudes"),
        ("Content-Transfer-Encoding: quoted-printable", "=C3=A9tu=\ndes"),
        ("Content-Type: text/plain; charset=latin1", "caf\u00e9"),
    ],
)
def test_keywords_are_looked_for_in_what_is_read(rooms: Rooms, head: str, body: str):
    """Whatever charset, encoding or structure a text has; what nobody reads is none."""
    lines = ["etudes | Studies | études", "sport | Sport | football"]
    number = rooms.add_list(send="public", topics=lines, topics_apply_on="body")
    rooms.subscribe(number, "all@x.example")
    raw = post_bytes(extra=f"MIME-Version: 1.0\r\n{head}\r\n", body=body)
    rooms.put("distribute", raw)

    rooms.drain("distribute")

    assert tagged(rooms) == ([] if "caf" in body else [(["etudes"], "auto")])


def test_answers_inherit_the_topic(rooms: Rooms, dev: int):
    """An answer has the topics of what it answers, without any keyword."""
    topics.tag(
        rooms.conn, list_id=dev, message_id="q@x", names=["exams"], method="editor"
    )
    rooms.conn.commit()
    rooms.put("distribute", post_bytes(extra="In-Reply-To: <q@x>\r\n"))

    rooms.drain("distribute")

    assert sorted(rooms.sent_to()) == ["all@x.example", "exams@x.example"]


def test_the_tag_is_on_the_copy(rooms: Rooms, dev: int):
    """The copy names its topics, so that readers may filter by them."""
    rooms.put("distribute", post_bytes().replace(b"A question", b"exam"))

    rooms.drain("distribute")

    assert rooms.head().get("X-Sympa-Topic") == b"exams"
    assert rooms.rows("SELECT address FROM mailing_list")[0].address == f"dev@{DOMAIN}"
