import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from listhub.cli import enqueue
from listhub.cli.enqueue import Failure, conclude, exit_code, parse, path, read_input


@pytest.fixture
def pipe() -> Callable[[bytes], int]:
    """Return the reading end of a pipe that holds some octets and is closed."""

    def filled(content: bytes) -> int:
        reading, writing = os.pipe()
        os.write(writing, content)
        os.close(writing)
        return reading

    return filled


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SENDER", "LISTHUB_INTAKE__SOCKET"):
        monkeypatch.delenv(name, raising=False)


def test_the_command_line() -> None:
    """Recipients and options stand in any order, values behind = or as the next word."""
    request = parse(["a@x", "--sender=b@x", "c@x", "--size", "7", "--socket", "/s"])
    assert request.recipients == ["a@x", "c@x"]
    assert (request.sender, request.size, request.socket) == ("b@x", 7, "/s")
    assert parse(["--", "--odd@x"]).recipients == ["--odd@x"]


def test_where_the_socket_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """--socket, else --dir, else the environment, else the default."""
    assert parse(["a@x"]).socket == "/run/listhub/intake.sock"
    monkeypatch.setenv("LISTHUB_INTAKE__SOCKET", "/env")
    assert parse(["a@x"]).socket == "/env"
    assert parse(["a@x", "--dir", "/d"]).socket == "/d/run/intake.sock"
    assert parse(["a@x", "--dir", "/d", "--socket", "/s"]).socket == "/s"


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON"])
def test_the_null_sender(sender: str) -> None:
    """All ways in which MTAs write the null reverse-path."""
    assert parse(["a@x", "--sender", sender]).sender == ""


def test_the_sender_that_local_delivery_agents_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """$SENDER stands in where --sender is not given."""
    monkeypatch.setenv("SENDER", "b@x")
    assert parse(["a@x"]).sender == "b@x"
    assert parse(["a@x", "--sender", ""]).sender == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--sender", "b@x"],
        ["a@x", "--sender"],
        ["a@x", "--help"],
        ["a@x", "--size", "big"],
        ["a@x", "--size", "-1"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    """Exit code 64 and a sentence."""
    with pytest.raises(Failure) as caught:
        parse(arguments)
    assert caught.value.code == 64
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ((250, "2.0.0"), 0),
        ((451, "4.3.0"), 75),
        ((452, "4.5.3"), 75),
        ((421, "4.3.2"), 75),
        ((550, "5.1.1"), 67),
        ((550, "5.1.2"), 67),
        ((553, "5.1.3"), 67),
        ((550, "5.2.1"), 67),
        ((550, "5.3.3"), 69),
        ((552, "5.3.4"), 65),
        ((554, "5.6.0"), 65),
        ((553, "5.1.7"), 65),
        ((500, "5.5.1"), 75),
        ((503, "5.5.1"), 75),
        ((555, "5.5.4"), 75),
        ((599, "garbage"), 75),
    ],
)
def test_exit_codes(reply: tuple[int, str], code: int) -> None:
    """Only what is certain is permanent; a misunderstanding of ours is 75."""
    assert exit_code(*reply) == code


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([250, 550], 67),
        ([550, 451], 75),
        ([554, 550], 65),
        ([250, 451], 75),
    ],
)
def test_several_recipients_have_one_exit_code(answers: list[int], code: int) -> None:
    """75 if any can be tried again, else the first refusal."""
    statuses = {250: "2.0.0", 550: "5.1.1", 451: "4.3.0", 554: "5.6.0"}
    with pytest.raises(Failure) as caught:
        conclude([(each, statuses[each], "Why.") for each in answers])
    assert caught.value.code == code


def test_all_accepted() -> None:
    """Nothing is said when all is well."""
    conclude([(250, "2.0.0", "accepted"), (250, "2.0.0", "accepted")])


@pytest.mark.parametrize(
    "content", [b"a\nb", b"a\r\nb\r\n", b"\0\xff\r", b"no end", b".\n..\n"]
)
def test_input_is_read_as_it_is(pipe: Callable[[bytes], int], content: bytes) -> None:
    """No octet is touched."""
    assert read_input(pipe(content), most=100, expected=0) == content


@pytest.mark.parametrize(
    ("content", "most", "expected", "code"),
    [
        (b"", 100, 0, 75),
        (b"x" * 101, 100, 0, 65),
        (b"x" * 100, 1000, 300, 75),
        (b"x" * 20_000, 30_000, 29_000, 75),
    ],
    ids=["empty", "too large", "far shorter", "shorter by a part"],
)
def test_input_that_is_not_taken(
    pipe: Callable[[bytes], int], content: bytes, most: int, expected: int, code: int
) -> None:
    """A pipe that a dying MTA closed is tried again; what is too large is not."""
    with pytest.raises(Failure) as caught:
        read_input(pipe(content), most=most, expected=expected)
    assert caught.value.code == code


@pytest.mark.parametrize("content", [b"\n" * 500, b"x" * 995, b"x\n" * 340])
def test_an_mtas_size_is_only_near(
    pipe: Callable[[bytes], int], content: bytes
) -> None:
    """Line ends may count as two octets, and some octets more do not matter."""
    assert read_input(pipe(content), most=2000, expected=1000) == content


@pytest.mark.parametrize(
    ("address", "octets"),
    [
        ("a@x", b"a@x"),
        ("", b""),
        ("john doe@x", b'"john doe"@x'),
        ('"john doe"@x', b'"john doe"@x'),
        ('a"b\\@x', b'"a\\"b\\\\"@x'),
        ("a>b@x", b'"a>b"@x'),
        ("\u00fc@x", "\u00fc@x".encode()),
        ("\udcff@x", b"\xff@x"),
        ("bounce+a==b@x", b"bounce+a==b@x"),
    ],
)
def test_addresses_are_quoted_where_they_must_be(address: str, octets: bytes) -> None:
    """Postfix hands over a local part without the quotes that it needs."""
    assert path(address) == octets


def test_a_line_end_in_an_address() -> None:
    """It would be a command of its own."""
    with pytest.raises(Failure) as caught:
        path("a@x>\r\nRCPT TO:<b@x")
    assert caught.value.code == 67


def test_it_starts_light() -> None:
    """Not one module more than these, or each of thousands of mails pays for it."""
    program = (
        "import sys; before = set(sys.modules);"
        f"sys.path.insert(0, {str(enqueue.__file__).rpartition('/listhub/')[0]!r});"
        "import listhub.cli.enqueue; print(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(ran.stdout.split()) <= {
        "_collections_abc", "_socket", "_stat", "abc", "_abc", "genericpath", "os",
        "os.path", "posixpath", "stat", "listhub", "listhub.cli", "listhub.cli.enqueue",
    }  # fmt: skip
