"""What is said to a relay, and what its answers mean, without a connection."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from listhub.delivery.channel import parse_reply
from listhub.delivery.commands import Capabilities, Nonsense, judge, prepare
from listhub.delivery.session import parse_capabilities
from listhub.delivery.transaction import Reply, Transaction
from listhub.delivery.wire import to_wire

EVERYTHING = Capabilities(
    pipelining=True, eight_bit=True, smtputf8=True, xverp=True, size_announced=True
)
NOTHING = Capabilities()


def mail(
    *recipients: str,
    reverse_path: str = "list@example.org",
    head: bytes = b"Subject: a\n\n",
    smtputf8: bool = False,
    eight_bit: bool = False,
    size: int = 0,
    xverp: bool = False,
) -> Transaction:
    return Transaction(
        reverse_path=reverse_path,
        recipients=recipients,
        content=to_wire(head, b"Hello\n"),
        smtputf8=smtputf8,
        eight_bit=eight_bit,
        size=size,
        xverp=xverp,
    )


def test_commands_stand_in_the_order_of_the_protocol() -> None:
    """One MAIL, a RCPT for each, DATA last (RFC 2920 §3.1)."""
    prepared = prepare(mail("a@example.org", "b@example.org"), NOTHING)

    assert prepared.commands == (
        b"MAIL FROM:<list@example.org>\r\n"
        b"RCPT TO:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
    )
    assert prepared.owed == 4


@pytest.mark.parametrize(
    ("transaction", "parameters"),
    [
        (mail("a@example.org"), b" SIZE=21"),
        (mail("a@example.org", size=99), b" SIZE=99"),
        (mail("a@example.org", eight_bit=True), b" SIZE=21 BODY=8BITMIME"),
        (mail("a@example.org", smtputf8=True), b" SIZE=21 SMTPUTF8"),
        (mail("\u00e4@example.org"), b" SIZE=21 SMTPUTF8"),
        (mail("a@example.org", xverp=True), b" SIZE=21 XVERP=+="),
    ],
    ids=["size", "size given", "8-bit", "utf-8 header", "utf-8 address", "xverp"],
)
def test_parameters_are_those_that_the_mail_needs(
    transaction: Transaction, parameters: bytes
) -> None:
    """And only where the relay announced them."""
    first = prepare(transaction, EVERYTHING).commands.split(b"\r\n")[0]

    assert first == b"MAIL FROM:<list@example.org>" + parameters


@pytest.mark.parametrize(
    ("transaction", "can", "answer"),
    [
        (mail("a@example.org", size=101), Capabilities(size=100), (552, "5.3.4")),
        (mail("a@example.org", eight_bit=True), NOTHING, (451, "4.6.3")),
        (mail("a@example.org", xverp=True), NOTHING, (451, "4.3.3")),
        (
            mail("a@example.org", reverse_path="\u00e4@example.org"),
            NOTHING,
            (553, "5.6.7"),
        ),
        (
            mail("a@example.org", head="Subject: \u00e4\n\n".encode(), smtputf8=True),
            NOTHING,
            (550, "5.6.9"),
        ),
        (mail("a@example.org", reverse_path="a b@example.org"), EVERYTHING, (451, "4.1.7")),
        (mail("\u00e4@example.org"), NOTHING, (553, "5.6.7")),
        (mail("a@example.org\r\nDATA"), EVERYTHING, (553, "5.1.3")),
    ],
    ids=[
        "too large", "8-bit", "xverp", "utf-8 sender", "utf-8 header", "bad sender",
        "utf-8 recipient", "line break",
    ],
)  # fmt: skip
def test_what_the_relay_cannot_take_is_answered_here(
    transaction: Transaction, can: Capabilities, answer: tuple[int, str]
) -> None:
    """Nothing is said to the relay, and each recipient has a reply all the same."""
    prepared = prepare(transaction, can)

    assert (prepared.commands, prepared.owed) == (b"", 0)
    assert [reply and (reply.code, reply.enhanced) for reply in prepared.own] == [
        answer
    ]


def test_smtputf8_flag_alone_refuses_nobody() -> None:
    """Flagged for one recipient's sake, the others' mail is plain and goes out."""
    prepared = prepare(
        mail("\u00e4@example.org", "b@example.org", smtputf8=True), NOTHING
    )

    assert b"RCPT TO:<b@example.org>" in prepared.commands
    assert prepared.owed == 3
    assert judge(prepared, [b"250 Ok", b"550 No", b"554 No"]) == (
        prepared.own[0],
        Reply(550, "", "No"),
    )


@pytest.mark.parametrize(
    "address",
    ["a@example.org\n", "a@x\r\nRCPT TO:<b@x>", "a@x> NOTIFY=NEVER", "<a@x>", "a b@x",
     "", "\0@x", '"a@x', "\ud800@x", 'a"\r\n"@x'],
)  # fmt: skip
def test_address_cannot_leave_its_brackets(address: str) -> None:
    """An address from anywhere cannot become a command or a parameter."""
    prepared = prepare(mail(address, "b@example.org"), EVERYTHING)

    assert prepared.own[0] is not None
    assert prepared.commands.count(b"\r\n") == prepared.owed == 3
    assert b"b@example.org" in prepared.commands


@pytest.mark.parametrize(
    "address", ['"a b"@example.org', '"<\\">"@example.org', "a+b=c@[127.0.0.1]"]
)
def test_odd_addresses_that_are_legal_go_through(address: str) -> None:
    """RFC 5321 §4.1.2 allows more than most people think."""
    prepared = prepare(mail(address), EVERYTHING)

    assert f"RCPT TO:<{address}>".encode() in prepared.commands


@given(recipients=st.lists(st.text(max_size=10), min_size=1))
def test_commands_and_answers_always_match(recipients: list[str]) -> None:
    """As many lines as replies owed, whatever the addresses hold."""
    prepared = prepare(mail(*recipients), EVERYTHING)

    assert prepared.commands.count(b"\n") == prepared.commands.count(b"\r\n")
    assert prepared.commands.count(b"\r\n") == prepared.owed
    if prepared.own:
        assert len(prepared.own) == len(recipients)


OK, NO, LATER, GO, BYE = (
    b"250 2.1.0 Ok", b"550 5.1.1 No", b"451 4.3.0 Later", b"354 Go on", b"421 4.3.2 Bye",
)  # fmt: skip
NO_, LATER_, BYE_ = (
    Reply(550, "5.1.1", "No"), Reply(451, "4.3.0", "Later"), Reply(421, "4.3.2", "Bye"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([OK, OK, OK, GO], [None, None]),
        ([OK, OK, NO, GO], [None, NO_]),
        ([OK, NO, LATER, NO], [NO_, LATER_]),
        ([OK, NO, LATER], [NO_, LATER_]),
        ([OK, NO, LATER, GO], [NO_, LATER_]),
        ([LATER, NO, NO, NO], [LATER_, LATER_]),
        ([LATER, OK, OK, GO], [LATER_, LATER_]),
        ([LATER], [LATER_, LATER_]),
        ([OK, OK, NO, LATER], [LATER_, NO_]),
        ([BYE], [BYE_, BYE_]),
        ([OK, BYE], [BYE_, BYE_]),
        ([OK, NO, BYE], [NO_, BYE_]),
        ([OK, OK, NO, BYE], [BYE_, NO_]),
    ],
)
def test_answers_become_one_reply_each(
    answers: list[bytes], expected: list[Reply | None]
) -> None:
    """None is "send the content"; a refusal of MAIL or DATA is everybody's."""
    prepared = prepare(mail("a@example.org", "b@example.org"), EVERYTHING)

    assert judge(prepared, answers) == tuple(expected)


@pytest.mark.parametrize(
    "answers",
    [[b"354 x", OK, OK, GO], [OK, b"334 x", OK, GO], [OK, OK, OK, OK], [b"999 x"]],
)
def test_answer_to_another_question_is_nonsense(answers: list[bytes]) -> None:
    """A 250 to DATA must never count as delivered."""
    prepared = prepare(mail("a@example.org", "b@example.org"), EVERYTHING)

    with pytest.raises(Nonsense):
        judge(prepared, answers)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"250 2.0.0 Ok: queued as 1A\r", Reply(250, "2.0.0", "Ok: queued as 1A")),
        (b"550 No\r", Reply(550, "", "No")),
        (b"550\r", Reply(550, "", "")),
        (b"550 5.1.1\r", Reply(550, "5.1.1", "")),
        (b"550-5.7.1 One\r\n550 5.7.1 two\r", Reply(550, "5.7.1", "One two")),
        (b"550 5.7.1000 x\r", Reply(550, "", "5.7.1000 x")),
        (b"550 a\0b\x1b[1mc\r", Reply(550, "", "a b [1mc")),
        (b"550 \xff\xc3\xa9\r", Reply(550, "", "\ufffd\u00e9")),
    ],
)
def test_reply_is_read(raw: bytes, expected: Reply) -> None:
    """Status apart from text, several lines as one, nothing unprintable."""
    assert parse_reply(raw) == expected


def test_endless_reply_is_cut() -> None:
    """A reply is stored for each recipient."""
    assert len(parse_reply(b"550 " + b"a" * 100_000).text) == 1_000


def test_capabilities_are_read_in_any_case() -> None:
    """RFC 5321 §4.1.1.1: keywords have no case, and the first line is not one."""
    raw = (
        b"250-XVERP.example hello\r\n250-pipelining\r\n250-Size 1000\r\n250-8bitMIME\r\n"
        b"250-AUTH=LOGIN\r\n250-AUTH PLAIN login\r\n250 SMTPUTF8\r"
    )

    assert parse_capabilities(raw) == Capabilities(
        pipelining=True,
        eight_bit=True,
        smtputf8=True,
        size_announced=True,
        size=1000,
        auth=frozenset({"PLAIN", "LOGIN"}),
    )


@pytest.mark.parametrize("size", [b"SIZE", b"SIZE x", b"SIZE 0", b"SIZE \xb2"])
def test_size_without_a_number_is_no_limit(size: bytes) -> None:
    """RFC 1870 §4: zero, or nothing, is no fixed maximum."""
    assert parse_capabilities(b"250-x\r\n250 " + size).size == 0


def test_xverp_can_be_switched_off() -> None:
    """The relay's URL may say not to use it."""
    assert parse_capabilities(b"250-x\r\n250 XVERP").xverp
    assert not parse_capabilities(b"250-x\r\n250 XVERP", xverp=False).xverp


def test_reports_are_asked_for_as_rfc_3461_has_it() -> None:
    """The name of the message in MAIL; success, failure and delay for each recipient."""
    tracked = replace(
        mail("ann+x=y@example.org", "zo\u00e9@example.org", smtputf8=True),
        envelope_id="4=2",
    )
    can = replace(NOTHING, dsn=True, smtputf8=True)

    assert prepare(tracked, can).commands.decode() == (
        "MAIL FROM:<list@example.org> SMTPUTF8 RET=HDRS ENVID=4+3D2\r\n"
        "RCPT TO:<ann+x=y@example.org> NOTIFY=SUCCESS,FAILURE,DELAY"
        " ORCPT=rfc822;ann+2Bx+3Dy@example.org\r\n"
        "RCPT TO:<zo\u00e9@example.org> NOTIFY=SUCCESS,FAILURE,DELAY\r\n"
        "DATA\r\n"
    )


def test_reports_are_not_asked_of_relays_without_them() -> None:
    """A relay that does not announce DSN hears nothing of it."""
    tracked = replace(mail("a@example.org"), envelope_id="42")

    assert b"NOTIFY" not in prepare(tracked, EVERYTHING).commands
    assert parse_capabilities(b"250-x\n250 DSN\r").dsn


def test_a_content_that_could_not_be_made_is_offered_to_nobody() -> None:
    """Its recipient has our answer, and the relay hears nothing."""
    refusal = Reply(554, "5.6.5", "template: no")
    prepared = prepare(replace(mail("a@example.org"), refusal=refusal), EVERYTHING)

    assert (prepared.owed, prepared.own) == (0, (refusal,))


def test_the_size_counts_what_contents_share() -> None:
    """RFC 1870: all octets but the end mark, in however many pieces."""
    parts = replace(
        mail("a@example.org"), content=b"A: b\r\n\r\n", rest=(b"c\r\n.\r\n",)
    )

    assert b"SIZE=11" in prepare(parts, EVERYTHING).commands
