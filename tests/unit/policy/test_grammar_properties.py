"""Any text is a scenario or a list of mistakes; what is written down reads the same."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from listhub.policy.conditions import CONDITIONS
from listhub.policy.grammar import ACTIONS, parse
from listhub.policy.syntax import (
    METHODS,
    Action,
    Condition,
    Include,
    Literal,
    Regexp,
    Rule,
    Scenario,
    ScenarioError,
    Title,
    Variable,
)

CORPUS = Path(__file__).parents[2] / "corpus" / "scenarios"

WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
PIECES = st.sampled_from(
    [
        "true",
        "match",
        "equal",
        "(",
        ")",
        "[",
        "]",
        "->",
        "'",
        '"',
        "/",
        ",",
        "!",
        "\\",
        "smtp",
        "md5",
        "do_it",
        "reject",
        "include",
        "title",
        "sender",
        "#",
        "search",
        "older",
        "msg_header",
        "x.txt",
        "[0]",
        "reason=",
        "é",
        " ",
        "\n",
        "\x00",
        "\u2028",
    ]
)
TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="'\"#\x85"),
    max_size=20,
)
LITERALS = st.builds(lambda text: Literal(text=text), TEXTS)
VARIABLES = st.one_of(
    st.sampled_from(["sender", "email", "listname", "domain"]).map(
        lambda name: Variable(name=name)
    ),
    st.builds(
        lambda key, index: Variable(name="msg_header", key=key, index=index),
        st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True),
        st.none() | st.integers(-9, 9),
    ),
)
REGEXPS = st.sampled_from(["", "x", "a/b", r"\.org$", "[domain]", "(a|b)*", r"\d\\"])
CONDITION = st.one_of(
    st.builds(lambda negated: Condition(name="true", negated=negated), st.booleans()),
    st.builds(
        lambda one, two: Condition(name="equal", arguments=(one, two)),
        VARIABLES | LITERALS,
        VARIABLES | LITERALS,
    ),
    st.builds(
        lambda one, two: Condition(name="match", arguments=(one, Regexp(pattern=two))),
        VARIABLES,
        REGEXPS,
    ),
)
ACTION = st.one_of(
    st.builds(
        lambda reason, template, quiet: Action(
            name="reject", reason=reason, template=template, quiet=quiet
        ),
        st.just("") | WORDS,
        st.just("") | WORDS,
        st.booleans(),
    ),
    st.builds(
        lambda name, notify: Action(name=name, notify=notify),
        st.sampled_from(ACTIONS),
        st.booleans(),
    ),
    st.builds(lambda v: Action(name="request_auth", address=v), VARIABLES),
)
STEPS = st.one_of(
    st.builds(lambda name: Include(name=name), WORDS),
    st.builds(
        lambda condition, methods, action: Rule(
            condition=condition,
            methods=tuple(m for m in METHODS if m in methods),
            action=action,
        ),
        CONDITION,
        st.sets(st.sampled_from(METHODS), min_size=1),
        ACTION,
    ),
)
SCENARIOS = st.builds(
    lambda titles, steps: Scenario(
        titles=tuple(Title(text=text, language="fr") for text in titles),
        steps=tuple(steps),
    ),
    st.lists(WORDS, max_size=2),
    st.lists(STEPS, max_size=5),
)


def outcome(text: str) -> Scenario | ScenarioError:
    """Return what reading a text comes to; anything but these two is a mistake."""
    try:
        return parse(text, file="f")
    except ScenarioError as error:
        return error


@given(st.text(max_size=200) | st.lists(PIECES, max_size=40).map("".join))
def test_any_text_has_an_outcome(text: str) -> None:
    """Reading never raises anything but ScenarioError, with at least one problem."""
    found = outcome(text)
    assert isinstance(found, Scenario) or found.problems


@given(st.binary(max_size=100).map(lambda raw: raw.decode("latin-1")))
def test_any_bytes_have_an_outcome(text: str) -> None:
    """Neither do octets that are no text, behind a condition that takes a regexp."""
    outcome(f"match([sender],/{text}/) smtp -> do_it")


@given(SCENARIOS)
def test_what_is_written_reads_the_same(scenario: Scenario) -> None:
    """A scenario written down and read again is the same scenario."""
    assert parse(str(scenario), file="f") == scenario


@pytest.mark.parametrize(
    "path", sorted(CORPUS.glob("*.scenario")), ids=lambda path: path.stem
)
def test_hostile_files_are_refused(path: Path) -> None:
    """Each file of the corpus is refused with a place; none is read for long."""
    text = path.read_bytes().decode("utf-8", "replace")

    found = outcome(text)
    assert isinstance(found, ScenarioError)
    assert all(problem.line and problem.column for problem in found.problems)


def test_every_condition_can_be_compiled() -> None:
    """The table is whole: each entry has a test that can be built."""
    plain = {"list", "address", "value", "date", "network", "filter", "any", "/regexp/"}

    assert {kind for entry in CONDITIONS.values() for kind in entry.kinds} <= plain
