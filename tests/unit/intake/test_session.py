from pathlib import Path

import pytest

from listhub.intake.events import Ask
from listhub.intake.syntax import reply
from tests.lmtp_talk import ENVELOPE, HELLO, MAIL, POST, Played

SMUGGLING = Path(__file__).parents[2] / "corpus" / "smuggling"


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
