import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from listhub.embedded.catcher import MAX_SIZE, Conversation
from listhub.embedded.caught import Keeper, caught, show


class Wire(asyncio.Transport):
    """The network's side: what was said to the client."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""
        self.closed = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said += bytes(data)

    @override
    def close(self) -> None:
        self.closed = True


class Client:
    """A client without a network; say() returns the codes of the replies."""

    def __init__(self, keeper: Keeper) -> None:
        self.wire = Wire()
        self.conversation = Conversation(keeper, set())
        self.conversation.connection_made(self.wire)
        self.wire.said = b""

    def say(self, data: bytes) -> list[int]:
        self.wire.said = b""
        self.conversation.data_received(data)
        lines = self.wire.said.split(b"\r\n")[:-1]
        return [int(line[:3]) for line in lines if line[3:4] == b" "]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Keeper(tmp_path) as keeper:
        yield Client(keeper)


def test_a_whole_pipeline_is_answered_in_order(client: Client, tmp_path: Path):
    """Commands may come all at once (RFC 2920), two messages among them."""
    codes = client.say(
        b"EHLO me\r\nMAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\nDATA\r\n"
        b"Subject: 1\r\n\r\n..\r\n.\r\n"
        b"MAIL FROM:<>\r\nRCPT TO:<e@f>\r\nDATA\r\n.\r\nQUIT\r\n"
    )
    first, second = caught(tmp_path)

    assert codes == [250, 250, 250, 354, 250, 250, 250, 354, 250, 221]
    assert client.wire.closed
    assert show(tmp_path, first.digest) == b"Subject: 1\r\n\r\n.\r\n"
    assert (second.reverse_path, second.recipients) == ("", ("e@f",))
    assert show(tmp_path, second.digest) == b""


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_pieces_make_no_difference(client: Client, tmp_path: Path, size: int):
    """However TCP cuts it, the content arrives as it was sent."""
    content = b".\r\n..\r\n.a\r\n\r\n.\n.\r\r\n\r\n"
    stuffed = b"\r\n".join(
        b"." + line if line.startswith(b".") else line
        for line in content.split(b"\r\n")
    )
    stream = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n" + stuffed + b".\r\n"
    codes = [
        code
        for start in range(0, len(stream), size)
        for code in client.say(stream[start : start + size])
    ]
    (one,) = caught(tmp_path)

    assert codes == [250, 250, 354, 250]
    assert show(tmp_path, one.digest) == content


def test_canned_answers(client: Client, tmp_path: Path):
    """The recipient's local part chooses the answer, the others are caught."""
    codes = client.say(
        b"MAIL FROM:<a@b>\r\nRCPT TO:<tempfail-7@d>\r\nRCPT TO:<Refuse@d>\r\n"
        b"RCPT TO:<ok@d>\r\nDATA\r\nx\r\n.\r\n"
    )
    (one,) = caught(tmp_path)

    assert codes == [250, 451, 550, 250, 354, 250]
    assert one.recipients == ("ok@d",)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (b"RCPT TO:<a@b>\r\n", [503]),
        (b"DATA\r\n", [503]),
        (b"MAIL FROM:<a@b>\r\nDATA\r\n", [250, 554]),
        (b"MAIL FROM:<a@b>\r\nRCPT TO:<refuse@b>\r\nDATA\r\nNOOP\r\n", [250, 550, 554, 250]),
        (b"MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", [250, 503]),
        (b"MAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<a@b>\r\n", [250, 250, 503]),
        (b"MAIL FROM:a@b\r\n", [501]),
        (b"MAIL FROM:<\r\n", [501]),
        (b"MAIL FROM:<a@b>\r\nRCPT TO:<>\r\n", [250, 501]),
        (b'MAIL FROM:<"a>b"@c>\r\n', [250]),
        (b"mail from:<a@b>\n", [250]),
        (b"MAIL FROM:<a@b> SIZE=%d\r\n" % (MAX_SIZE + 1), [552]),
        (b"HELO me\r\nVRFY a\r\nNOOP\r\nEXPN a\r\n\r\n", [250, 252, 250, 500, 500]),
        (b"\xff\x00\r\n", [500]),
        (b"x" * 5000, [500]),
        (b"x" * 5000 + b"\r\nNOOP\r\n", [500]),
    ],
    ids=repr,
)  # fmt: skip
def test_nonsense_is_refused(
    client: Client, tmp_path: Path, said: bytes, codes: list[int]
):
    """Commands out of order, broken or endless get an answer, and catch nothing."""
    assert client.say(said) == codes
    assert list(caught(tmp_path)) == []


def test_a_full_disk_is_temporary(client: Client, tmp_path: Path):
    """What cannot be kept is not accepted."""
    for folder in (tmp_path / "messages").iterdir():
        folder.rmdir()

    assert client.say(
        b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n"
    ) == [250, 250, 354, 452]  # fmt: skip
    assert list(caught(tmp_path)) == []
