"""Texts with people in them: every kind that is met, and what must not pass for one."""

import io
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from listhub.lists.member_file import LINE_LIMIT
from listhub.lists.sources.source import Found, SourceError
from listhub.lists.sources.text import read

CORPUS = Path(__file__).parents[3] / "corpus" / "people"

ANN, BOB = Found("ann@a.example", "Ann Example"), Found("bob@b.example")

PEOPLE: dict[str, list[Found]] = {
    "bom.txt": [ANN, BOB],
    "cr_only.txt": [ANN, BOB],
    "latin1.txt": [Found("ann@a.example", "Ann Müller"), Found("?"), BOB],
    "mess.txt": [
        Found("ann@a.example", "Ann   Example"),
        *(BOB, Found("cy@c.example"), Found("dan@d.example")),
        Found('"john doe"@e.example'),
        Found("Eve", "<eve@e.example>"),
        Found("fay@f.example"),
        Found("no", "address at all"),
        Found("@"),
        Found("gus@g.example", "Gus # who left"),
    ],
    "broken.csv": [
        Found("ann@a.example", "Example, Ann"),
        Found('"open;bob@b.example'),
        Found("cy@c.example"),
        Found(""),
        Found("dan@d.example"),
    ],
    "empty.txt": [],
}
ERRORS = {
    "utf16.txt": "it is text in UTF-16; UTF-8 is right",
    "signin.html": "it is a page or XML, and no list of people",
    "export.xml": "it is a page or XML, and no list of people",
    "packed.gz": "it is no text: there is a NUL octet in it",
    "prose.txt": (
        'prose.txt: the first line, "E-mail addresses of our staff", is neither an'
        " address nor a header with a column `address`"
    ),
}


class Slow:
    """Gives so many octets at a time, as a socket does."""

    def __init__(self, content: bytes, *, step: int) -> None:
        self._content = io.BytesIO(content)
        self._step = step

    def read(self, size: int, /) -> bytes:
        return self._content.read(min(size, self._step))


def people(content: bytes, *, name: str = "x", step: int = 1 << 20) -> list[Found]:
    return list(read(Slow(content, step=step), name=name))


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_who_is_found(name: str, step: int) -> None:
    """Each file gives these people, however it comes; what is no address is among them."""
    found = people((CORPUS / name).read_bytes(), name=name, step=step)

    # Of a row that cannot be read only the refusal matters.
    assert [each.address for each in found] == [p.address for p in PEOPLE[name]]
    if not name.endswith(".csv"):
        assert found == PEOPLE[name]


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_what_is_no_list_of_people(name: str) -> None:
    """A page, an archive, another character set: an error, and not a short list."""
    with pytest.raises(SourceError) as caught:
        people((CORPUS / name).read_bytes(), name=name)

    assert str(caught.value) == ERRORS[name]


def test_every_file_of_the_corpus_has_an_answer() -> None:
    """A new file is to have people or an error."""
    assert {each.name for each in CORPUS.iterdir()} == PEOPLE.keys() | ERRORS.keys()


@pytest.mark.parametrize(
    "content",
    [
        b"x" * (LINE_LIMIT + 1),
        b"ann@a.example\n" + b"x" * 3 * LINE_LIMIT + b"\nbob@b.example\n",
        b"ann@a.example " + b"\t" * LINE_LIMIT + b"\n",
        b"address\n" + b'"' + b"x" * 10 * LINE_LIMIT,
    ],
)
def test_absurd_lines(content: bytes) -> None:
    """A line without end is refused before it is held."""
    with pytest.raises(SourceError, match="a line is longer than 100000 octets"):
        people(content)


def test_a_million_lines_are_not_held() -> None:
    """The file is read as far as somebody asks for people, and no farther."""

    class Endless:
        asked = 0

        def read(self, size: int, /) -> bytes:
            self.asked += 1
            return b"ann@a.example Ann Example\n" * (size // 26)

    endless = Endless()
    found = read(endless, name="x")
    assert [next(found) for _ in range(2000)] == [ANN] * 2000
    assert endless.asked < 5


def outcome(content: bytes, *, step: int = 1 << 20) -> list[Found] | str:
    try:
        return people(content, step=step)
    except SourceError as error:
        return str(error)


@given(
    st.sampled_from([b"", b"name;address\n", b"\xef\xbb\xbfaddress\r"]),
    st.binary(max_size=300),
    st.integers(1, 40),
)
def test_no_bytes_make_it_raise_anything_else(
    header: bytes, content: bytes, step: int
) -> None:
    """Whatever comes, it is people or a SourceError, and the same in any pieces."""
    assert outcome(header + content, step=step) == outcome(header + content)


_WORDS = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="@,;#")
)
_ADDRESSES = st.from_regex(
    r"[a-z][a-z0-9.+_-]{0,20}@[a-z]{1,10}\.example", fullmatch=True
)


@given(
    st.lists(st.tuples(_ADDRESSES, _WORDS), max_size=20),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from([" ", "\t", ",", ";", ", "]),
)
def test_what_is_written_is_read(
    rows: list[tuple[str, str]], end: str, between: str
) -> None:
    """Address and name come back, with any line end and anything in between."""
    text = "".join(f"{address}{between}{name}{end}" for address, name in rows)

    assert people(text.encode()) == [Found(address, name) for address, name in rows]
