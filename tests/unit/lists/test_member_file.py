"""Files of members: what is read from them, and what is said about bad rows."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st
from typing_extensions import override

from listhub import clock
from listhub.errors import UsageError
from listhub.lists.list_settings import ListSettings
from listhub.lists.member_file import LINE_LIMIT, read
from listhub.lists.member_row import COLUMNS, PLAIN, Row, make_row
from listhub.mail.receptions import RECEPTIONS

CORPUS = Path(__file__).parents[2] / "corpus" / "members"

#: File → line of each row that is taken, and of each one refused with its reason.
ROWS: dict[str, tuple[list[int], dict[int, str]]] = {
    "addresses.txt": ([1, 3, 4], {5: "has 2 columns; one address a line is right"}),
    "bom_crlf.csv": ([2, 3], {}),
    "cr_only.csv": ([2, 3], {}),
    "mixed.csv": (
        [2, 5, 7, 9, 11],
        {
            3: "is not an e-mail address",
            4: 'has the reception "weekly"; each, digest,',
            6: "has 2 columns; the header has 3 (address, name, reception)",
            10: "opens a quote that is not closed",
            12: "is not text in UTF-8",
            13: "has a NUL octet",
        },
    ),
    "switches.csv": (
        [3],
        {
            2: 'has own_posts "perhaps"; yes and no are allowed',
            4: 'has concealed "maybe"; yes and no are allowed',
        },
    ),
    "tabs.csv": ([2], {}),
    "wide.csv": (
        [],
        {
            2: "has 3 columns; the header has 2 (address, name)",
            4: "is quoted wrongly; within quotes a quote is written twice",
            5: "has a control character in its name",
            6: "has 3 columns; the header has 2 (address, name)",
        },
    ),
}

HEADERS = {
    "column_twice.csv": "the header names the column address twice.",
    "no_address_column.csv": 'the first line, "e-mail,name", is neither an address'
    " nor a header with a column `address`.",
    "unknown_attribute.csv": 'there is no column "attribute:rom"; did you mean'
    " attribute:room?",
    "unknown_column.csv": 'there is no column "recepton"; did you mean reception?',
    "utf16.csv": "is text in UTF-16; save it as UTF-8.",
}

SETTINGS = ListSettings(
    topics=("exams | Exams", "news"),
    timezone="Europe/Paris",
    attributes=(
        "room | Room number | string | required",
        "seats | Seats | integer",
        "site | Site | enum: north, south | optional",
        "about | About | text",
    ),
)


def rows_of(data: bytes, settings: ListSettings = PLAIN) -> list[Row]:
    return list(read(io.BytesIO(data), name="x.csv", settings=settings))


def test_every_file_of_the_corpus_is_expected() -> None:
    """A new sample needs a line above."""
    known = {*ROWS, *HEADERS, "options.csv"}
    assert {path.name for path in CORPUS.iterdir()} == known


@pytest.mark.parametrize("name", ROWS)
def test_rows_of_a_file(name: str) -> None:
    """Good rows are taken, and each bad one is refused by its line with the reason."""
    taken, refused = ROWS[name]
    rows = rows_of((CORPUS / name).read_bytes())

    assert [row.line for row in rows if not row.reason] == taken
    assert {
        row.line: row.reason[: len(refused.get(row.line, row.reason))]
        for row in rows
        if row.reason
    } == refused


@pytest.mark.parametrize("name", HEADERS)
def test_wrong_header(name: str) -> None:
    """Where the header is wrong no row means anything: one sentence for the file."""
    data = io.BytesIO((CORPUS / name).read_bytes())
    with pytest.raises(UsageError) as raised:
        list(read(data, name=name, settings=SETTINGS))

    assert raised.value.public == f"{name}: {HEADERS[name]}"


def test_row_with_everything() -> None:
    """Columns stand in any order, and quoted fields may hold anything."""
    data = (
        b"Concealed;Own_Posts;Reception;Name;Address\n"
        b'YES;no;Digest;"O\'Brien; ""Ed""\n Jr.";Ed@Example.ORG\n'
    )

    assert rows_of(data) == [
        Row(
            2,
            "Ed@Example.ORG",
            "ed@example.org",
            'O\'Brien; "Ed" Jr.',
            "digest",
            own_posts=False,
            concealed=True,
            given=("concealed", "name", "own_posts", "reception"),
        )
    ]


def test_options_of_a_list() -> None:
    """Topics, suspensions and attributes are read by the list's own settings."""
    rows = rows_of((CORPUS / "options.csv").read_bytes(), SETTINGS)

    first, second, third, *others = rows
    assert first == Row(
        2,
        "all@b.example",
        "all@b.example",
        reception="urlize",
        # A day of the list's time zone begins earlier than that of UTC.
        suspended_at=datetime(2026, 7, 31, 22, tzinfo=UTC),
        suspended_until=datetime(2026, 9, 1, 6, tzinfo=UTC),
        topics=("exams", "news", "other"),
        attributes=(
            ("room", "12 b"),
            ("seats", "+4"),
            ("site", "north"),
            ("about", "two\nlines"),
        ),
        given=(
            *("attribute:about", "attribute:room", "attribute:seats", "attribute:site"),
            *("reception", "suspended_at", "suspended_until", "topics"),
        ),
    )
    assert second == Row(4, "none@b.example", "none@b.example")
    assert (third.reception, third.own_posts) == ("each", False)
    room = "has a wrong attribute, Room number: it must be at most 500 characters on"
    site = 'has a wrong attribute, Site: "west" is not among its values; choose among'
    assert {row.line: row.reason for row in others} == {
        6: 'has suspended_at "31.12.2026"; a day such as 2026-11-30 is right',
        7: 'has suspended_at "0001-01-01"; a day such as 2026-11-30 is right',
        8: 'has suspended_until "2026-08-01", before the suspension begins',
        9: 'has the topic "weather"; exams, news, other are known',
        10: f"{room} one line",
        12: 'has a wrong attribute, Seats: "four" is not a whole number',
        13: f"{site} north, south",
    }


def test_what_a_file_leaves_open_is_the_lists_default() -> None:
    """New members get what the list gives them, unless the row says otherwise."""
    settings = ListSettings(default_reception="digest", default_concealed=True)
    data = b"address,reception,concealed\na@b.example,,\nb@b.example,each,no\n"

    first, second = rows_of(data, settings)
    assert (first.reception, first.concealed) == ("digest", True)
    assert (second.reception, second.concealed) == ("each", False)


def test_a_suspension_with_an_end_begins_now() -> None:
    """Who is to come back some day is away from today on."""
    [row] = rows_of(b"address,suspended_until\na@b.example,2999-01-01\n")
    assert row.suspended_at is not None
    assert abs(clock.now() - row.suspended_at) < timedelta(minutes=1)


@pytest.mark.parametrize("data", [b"", b"\n\r\n \n", b"\xef\xbb\xbf", b"address\n"])
def test_file_without_rows(data: bytes) -> None:
    """An empty list is exported as a header alone, and that comes back as nobody."""
    assert rows_of(data) == []


def test_line_that_never_ends() -> None:
    """A file of some other kind is refused in one row, and the next line is read."""
    data = b"a@b.example\n" + b"x" * 1_000_000 + b"\nb@b.example\n"
    rows = rows_of(data)

    assert [row.line for row in rows] == [1, 2, 3]
    assert rows[1].reason == f"is a line of more than {LINE_LIMIT} octets"
    assert len(rows[1].address) < 100


def test_open_quote_spoils_one_line_only() -> None:
    """A thousand members behind a stray quote are still there."""
    good = b"".join(b"m%d@b.example,M\n" % number for number in range(1000))
    rows = rows_of(b'address,name\nbad@b.example,"Bad\n' + good)

    assert [row.line for row in rows if row.reason] == [2]
    assert len(rows) == 1001


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pieces_of_any_size(size: int) -> None:
    """CR LF and a row may be cut anywhere by a pipe."""

    class Slow(io.BytesIO):
        @override
        def read(self, _size: int | None = -1, /) -> bytes:
            return super().read(size)

    data = b'\xef\xbb\xbfaddress,name\r\na@b.example,"A\r\nB"\r\nb@b.example,B\r'
    rows = list(read(Slow(data), name="x"))

    assert [(row.line, row.name) for row in rows] == [(2, "A B"), (4, "B")]


@given(st.binary(max_size=400))
@example(b'address\n"')
@example(b"\xff\xfe")
@example(b"@\r\r\n")
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    """Whatever a file holds, there are rows, refusals, or one sentence."""
    try:
        rows = rows_of(data)
    except UsageError:
        return
    for row in rows:
        assert row.line >= 1
        assert row.reason or row.key


@given(
    st.binary(max_size=300).map(lambda data: b"name;address\n" + data),
)
def test_what_is_read_can_be_stored(data: bytes) -> None:
    """No field, refused or not, holds what PostgreSQL or its COPY would stumble on."""
    for row in rows_of(data):
        for text in row:
            if isinstance(text, str):
                assert not set(text) & set("\0\t\r\n")
                assert text.encode().decode() == text


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "address": st.from_regex(
                    r"[a-z0-9+]{1,20}@[a-z]{1,9}\.example", fullmatch=True
                ),
                "name": st.text(
                    st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=50
                ),
                "reception": st.sampled_from(RECEPTIONS),
                "own_posts": st.sampled_from(["yes", "no"]),
                "concealed": st.sampled_from(["yes", "no"]),
            }
        )
    ),
    st.permutations(COLUMNS),
    st.sampled_from([",", ";", "\t"]),
)
def test_csv_of_others_is_read(
    members: list[dict[str, str]], order: list[str], delimiter: str
) -> None:
    """What the csv module writes comes back as the same members."""
    text = io.StringIO()
    writer = csv.DictWriter(text, order, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(members)
    rows = rows_of(text.getvalue().encode())

    assert rows == [
        make_row(line, member) for line, member in enumerate(members, start=2)
    ]
    assert not any(row.reason for row in rows)
