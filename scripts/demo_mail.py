"""The lists, members and messages of the demo, and what must come of them."""

import base64
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

DOMAIN = "lists.example"

#: Addresses beyond ASCII (RFC 6531), among the others of the middle list.
_BEYOND_ASCII = (
    "grüße@bücher.example",
    "josé.núñez@correo.example",
    "用户@例子.example",
)

ADA = "ada@team.example"
STRANGER = "mallory@elsewhere.example"


@dataclass(frozen=True, kw_only=True)
class List:
    """A mailing list and its members' addresses."""

    name: str
    subject: str
    members: tuple[str, ...]
    #: As `listhub list set` takes them.
    settings: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"{self.name}@{DOMAIN}"

    def csv(self) -> str:
        """Write the members as a file for `listhub member import`."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["address", "name"])
        writer.writerows(
            [member, f"Member {n}"] for n, member in enumerate(self.members)
        )
        return text.getvalue()


@dataclass(frozen=True, kw_only=True)
class Post:
    """A message, who sends it, and who must get it once."""

    about: str
    list: List
    author: str
    content: bytes
    message_id: str
    #: Recipients of copies; of a report where `report` is set; none if refused.
    expected: tuple[str, ...] = field(default=())
    report: bool = False
    #: What listhub-enqueue must answer: 0, or 67 for a list that does not exist.
    code: int = 0
    #: It waits for a moderator, in the web.
    held: bool = False

    @property
    def recipient(self) -> str:
        return self.list.address


def lists(members: int) -> tuple[List, List, List, List]:
    """Return a small list, a middling one, a large one, and a moderated one."""
    users = [f"user{n}@site{n % 7}.example" for n in range(47)]
    return (
        List(
            name="team",
            subject="Three of us",
            members=(ADA, "ben@team.example", "Cleo.D'Arc+lists@team.example"),
        ),
        List(name="users", subject="Fifty users", members=(*users, *_BEYOND_ASCII)),
        List(
            name="news",
            subject="The newsletter",
            members=tuple(
                f"reader{n}@mail{n % 40}.example" for n in range(max(1, members))
            ),
        ),
        List(
            name="board",
            subject="What moderators let through",
            members=(ADA, "ben@team.example"),
            settings=("send=editorkey",),
        ),
    )


def posts(team: List, users: List, news: List, board: List) -> Iterator[Post]:
    """Return the messages in the order of their sending."""
    yield _post("plain text", team, ADA, _plain("Lunch?", "At noon, as always."))
    yield _post("text and a picture", team, ADA, _multipart())
    yield _post("8-bit text in Latin-1", users, users.members[0], _latin_1())
    yield _post("from a UTF-8 address", users, _BEYOND_ASCII[0], _utf_8())
    yield _post("broken, bare line ends", users, users.members[1], _broken())
    yield _post(
        "newsletter",
        news,
        news.members[0],
        _plain("The news", "Nothing happened.\r\n" * 200),
    )
    refused = _post("from somebody unknown", team, STRANGER, _plain("Buy!", "Now."))
    yield Post(
        about=refused.about,
        list=team,
        author=STRANGER,
        content=refused.content,
        message_id=refused.message_id,
        expected=(STRANGER,),
        report=True,
    )
    for about, author, subject in (
        ("to be decided", "ben@team.example", "May we meet on Friday?"),
        ("spam, to be decided", "prizes@elsewhere.example", "You have won!"),
        ("more spam", "prizes2@elsewhere.example", "You have won!"),
    ):
        yield _held(_post(about, board, author, _plain(subject, "Please read this.")))
    nowhere = List(name="nobody", subject="", members=())
    lost = _post("to an unknown list", nowhere, ADA, _plain("Hello?", "Anybody?"))
    yield Post(
        about=lost.about,
        list=nowhere,
        author=ADA,
        content=lost.content,
        message_id=lost.message_id,
        code=67,
    )


def _post(about: str, to: List, author: str, rest: bytes) -> Post:
    message_id = f"{about.replace(' ', '-').replace(',', '')}.{to.name}@demo.example"
    head = (
        f"From: <{author}>\r\nTo: <{to.address}>\r\n"
        f"Date: Thu, 1 Jan 2026 12:00:00 +0000\r\nMessage-ID: <{message_id}>\r\n"
    )
    return Post(
        about=about,
        list=to,
        author=author,
        content=head.encode() + rest,
        message_id=message_id,
        expected=to.members,
    )


def _held(post: Post) -> Post:
    """Return a post of which nobody gets a copy until somebody decides."""
    return replace(post, expected=(), held=True)


def _plain(subject: str, text: str) -> bytes:
    return f"Subject: {subject}\r\n\r\n{text}\r\n".encode("ascii")


def _multipart() -> bytes:
    picture = base64.encodebytes(bytes(range(256)) * 40).replace(b"\n", b"\r\n")
    return (
        b"Subject: A picture\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="=_demo"\r\n\r\n'
        b"--=_demo\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n"
        b"--=_demo\r\nContent-Type: image/png; name=dots.png\r\n"
        b"Content-Disposition: attachment; filename=dots.png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + picture + b"--=_demo--\r\n"
    )


def _latin_1() -> bytes:
    return (
        "Subject: =?iso-8859-1?Q?Caf=E9?=\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
        "Wir treffen uns im Café, schöne Grüße.\r\n"
    ).encode("latin-1")


def _utf_8() -> bytes:
    return (
        "Subject: Grüße aus der Bücherei\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\nIch lese „Krieg und Frieden“.\r\n"
    ).encode()


def _broken() -> bytes:
    return (
        b"Subject: =?utf-9?Q?=ZZ broken\r\nthis line is no header field\r\n"
        b"Content-Type: multipart/alternative; boundary=never\r\n\r\n"
        b"--never-closed\nbare line feeds\n\x00and a NUL\n.\n..\nthe end, without its end"
    )
