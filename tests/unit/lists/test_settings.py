"""List settings: levels, values, and the TOML that people edit them in."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from listhub.config import Spec, toml
from listhub.config.fields import read_value
from listhub.errors import UsageError
from listhub.lists import settings as lists
from listhub.lists.list_settings import ListSettings
from listhub.lists.settings import SPECS

CORPUS = Path(__file__).parents[2] / "corpus" / "list_settings"


def test_no_level_sets_anything() -> None:
    """Where nothing is set, the defaults are in force."""
    assert lists.resolve({}, {}, {}) == ListSettings()


def test_later_levels_win() -> None:
    """The list over its domain, the domain over the site, the site over defaults."""
    found = lists.resolve(
        {"send": "public", "priority": "1", "archive": False},
        {"send": "closed", "priority": "2"},
        {"send": "private"},
    )

    assert found == ListSettings(send="private", priority="2", archive=False)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_default_is_allowed(spec: Spec) -> None:
    """Each default passes its own rule, and so does its JSON form."""
    assert read_value(spec, spec.default) == spec.default
    assert read_value(spec, json.loads(json.dumps(spec.default))) == spec.default


def test_digit_is_a_priority() -> None:
    """`priority = 3` means what it says, though priorities are texts (0 to 9, z)."""
    assert lists.resolve({"priority": 3}).priority == "3"


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.toml")), ids=lambda p: p.stem)
def test_wrong_level_is_one_sentence(path: Path) -> None:
    """Each sample's first line is what a person is told about it, after its name."""
    text = path.read_text("utf-8")
    with pytest.raises(UsageError) as caught:
        lists.import_text(text, source=path.name)

    says = text.splitlines()[0].removeprefix("# says: ")
    assert caught.value.public == f"{path.name}: {says}"


def test_written_values_are_read_by_their_type() -> None:
    """What is typed as KEY=VALUE becomes a switch, a number or a list as need be."""
    typed = {"archive": "no", "verp_rate": "50", "remove_headers": "X-A, X-B"}
    found = {k: lists.read_written(k, v, source="x") for k, v in typed.items()}

    assert found == {
        "archive": False,
        "verp_rate": 50,
        "remove_headers": ("X-A", "X-B"),
    }


def _values(spec: Spec) -> st.SearchStrategy[object]:
    """Return a strategy for values that a setting allows."""
    if spec.rule.choices:
        return st.sampled_from(spec.rule.choices)
    match spec.kind:
        case "switch":
            return st.booleans()
        case "whole":
            return st.integers(int(spec.rule.least or 0), int(spec.rule.most or 9))
        case "texts":
            return st.lists(_texts(spec), max_size=3, unique_by=_first(spec))
        case _:
            return _texts(spec)


def _first(spec: Spec) -> Callable[[str], str] | None:
    """Return what no two lines of a setting may share, if anything."""
    if spec.name in lists.NAMED:
        return lambda line: line.partition("|")[0].strip()
    return None


def _texts(spec: Spec) -> st.SearchStrategy[str]:
    if spec.name in lists.EXPRESSIONS:
        return st.sampled_from(["robot|daemon", r"@example\.org", ""])
    plain = st.characters(exclude_categories=["Cc", "Cs"])
    if spec.rule.pattern:
        form = rf"(?:{spec.rule.pattern})"
        return st.from_regex(form, fullmatch=True, alphabet=plain)
    return st.text(plain)


LEVELS = st.fixed_dictionaries(
    {}, optional={name: _values(spec) for name, spec in SPECS.items()}
)


@given(level=LEVELS)
def test_export_and_import_are_inverse(level: dict[str, Any]) -> None:
    """What `export` wrote, `import` reads, to the last character."""
    text = lists.export_text(level)

    assert tomllib.loads(text) == level
    assert lists.import_text(text, source="x") == lists.check_level(level)


@given(
    level=st.dictionaries(
        st.sampled_from(list(SPECS)) | st.text(max_size=10),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()),
        max_size=3,
    )
)
def test_any_level_is_resolved_or_explained(level: dict[str, Any]) -> None:
    """No level raises anything but UsageError, and that in one line."""
    said = ""
    try:
        lists.resolve(level)
    except UsageError as error:
        said = error.public

    assert "\n" not in said
    assert said or level.keys() <= SPECS.keys()


@given(
    document=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.recursive(
            st.booleans()
            | st.integers(-(2**63), 2**63 - 1)
            | st.floats(allow_nan=False)
            | st.text(st.characters(exclude_categories=["Cs"])),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.text(st.characters(exclude_categories=["Cs"])), inner
                )
            ),
            max_leaves=5,
        ),
    )
)
def test_written_toml_is_read_back(document: dict[str, Any]) -> None:
    """The writer's text is TOML, with any key and any text, and means the same."""
    assert tomllib.loads(toml.document(document)) == document


def test_export_is_in_the_order_of_the_settings() -> None:
    """Two exports of the same level are the same text."""
    assert lists.export_text({"archive": True, "subject": "é\x7f"}) == (
        'subject = "é\\u007F"\narchive = true\n'
    )
