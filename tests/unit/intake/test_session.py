import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from listhub.intake.events import Ask, Limits, Mail
from listhub.intake.session import Session
from listhub.intake.syntax import Reply, reply
from listhub.lists.directory import Destination, Refusal
from listhub.mail.recipient import AddressKind

SMUGGLING = Path(__file__).parents[2] / "corpus" / "smuggling"

POST = Destination(
    kind=AddressKind.POST,
    stage="distribute",
    domain_id=1,
    list_id=1,
    list_address="post@example.org",
)
UNKNOWN = Refusal(code=550, enhanced="5.1.1", text="No list at that address.")

HELLO = b"LHLO client.example\r\n"
ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<post@example.org>\r\n"
MAIL = b"From: a@example.org\r\n\r\ntext\r\n"


class Played:
    """What came of a conversation in which every mail is accepted."""

    def __init__(self, *, local: bool = False, max_size: int = 10_000) -> None:
        self.session = Session(
            host="mx.example",
            limits=Limits(max_size=max_size, max_recipients=3),
            local=local,
        )
        self.mails: list[Mail] = []
        self.asked: list[tuple[str, ...]] = []
        self.output = self.session.output()

    def say(self, *pieces: bytes) -> "Played":
        for piece in pieces:
            self.session.feed(piece)
            while (event := self.session.advance()) is not None:
                self._answer(event)
        self.output += self.session.output()
        return self

    def _answer(self, event: Ask | Mail) -> None:
        match event:
            case Ask(recipients):
                self.asked.append(recipients)
                self.session.answer_asked([_verdict(each) for each in recipients])
            case Mail():
                self.mails.append(event)
                self.session.answer_mail(
                    [
                        reply(250, "2.0.0", f"accepted {to}")
                        for to, _ in event.recipients
                    ]
                )

    @property
    def codes(self) -> list[int]:
        """The codes of all replies, the greeting's first."""
        return [int(line[:3]) for line in self.output.splitlines() if line[3:4] == b" "]

    @property
    def last(self) -> str:
        return self.output.splitlines()[-1].decode()


def _verdict(recipient: str) -> Destination | Refusal:
    return UNKNOWN if recipient.startswith("unknown") else POST


def test_mail_is_taken_and_answered() -> None:
    """A whole conversation: greeting, LHLO, envelope, content, good-bye."""
    played = Played().say(HELLO, ENVELOPE, b"DATA\r\n", MAIL + b".\r\n", b"QUIT\r\n")
    assert played.codes == [220, 250, 250, 250, 354, 250, 221]
    assert [mail.content for mail in played.mails] == [MAIL]
    assert played.mails[0].reverse_path == "a@example.org"
    assert played.mails[0].helo == "client.example"
    assert played.session.closed


def test_all_promised_extensions_are_announced() -> None:
    """LHLO names the extensions that this server holds to."""
    output = Played().say(HELLO).output
    for offer in (b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"ENHANCEDSTATUSCODES"):
        assert b"250-" + offer in output
    assert b"250 SIZE 10000\r\n" in output
    assert b"CHUNKING" not in output


def test_one_reply_for_each_accepted_recipient() -> None:
    """After DATA there are as many replies as recipients were accepted (RFC 2033)."""
    played = Played().say(
        HELLO,
        b"MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nRCPT TO:<unknown@x>\r\nRCPT TO:<b@x>\r\n",
        b"DATA\r\n",
        MAIL + b".\r\n",
    )
    assert played.codes == [220, 250, 250, 250, 550, 250, 354, 250, 250]
    assert [to for to, _ in played.mails[0].recipients] == ["a@x", "b@x"]
    assert played.mails[0].reverse_path == ""


def test_recipients_that_came_together_are_looked_up_together() -> None:
    """Pipelined RCPTs are one question."""
    rcpts = b"".join(b"RCPT TO:<%d@x>\r\n" % n for n in range(3))
    played = Played().say(HELLO + b"MAIL FROM:<>\r\n" + rcpts)
    assert played.asked == [("0@x", "1@x", "2@x")]


def test_a_bad_recipient_keeps_its_place_among_the_replies() -> None:
    """A syntax error between two look-ups is answered between them."""
    played = Played().say(
        HELLO
        + b"MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nRCPT TO:b@x\r\nRCPT TO:<unknown@x>\r\n"
    )
    assert played.codes[-3:] == [250, 501, 550]


def test_data_without_a_valid_recipient_is_refused() -> None:
    """503 when no recipient was accepted (RFC 2033 §4.2)."""
    played = Played().say(HELLO, b"MAIL FROM:<>\r\nRCPT TO:<unknown@x>\r\nDATA\r\n")
    assert played.codes[-1] == 503


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"HELO x", 500),
        (b"EHLO x", 500),
        (b"LHLO", 501),
        (b"MAIL FROM:<>", 503),
        (b"RCPT TO:<a@x>", 503),
        (b"DATA", 503),
        (b"BDAT 3 LAST", 500),
        (b"STARTTLS", 500),
        (b"NOOP", 250),
        (b"RSET", 250),
        (b"VRFY a", 252),
        (b"HELP", 214),
        (b"", 500),
        (b"\xff\xfe", 500),
    ],
)
def test_answers_before_lhlo(line: bytes, code: int) -> None:
    """Each command has its answer, in its place or not."""
    assert Played().say(line + b"\r\n").codes[-1] == code


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"MAIL FROM:<> SIZE=10001", 552),
        (b"MAIL FROM:<> SIZE=99999999999999999999999999", 552),
        (b"MAIL FROM:<> SIZE=10000", 250),
        (b"MAIL FROM:<> BODY=8BITMIME SMTPUTF8", 250),
        (b"mail from: <a@x>", 250),
        (b"MAIL FROM:<> BODY=BINARYMIME", 501),
        (b"MAIL FROM:<> RET=HDRS", 555),
        (b"MAIL FROM:a@x", 501),
        (b"MAIL FROM:<a@x", 501),
        (b"MAIL FROM:<a\x01@x>", 553),
        (b"MAIL FROM:<\xff@x>", 553),
        (b"MAIL TO:<a@x>", 501),
    ],
)
def test_the_arguments_of_mail(line: bytes, code: int) -> None:
    """Parameters and paths are checked before anything is kept."""
    assert Played().say(HELLO, line + b"\r\n").codes[-1] == code


def test_too_many_recipients_are_put_off() -> None:
    """Beyond the limit 452, and the client sends the rest later (RFC 5321 §4.5.3.1.10)."""
    rcpts = b"".join(b"RCPT TO:<%d@x>\r\n" % n for n in range(5))
    played = Played().say(HELLO, b"MAIL FROM:<>\r\n", rcpts)
    assert played.codes[-5:] == [250, 250, 250, 452, 452]


def test_dots_are_unstuffed_at_the_start_of_lines_only() -> None:
    """The first dot of a line goes, every other octet stays."""
    played = Played().say(
        HELLO, ENVELOPE, b"DATA\r\n", b"..a\r\n...\r\nb.c\r\n..\r\n.d\r\n\r\n.\r\n"
    )
    assert played.mails[0].content == b".a\r\n..\r\nb.c\r\n.\r\nd\r\n\r\n"


def test_empty_content_ends_at_once() -> None:
    """A dot right after DATA is an empty mail, not the start of one."""
    played = Played().say(HELLO, ENVELOPE, b"DATA\r\n", b".\r\nQUIT\r\n")
    assert played.mails[0].content == b""
    assert played.codes[-1] == 221


@pytest.mark.parametrize(
    "path", sorted(SMUGGLING.iterdir()), ids=lambda path: path.stem
)
def test_no_mail_is_smuggled(path: Path) -> None:
    """Only CRLF.CRLF ends DATA: what follows a false end is text of the same mail."""
    data = path.read_bytes()
    played = Played().say(HELLO, ENVELOPE, b"DATA\r\n", data)
    assert len(played.mails) == 1
    assert b"smuggled" in played.mails[0].content
    assert played.mails[0].reverse_path == "a@example.org"
    for end in (b"\n.\n", b"\n.\r\n"):
        if end in data.removesuffix(b"\r\n.\r\n") and b"\r\n." not in data[:90]:
            assert end in played.mails[0].content


def test_a_mail_that_is_too_large_is_refused_for_every_recipient() -> None:
    """552 5.3.4 once for each, and the conversation goes on."""
    played = Played(max_size=100).say(
        HELLO,
        b"MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n",
        b"x" * 101 + b"\r\n.\r\n",
        b"NOOP\r\n",
    )
    assert played.codes[-3:] == [552, 552, 250]
    assert not played.mails


def test_a_mail_of_exactly_the_limit_is_taken_however_its_dots_are_stuffed() -> None:
    """The limit is for what is kept, not for what is on the wire."""
    wire = b"..\r\n" * 33 + b"\r\n.\r\n"
    for size in (1, 3, 1000):
        pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
        played = Played(max_size=101).say(HELLO, ENVELOPE, b"DATA\r\n", *pieces)
        assert played.codes[-1] == 250
        assert played.mails[0].content == b".\r\n" * 33 + b"\r\n"


def test_what_is_too_large_is_not_kept() -> None:
    """However much a peer sends, the session holds little more than the limit."""
    played = Played(max_size=1000).say(HELLO, ENVELOPE, b"DATA\r\n")
    for _ in range(1000):
        played.say(b"y" * 1000)
        assert played.session.pending < 3000
    assert played.say(b"\r\n.\r\n").codes[-1] == 552


def test_a_dot_that_starts_a_dropped_piece_does_not_end_the_mail() -> None:
    """Where a piece starts is not where a line starts."""
    played = Played(max_size=10).say(HELLO, ENVELOPE, b"DATA\r\n", b"z" * 50, b".\r\n")
    assert played.codes[-1] == 354
    assert played.say(b".\r\n").codes[-1] == 552


def test_an_endless_command_ends_the_conversation() -> None:
    """Garbage without a line end is not collected."""
    played = Played().say(*[b"x" * 500] * 10)
    assert played.codes == [220, 421]
    assert played.session.closed
    assert played.session.pending == 0


def test_a_flood_of_mistakes_ends_the_conversation() -> None:
    """After twenty mistakes the peer is sent away."""
    played = Played().say(b"WHAT\r\n" * 100)
    assert played.codes == [220, *[500] * 21, 421]


def test_a_flood_of_nothing_ends_the_conversation() -> None:
    """Commands without a mail among them have an end."""
    assert Played().say(HELLO, b"NOOP\r\n" * 2000).codes[-1] == 421


def test_unknown_recipients_are_not_mistakes_of_the_peer() -> None:
    """An MTA only passes on what it was given."""
    played = Played().say(HELLO)
    for _ in range(50):
        played.say(b"MAIL FROM:<>\r\nRCPT TO:<unknown@x>\r\nRSET\r\n")
    assert not played.session.closed


def test_rset_forgets_the_mail() -> None:
    """After RSET a new mail starts, after LHLO too."""
    played = Played().say(HELLO, ENVELOPE, b"RSET\r\n", b"DATA\r\n")
    assert played.codes[-1] == 503
    assert played.say(ENVELOPE, HELLO, b"DATA\r\n").codes[-1] == 503


def test_nothing_is_said_after_the_farewell() -> None:
    """A dismissed peer is not listened to, and a late answer is not said."""
    played = Played().say(HELLO, b"MAIL FROM:<>\r\n")
    played.session.feed(b"RCPT TO:<a@x>\r\n")
    assert isinstance(played.session.advance(), Ask)
    played.session.dismiss(reply(421, "4.3.2", "Closing."))
    played.session.answer_asked([POST])
    assert played.say(b"NOOP\r\n").codes == [220, 250, 250, 421]


# ── BDAT, on the local socket ────────────────────────────────────────────────


@pytest.mark.parametrize(
    "content",
    [b"a\nb", b"\0\r\n.\r\n.\n", b"", b"no end", b"\r", b".\r\n", b"x" * 9999],
    ids=["lf", "nul and dots", "empty", "no end", "cr", "dot", "large"],
)
def test_bdat_keeps_every_octet(content: bytes) -> None:
    """Counted octets arrive as they are, whatever they are."""
    played = Played(local=True).say(
        HELLO,
        b"MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<a@x>\r\n",
        b"BDAT %d LAST\r\n" % len(content) + content + b"QUIT\r\n",
    )
    assert [mail.content for mail in played.mails] == [content]
    assert played.codes[-2:] == [250, 221]


def test_bdat_in_chunks() -> None:
    """Chunks are joined; each but the last has one reply."""
    played = Played(local=True).say(
        HELLO, ENVELOPE, b"BDAT 3\r\nab\nBDAT 2\r\ncdBDAT 0 LAST\r\n"
    )
    assert played.mails[0].content == b"ab\ncd"
    assert played.codes[-3:] == [250, 250, 250]


def test_bdat_that_is_too_large_is_read_and_dropped() -> None:
    """The octets after a refused BDAT are no commands (RFC 3030 §2)."""
    played = Played(local=True, max_size=10).say(
        HELLO, ENVELOPE, b"BDAT 12 LAST\r\nQUIT\r\nQUIT\r\nNOOP\r\n"
    )
    assert played.codes[-2:] == [552, 250]
    assert not played.mails


def test_bdat_without_a_recipient_is_read_and_dropped() -> None:
    """503, and the conversation goes on behind the octets."""
    played = Played(local=True).say(
        HELLO, b"MAIL FROM:<>\r\nRCPT TO:<unknown@x>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"
    )
    assert played.codes[-2:] == [503, 250]


@pytest.mark.parametrize("line", [b"BDAT", b"BDAT x", b"BDAT -1", b"BDAT 1 FIRST"])
def test_bdat_that_cannot_be_counted_ends_the_conversation(line: bytes) -> None:
    """Where the next command would start nobody knows."""
    played = Played(local=True).say(HELLO, ENVELOPE, line + b"\r\nQUIT\r\n")
    assert played.codes[-1] == 421
    assert played.session.closed


def test_binary_mail_does_not_come_by_data() -> None:
    """BODY=BINARYMIME needs BDAT, and BDAT does not mix with DATA."""
    binary = b"MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<a@x>\r\nDATA\r\n"
    assert Played(local=True).say(HELLO, binary).codes[-1] == 503
    mixed = Played(local=True).say(HELLO, ENVELOPE, b"BDAT 1\r\naDATA\r\n")
    assert mixed.codes[-1] == 503


# ── any chunking ─────────────────────────────────────────────────────────────

COMMANDS = st.sampled_from(
    [
        HELLO,
        ENVELOPE,
        b"MAIL FROM:<b@x> SIZE=5\r\n",
        b"RCPT TO:<unknown@x>\r\n",
        b'RCPT TO:<"odd > \\" @"@x>\r\n',
        b"RCPT TO:<c@x>\n",
        b"DATA\r\n" + MAIL + b".\r\n",
        b"DATA\r\n..\r\n.\n..\n\r\n.\r\n",
        b"DATA\r\n.\r\n",
        b"DATA\r\n" + b"long\r\n" * 40 + b".\r\n",
        b"BDAT 4\r\n\r\n.\r",
        b"BDAT 7 LAST\r\n\n.\r\nDAT",
        b"BDAT 300 LAST\r\n" + b"q" * 300,
        b"RSET\r\n",
        b"NOOP\r\n",
        b"GARBAGE\r\n",
        b"\r\n",
        b".\r\n",
    ]
)


def _pieces(data: bytes, cuts: Iterable[int]) -> Sequence[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places)]


@given(
    commands=st.lists(COMMANDS, max_size=12),
    cuts=st.lists(st.integers(min_value=0, max_value=10_000), max_size=40),
    local=st.booleans(),
)
def test_any_chunking_gives_the_same_result(
    commands: list[bytes], cuts: list[int], *, local: bool
) -> None:
    """How the network cuts the octets changes neither replies nor mails."""
    data = HELLO + b"".join(commands)
    whole = Played(local=local, max_size=200).say(data)
    cut = Played(local=local, max_size=200).say(*_pieces(data, cuts))
    single = Played(local=local, max_size=200).say(*(bytes([octet]) for octet in data))
    assert whole.output == cut.output == single.output
    assert whole.mails == cut.mails == single.mails


@given(content=st.binary(max_size=300), size=st.integers(min_value=1, max_value=20))
def test_stuffing_and_unstuffing_give_the_same_octets(
    content: bytes, size: int
) -> None:
    """What a client stuffs as RFC 5321 §4.5.2 says comes out as it was."""
    mail = content + b"\r\n"
    stuffed = (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
    pieces = [stuffed[at : at + size] for at in range(0, len(stuffed), size)]
    played = Played().say(HELLO, ENVELOPE, b"DATA\r\n", *pieces)
    assert [each.content for each in played.mails] == [mail]


@given(garbage=st.binary(max_size=3000))
def test_garbage_never_raises(garbage: bytes) -> None:
    """Whatever arrives has an answer or an end."""
    Played().say(garbage)
    Played(local=True).say(HELLO, ENVELOPE, garbage)


def test_a_reply_is_one_line() -> None:
    """No text can smuggle in a reply of its own."""
    answer = Reply(code=550, enhanced="5.1.1", text="No\r\n250 2.0.0\nlist")
    assert answer.line() == b"550 5.1.1 No 250 2.0.0 list\r\n"
