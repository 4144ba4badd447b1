"""Rolls: files with one line for each list, of any quality."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from listhub.errors import UsageError
from listhub.lists.families import reading, roll
from listhub.lists.families.given import Given

CORPUS = Path(__file__).parents[3] / "corpus" / "rolls"

FAMILY = reading.read(
    'domain = "lists.example"\n[settings]\nsubject = "Course ${code}"', source="test"
)
SAYS = {
    "no_column_list.csv": "names no column `list`",
    "column_twice.csv": 'names the column "code" twice',
    "unknown_column.csv": 'there is no column "cod"; did you mean code?',
    "too_many_cells.csv": "line 2 has 3 cells, the header 2",
    "quote_left_open.csv": "line 2: unexpected end of data",
    "not_json.json": "is not right JSON",
    "an_object.json": "is not a list of objects",
    "numbers.json": "is not a list of objects",
    "deep.json": "is not right JSON",
}


def read(text: str) -> list[roll.Line]:
    return roll.read(text, name="roll", family=FAMILY)


def test_csv_and_json_say_the_same():
    """A line is the list, its fields, its settings and its people."""
    wanted = Given(
        fields={"code": "law"},
        settings={"max_size": 1000, "digest_days": ("mon", "thu")},
        owners=("ann@a.example", "bob@b.example"),
    )
    lines = read(
        "list;code;max_size;digest_days;owners\r\n"
        'Law;law;1000;mon, thu;"ann@a.example, bob@b.example"\r\n'
    )
    assert [(line.address, line.given) for line in lines] == [
        ("law@lists.example", wanted)
    ]
    [line] = read(
        '[{"list": "law@lists.example", "code": "law", "max_size": 1000,'
        ' "digest_days": ["mon", "thu"], "subject": null,'
        ' "owners": ["ann@a.example", "bob@b.example"]}]'
    )
    assert (line.address, line.given) == ("law@lists.example", wanted)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("law,law,xx,", 'language is "xx"'),
        ("law,law,,nobody", 'owners: "nobody" is not an address'),
        (",law,,", "names no list"),
    ],
)
def test_a_wrong_line_spoils_no_other(line: str, says: str):
    """It says what is wrong; the lines around it are as they were."""
    found = read(f"list,code,language,owners\nart,art,,\n{line}\ngym,gym,fr,\n")
    assert [bool(each.problem) for each in found] == [False, True, False]
    assert says in found[1].problem


def test_a_list_twice():
    """The second line of a list is refused."""
    one, other = read("list\nlaw\nLAW@lists.example\n")
    assert (one.problem, other.problem) == ("", "is there twice")


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda p: p.name)
def test_what_is_no_roll(path: Path):
    """One sentence says what is wrong with the whole file."""
    with pytest.raises(UsageError) as caught:
        roll.read(path.read_text("utf-8"), name=path.name, family=FAMILY)
    assert SAYS[path.name] in caught.value.public


@given(st.text() | st.text('list,code\n"{}[]:', max_size=40))
def test_any_text_has_an_answer(text: str):
    """Whatever a file holds, it is read or refused."""
    try:
        lines = read(text)
    except UsageError:
        return
    assert all(line.problem or "@" in line.address for line in lines)
