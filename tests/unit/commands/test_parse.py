"""From a mail to the commands in it."""

import string

import pytest
from hypothesis import given, strategies as st

from listhub.commands import parse
from listhub.commands.command import Line
from listhub.commands.parse import Misread, Parsed
from listhub.commands.table import COMMANDS, VOCABULARY
from tests.corpora import files
from tests.rooms import post_bytes

KEY = "0123456789abcdef0123456789abcdef"

#: A line, the command that it is, and its arguments.
LINES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("HELP", "HELP", {}),
    ("sos", "HELP", {}),
    ("Lists", "LISTS", {}),
    ("info dev", "INFO", {"LIST": "dev"}),
    ("SUBSCRIBE dev", "SUBSCRIBE", {"LIST": "dev"}),
    ("sub dev@lists.example", "SUBSCRIBE", {"LIST": "dev@lists.example"}),
    ("SUB dev Jean Dupont", "SUBSCRIBE", {"LIST": "dev", "NAME": "Jean Dupont"}),
    ('SUB "dev" "Jean Dupont"', "SUBSCRIBE", {"LIST": "dev", "NAME": "Jean Dupont"}),
    ("SUB dev «Jean Dupont»", "SUBSCRIBE", {"LIST": "dev", "NAME": "Jean Dupont"}),
    ("SUB dev “Jean Dupont”", "SUBSCRIBE", {"LIST": "dev", "NAME": "Jean Dupont"}),
    ('SUB dev "Jean', "SUBSCRIBE", {"LIST": "dev", "NAME": "Jean"}),
    ("SUB dev Jean O'Neill", "SUBSCRIBE", {"LIST": "dev", "NAME": "Jean O'Neill"}),
    ('SUB dev Jean "J" X', "SUBSCRIBE", {"LIST": "dev", "NAME": 'Jean "J" X'}),
    ("SIGNOFF dev", "SIGNOFF", {"LIST": "dev"}),
    ("uns *", "SIGNOFF", {"LIST": "*"}),
    ("unsubscribe dev a@b.example", "SIGNOFF", {"LIST": "dev", "ADDRESS": "a@b.example"}),
    ("set dev digestplain", "SET", {"LIST": "dev", "OPTION": "digestplain"}),
    ("SET * NOMAIL", "SET", {"LIST": "*", "OPTION": "NOMAIL"}),
    (
        "SET dev SUSPEND 2026-12-01  2026-12-24",
        "SET",
        {"LIST": "dev", "OPTION": "SUSPEND 2026-12-01 2026-12-24"},
    ),
    ("status", "WHICH", {}),
    ("who dev", "REVIEW", {"LIST": "dev"}),
    ("STA dev", "STATS", {"LIST": "dev"}),
    ("ind dev", "INDEX", {"LIST": "dev"}),
    ("get dev 2026-11", "GET", {"LIST": "dev", "MONTH": "2026-11"}),
    ("get dev 2026/11", "GET", {"LIST": "dev", "MONTH": "2026/11"}),
    ("las dev", "LAST", {"LIST": "dev"}),
    (
        "add dev <a@b.example> Ann B.",
        "ADD",
        {"LIST": "dev", "ADDRESS": "<a@b.example>", "NAME": "Ann B."},
    ),
    ("DELETE dev a@b.example", "DEL", {"LIST": "dev", "ADDRESS": "a@b.example"}),
    ("inv dev a@b.example", "INVITE", {"LIST": "dev", "ADDRESS": "a@b.example"}),
    ("REMIND *", "REMIND", {"LIST": "*"}),
    ("modind dev", "MODINDEX", {"LIST": "dev"}),
    (f"dis dev {KEY}", "DISTRIBUTE", {"LIST": "dev", "KEY": KEY}),
    (f"rej dev {KEY}", "REJECT", {"LIST": "dev", "KEY": KEY}),
    (f"con {KEY}", "CONFIRM", {"KEY": KEY}),
    (f"AUTH {KEY} ADD dev a@b.example", "AUTH", {"KEY": KEY, "COMMAND": "ADD dev a@b.example"}),
    ("verify dev", "VERIFY", {"LIST": "dev"}),
    ("stop", "QUIT", {}),
    ("-", "QUIT", {}),
)  # fmt: skip

#: A line that is nearly a command, and what its sentence says.
WRONG: tuple[tuple[str, str], ...] = (
    ("SUBSCRIBE", "LIST is missing. It is written: SUBSCRIBE LIST [NAME]"),
    ("HELP me please", "“me please” is too much. It is written: HELP"),
    ("SET dev", "OPTION is missing"),
    ("SET theory questions", "“questions” is not an option"),
    ("SET dev SUSPEND tomorrow", "“SUSPEND tomorrow” is not an option"),
    ("ADD me to the list", "“to” is not an e-mail address"),
    ("GET dev 2026-13", "“2026-13” is not a month"),
    ("GET dev log2611", "“log2611” is not a month"),
    ("CONFIRM x", "“x” is not the key"),
    ("REVIEW * ", "“*” is not the name of a list"),
    ("INFO [dev]", "“[dev]” is not the name of a list"),
    (f"SUBSCRIBE dev {'x' * 600}", "longer than 500"),
    (f"SUBSCRIBE dev {'x' * 300}", "at most 200 characters"),
    ("SIGNOFF \u202eved", "direction of writing"),
)

#: What stands in a file of the corpus: its commands, and whether reading broke off.
CORPUS: dict[str, tuple[list[str], bool]] = {
    "base64": (["SUBSCRIBE dev Zoë Müller", "WHICH"], False),
    "quoted_printable": (["SUBSCRIBE dev Zoë Müller", "WHICH"], False),
    "utf16_base64": (["SUBSCRIBE dev Zoë Müller", "WHICH"], False),
    "utf16_bare": ([], True),
    "html_only": (["SUBSCRIBE dev", "WHICH"], False),
    "no_text": ([], True),
    "alternative": (["SUBSCRIBE dev Zo=EB", "WHICH"], False),
    "attachment_first": (["WHICH"], False),
    "unknown_charset": (["WHICH"], True),
    "codec_bomb": (["WHICH"], False),
    "nul": (["WHICH", "SUBSCRIBE dev x"], False),
    "direction": (["WHICH"], True),
    "invisible": (["WHICH"], False),
    "huge": (["WHICH"] * parse.MOST_COMMANDS, True),
    "long_line": ([], True),
    "quoted": ([], True),
    "only_quoted": ([], False),
    "signature": (["which"], False),
    "no_header": (["WHICH", "SIGNOFF *"], False),
    "lone_cr": (["WHICH", "HELP"], False),
    "many_subjects": (["WHICH"], False),
    "deep": ([], True),
}


def test_every_file_is_tried() -> None:
    """Whatever is in the folder is expected above."""
    assert set(CORPUS) == set(files("commands"))


def body(text: str, *, subject: str = "") -> Parsed:
    raw = post_bytes(subject=subject, body=text.replace("\n", "\r\n"))
    return parse.parse(raw, VOCABULARY)


def written(parsed: Parsed) -> list[str]:
    return [line.written for line in parsed.lines]


@pytest.mark.parametrize(("line", "name", "arguments"), LINES)
def test_each_command_is_read(line: str, name: str, arguments: dict[str, str]) -> None:
    """Every command, its synonyms and arguments, in any case, with quotes."""
    read = VOCABULARY.read(line)

    assert isinstance(read, Line)
    assert (read.command.name, read.arguments) == (name, arguments)
    assert not read.quiet


def test_all_words_are_tried() -> None:
    """No two commands share a word, and each is found by all of its own."""
    words = [word for each in COMMANDS for word in (each.name, *each.synonyms)]

    assert len(words) == len(set(words))
    for word in words:
        assert VOCABULARY.find(word.lower()) is VOCABULARY.find(word)
    assert {name for _, name, _ in LINES} == {each.name for each in COMMANDS}


@pytest.mark.parametrize(("line", "sentence"), WRONG)
def test_what_is_wrong_is_named(line: str, sentence: str) -> None:
    """A line with wrong arguments says which, and how it is written."""
    read = VOCABULARY.read(line)

    assert isinstance(read, Misread)
    assert read.command is not None
    assert sentence in str(read.reason)


def test_quiet_goes_before_any_command() -> None:
    """QUIET is a prefix; alone it is nothing."""
    read = VOCABULARY.read("quiet ADD dev a@b.example")

    assert isinstance(read, Line)
    assert read.quiet
    assert read.written == "ADD dev a@b.example"
    assert isinstance(VOCABULARY.read("QUIET"), Misread)


@pytest.mark.parametrize(
    "subject",
    ["WHICH", "Re: which", "AW: Re: WHICH", "RE[2]: Réf : which", "SV: which"],
)
def test_the_subject_is_one_command(subject: str) -> None:
    """A subject that is a command is the only one, whatever the body says."""
    if "Réf" in subject:
        subject = "=?utf-8?q?Ref=3A_which?="
    assert written(body("SIGNOFF *", subject=subject)) in (["WHICH"], ["which"])


@pytest.mark.parametrize(
    "subject", ["", "hello", "Help me", "SUBSCRIBE", "QUIT", "end"]
)
def test_a_subject_that_is_none_leaves_the_body(subject: str) -> None:
    """Any other subject does not matter."""
    assert written(body("WHICH", subject=subject)) == ["WHICH"]


def test_a_subject_that_is_nearly_a_command_is_told() -> None:
    """Where the body has nothing either, the subject's mistake is the better answer."""
    parsed = body("Hello!", subject="SUBSCRIBE")

    assert parsed.recognised
    assert parsed.misread is not None
    assert "LIST is missing" in str(parsed.misread.reason)


def test_reading_ends() -> None:
    """At QUIT, at a signature, and at the first line that is no command."""
    assert written(body("WHICH\nQUIT\nHELP")) == ["WHICH"]
    assert written(body("WHICH\n-- \nHELP")) == ["WHICH"]
    assert written(body("WHICH\n--\nHELP")) == ["WHICH"]
    assert written(body("WHICH\nThanks!\nHELP")) == ["WHICH"]
    assert written(body("# note\n\n WHICH \n> SIGNOFF *\nHELP")) == ["WHICH", "HELP"]


@pytest.mark.parametrize("name", CORPUS)
def test_corpus(name: str) -> None:
    """Broken and hostile mail is read as far as it goes, and no further."""
    parsed = parse.parse(files("commands")[name], VOCABULARY)

    commands, broke_off = CORPUS[name]
    assert written(parsed) == commands
    assert (parsed.misread is not None) is broke_off


@pytest.mark.parametrize(
    ("subject", "command"),
    [
        ("subscribe", "SUBSCRIBE dev"),
        ("Unsubscribe  DEV", "UNSUBSCRIBE dev"),
        ("subscribe dev@lists.example", "SUBSCRIBE dev"),
        ("subscribe staff", None),
        ("subscribe dev please", None),
        ("Re: subscribe", None),
        ("", None),
    ],
)
def test_letters_to_owners_that_are_commands(subject: str, command: str | None) -> None:
    """Only the exact subject is a command; everything else is for people."""
    assert parse.implied(post_bytes(subject=subject), "dev") == command


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    """The parser never raises."""
    parse.parse(raw, VOCABULARY)
    parse.parse(post_bytes(subject="") + raw, VOCABULARY)
    parse.implied(raw, "dev")


@given(st.text(max_size=200))
def test_any_line_can_be_read(line: str) -> None:
    """Whatever stands after a command's word, there is an answer, and it can be told."""
    for text in (line, *(f"{each.name} {line}" for each in COMMANDS)):
        read = VOCABULARY.read(text)
        if isinstance(read, Misread):
            str(read.reason).encode()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([">", "> ", ">>", " >", "| ", "Ann> ", "\t> "]),
            st.sampled_from([line for line, _, _ in LINES]),
        ),
        max_size=20,
    )
)
def test_quoted_text_is_never_a_command(lines: list[tuple[str, str]]) -> None:
    """Whoever answers a mail that names commands has not sent any."""
    parsed = body("\n".join(mark + line for mark, line in lines))

    assert parsed.lines == ()
    assert parsed.misread is None


@given(st.text(string.ascii_letters + "0123456789.+_- é", min_size=1, max_size=60))
def test_a_name_is_kept(name: str) -> None:
    """A name in quotes comes out with single blanks, otherwise as it was written."""
    read = VOCABULARY.read(f'SUBSCRIBE dev "{name}"')

    assert isinstance(read, Line)
    assert read.get("NAME") == " ".join(name.split())
