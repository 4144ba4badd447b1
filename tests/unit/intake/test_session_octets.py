import itertools
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, strategies as st

from tests.lmtp_talk import ENVELOPE, HELLO, MAIL, Played

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
