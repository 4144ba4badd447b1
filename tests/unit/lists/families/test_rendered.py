"""A family and a list's line together: filled in, and checked against the rules."""

import pytest
from hypothesis import given, strategies as st

from listhub.errors import UsageError
from listhub.lists.families import reading
from listhub.lists.families.given import Given
from listhub.lists.families.rendered import render

FAMILY = reading.read(
    """
owners = ["${code}@o.example"]
[settings]
subject = "Course ${code}"
send = "private"
reply_to = "sender"
[locked]
send = true
reply_to = ["sender", "list"]
[[sources]]
name = "students"
kind = "sql"
[sources.fields]
url = "postgresql://db.example/campus"
statement = "SELECT mail FROM enrolment WHERE course = '${code}'"
""",
    source="test",
)


def of(code: str = "law", **settings: object) -> Given:
    return Given(fields={"code": code}, settings=settings)


def test_it_is_filled_in():
    """Settings, people and sources are those of the list."""
    made = render(FAMILY, of(reply_to="list", language="fr"))
    assert made.settings == {
        "subject": "Course law",
        "send": "private",
        "reply_to": "list",
        "language": "fr",
    }
    assert made.people == {("owner", "law@o.example"): "law@o.example"}
    statement = made.sources["member", "students"].fields["statement"]
    assert statement == "SELECT mail FROM enrolment WHERE course = 'law'"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (Given(), "code is missing."),
        (of(send="public"), "send is the same for all lists of the family."),
        (of(reply_to="all"), 'reply_to is "all"; in this family it may be "sender" or'),
        (of(language="xx"), 'language is "xx"'),
        (of("a b@"), "is not an address"),
        (of("a--b"), "cannot stand in the source students"),
    ],
)
def test_what_breaks_the_rules_is_said(given: Given, says: str):
    """The sentence names the setting or value, and what is allowed."""
    with pytest.raises(UsageError) as caught:
        render(FAMILY, given)
    assert says in caught.value.public


@given(st.text())
def test_no_value_changes_a_query(code: str):
    """A value ends no text in a statement, whatever it is."""
    family = reading.read(
        "[[sources]]\nname='x'\nkind='sql'\n[sources.fields]\n"
        "url='postgresql://h/d'\nstatement=\"SELECT '${code}'\"",
        source="test",
    )
    try:
        made = render(family, of(code))
    except UsageError:
        return
    statement = made.sources["member", "x"].fields["statement"]
    value = statement.removeprefix("SELECT '").removesuffix("'")
    assert not set(value) & set("'\"\\;\n\0()*")
    assert "--" not in value
