"""The grammar of scenarios, as loose as Sympa reads it."""

import pytest

from listhub.policy.grammar import LONGEST_FILE, LONGEST_LINE, parse
from listhub.policy.syntax import (
    Action,
    Condition,
    Include,
    Literal,
    Regexp,
    Rule,
    Scenario,
    ScenarioError,
    Variable,
)


def read(text: str) -> Scenario:
    return parse(text, file="f")


def rule(text: str) -> Rule:
    """Return the only rule of a text."""
    (found,) = read(text).steps
    assert isinstance(found, Rule)
    return found


def condition(text: str) -> Condition:
    return rule(f"{text} smtp -> do_it").condition


def problems(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        read(text)
    return [str(problem) for problem in error.value.problems]


def test_titles() -> None:
    """By language; a missing one is English, however it was marked."""
    scenario = read(
        "title.gettext For  members # only\ntitle.fr Pour les membres\n"
        "TITLE.pt_br Para membros\ntrue() -> do_it\n"
    )

    assert scenario.title() == scenario.title("de") == "For  members"
    assert scenario.title("fr-CA") == "Pour les membres"
    assert [title.language for title in scenario.titles] == ["gettext", "fr", "pt_br"]
    assert read("title A\n").title("fr") == "A"
    assert read("").title() == ""


@pytest.mark.parametrize(
    "text", ["", "\n \n\t\n", "# true() smtp -> do_it", "send\n  scenario  \nend # x"]
)
def test_what_means_nothing(text: str) -> None:
    """Blank lines, comments and names of paragraphs are passed over."""
    assert read(text).steps == ()


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("", ("smtp",)),
        ("smtp", ("smtp",)),
        ("dkim", ("smtp",)),
        ("smtp,dkim,md5,smime", ("smtp", "md5", "smime")),
        ("  smime ,md5  ,  SMTP ", ("smtp", "md5", "smime")),
        ("md5 smime", ("md5", "smime")),
        ("md5,smime,", ("md5", "smime")),
        ("pgp", ("pgp",)),
        ("pgp,smtp", ("smtp", "pgp")),
    ],
)
def test_methods(text: str, methods: tuple[str, ...]) -> None:
    """None is smtp, dkim is smtp, blanks and commas do not matter."""
    assert rule(f"true() {text} -> do_it").methods == methods
    assert rule(f"true() {text}->do_it").methods == methods


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("do_it", Action(name="do_it")),
        ("DO_IT , Quiet,notify", Action(name="do_it", quiet=True, notify=True)),
        ("do_it,notify,quiet", Action(name="do_it", quiet=True, notify=True)),
        ("reject", Action(name="reject")),
        ("reject()", Action(name="reject")),
        ("reject(reason='k')", Action(name="reject", reason="k")),
        ('reject ( reason = "k" )', Action(name="reject", reason="k")),
        ("reject(reason=k),quiet", Action(name="reject", reason="k", quiet=True)),
        ("reject(tt2='t')", Action(name="reject", template="t")),
        ("reject(tt2='t',reason='k')", Action(name="reject", reason="k", template="t")),
        ("reject('t')", Action(name="reject", template="t")),
        ("reject(t)", Action(name="reject", template="t")),
        ("request_auth", Action(name="request_auth")),
        ("request_auth()", Action(name="request_auth")),
        (
            "request_auth([email])",
            Action(name="request_auth", address=Variable(name="email")),
        ),
        ("owner,quiet", Action(name="owner", quiet=True)),
        ("editor", Action(name="editor")),
        ("editorkey,quiet # later", Action(name="editorkey", quiet=True)),
        ("listmaster,notify", Action(name="listmaster", notify=True)),
        ("ham", Action(name="ham")),
        ("spam", Action(name="spam")),
        ("unsure", Action(name="unsure")),
    ],
)
def test_actions(text: str, action: Action) -> None:
    """Every action with every argument and mark that there is."""
    assert rule(f"true() smtp -> {text}").action == action


@pytest.mark.parametrize(
    "text",
    [
        "include common",
        "include(common)",
        "include (common)",
        "include('common')",
        'include ( "common" ) # why not',
        "INCLUDE 'common'",
    ],
)
def test_includes(text: str) -> None:
    """All ways of writing an include."""
    assert read(text).steps == (Include(name="common"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true()", Condition(name="true")),
        ("! all( )", Condition(name="all", negated=True)),
        ("TRUE ()", Condition(name="true")),
        (
            "equal([sender],'a,b)')",
            Condition(
                name="equal", arguments=(Variable(name="sender"), Literal(text="a,b)"))
            ),
        ),
        (
            'equal( [Sender] , "it\'s" )',
            Condition(
                name="equal", arguments=(Variable(name="sender"), Literal(text="it's"))
            ),
        ),
        (
            "less_than([msg_header->X-Score][-1] 5.5)",
            Condition(
                name="less_than",
                arguments=(
                    Variable(name="msg_header", key="X-Score", index=-1),
                    Literal(text="5.5"),
                ),
            ),
        ),
        (
            r"match([sender],/^a\/b\.[a-z]+(c|d)#\)$/)",
            Condition(
                name="match",
                arguments=(
                    Variable(name="sender"),
                    Regexp(pattern=r"^a/b\.[a-z]+(c|d)#\)$"),
                ),
            ),
        ),
        (
            "match([sender],//)",
            Condition(
                name="match", arguments=(Variable(name="sender"), Regexp(pattern=""))
            ),
        ),
        (
            "search(people.ldap)",
            Condition(name="search", arguments=(Literal(text="people.ldap"),)),
        ),
        (
            "verify_netmask(2001:db8::/32)",
            Condition(
                name="verify_netmask", arguments=(Literal(text="2001:db8::/32"),)
            ),
        ),
        (
            "older([current_date],execution_date-1y2m)",
            Condition(
                name="older",
                arguments=(
                    Variable(name="current_date"),
                    Literal(text="execution_date-1y2m"),
                ),
            ),
        ),
        (
            "CustomCondition::MyOwn([sender],/x/,'y')",
            Condition(
                name="customcondition::MyOwn",
                arguments=(
                    Variable(name="sender"),
                    Regexp(pattern="x"),
                    Literal(text="y"),
                ),
            ),
        ),
    ],
)
def test_conditions(text: str, expected: Condition) -> None:
    """Arguments of every kind; blanks, case and missing commas do not matter."""
    assert condition(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tru() -> do_it", "f:1:1: there is no condition `tru`; did you mean `true`?"),
        ("true -> do_it", "f:1:6: `(` behind true is expected, not `-> do_it`"),
        ("true( -> do_it", "f:1:7: an argument (a [variable], a word, a 'text' or a"),
        ("true(", "f:1:6: an argument"),
        ("true(x", "f:1:7: `,` or `)` is expected, not the end of the line"),
        ("true() smtp", "f:1:12: `->` is expected, not the end of the line"),
        (
            "true() smpt -> do_it",
            "f:1:8: there is no method `smpt`; did you mean `smtp`?",
        ),
        ("true() -> dont", "f:1:11: there is no action `dont`; did you mean"),
        ("true() ->", "f:1:10: an action such as do_it is expected"),
        ("true() -> do_it now", "f:1:17: the end of the line is expected, not `now`"),
        ("true() -> do_it,loud", "f:1:17: there is no mark `loud`"),
        ("true() -> do_it(x)", "f:1:11: do_it takes nothing in parentheses"),
        (
            "true() -> reject(reson='k')",
            "f:1:18: there is no argument `reson`; did you",
        ),
        ("true() -> reject(reason='k'", "f:1:28: `)` is expected"),
        ("true() -> request_auth(email)", "f:1:24: a variable such as [email] is"),
        ("true([sender]) -> do_it", "f:1:1: true() is expected, not 1 arguments"),
        ("equal([sender]) -> do_it", "f:1:1: equal(value, value) is expected, not 1"),
        ("match([sender],x) -> do_it", "f:1:16: a regular expression between slashes"),
        ("match([sender],/(/) -> do_it", "f:1:16: a regular expression is (missing )"),
        ("match([sender],/x) -> do_it", "f:1:16: an argument"),
        ("equal([sender],/x/) -> do_it", "f:1:16: a [variable], a word or a 'text' is"),
        ("search(people) -> do_it", "f:1:8: the name of a filter, ending in .txt"),
        ("search('../x.txt') -> do_it", "f:1:8: a file name without `/` is expected"),
        ("older(tomorrow,1) -> do_it", "f:1:7: a date such as 2026y12m31d"),
        ("verify_netmask(300.1.1.1) -> do_it", "f:1:16: a network such as"),
        (
            "equal([lst->name],x) -> do_it",
            "f:1:7: there is no [lst->...]; did you mean",
        ),
        ("equal([sender->x],x) -> do_it", "f:1:7: [sender] takes no key"),
        ("equal([list],x) -> do_it", "f:1:7: [list] takes a key"),
        ("equal([msg_part->x],x) -> do_it", "f:1:7: [msg_part->type] or"),
        ("equal([sender][0],x) -> do_it", "f:1:7: only header fields take an index"),
        ("equal([sender,x) -> do_it", "f:1:7: an argument"),
        ("equal('x,y) -> do_it", "f:1:7: an argument"),
        ("include (", "f:1:9: the name of an include"),
        ("include ../x", "f:1:9: the name of an include"),
        ("include a b", "f:1:11: the end of the line is expected, not `b`"),
        ("-> do_it", "f:1:1: a condition such as true() is expected"),
        ("!!true() -> do_it", "f:1:2: a condition such as true() is expected"),
    ],
)
def test_mistakes_are_named(text: str, problem: str) -> None:
    """File, line, column, what was expected, and what may have been meant."""
    (found,) = problems(text)

    assert found.startswith(problem)


def test_all_mistakes_are_told() -> None:
    """One for each line that is wrong; the lines in between are read."""
    found = problems(
        "tru() -> do_it\ntrue() -> do_it\r\n\n  true() x -> do_it\rfalse()"
    )

    assert [each.split(" ")[0] for each in found] == ["f:1:1:", "f:4:10:", "f:5:1:"]


def test_sizes_are_bounded() -> None:
    """A huge line or file is a mistake, told in a sentence and at once."""
    assert problems("x" * (LONGEST_LINE + 1)) == [
        "f:1:1: at most 2000 characters are allowed on a line"
    ]
    assert problems("#" * (LONGEST_FILE + 1)) == [
        "f:1:1: the file has more than 200000 characters"
    ]
