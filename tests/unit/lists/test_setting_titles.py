"""Every setting is called something, is in one group, and its values have names."""

from listhub.lists.setting_groups import GROUPS, grouped
from listhub.lists.setting_titles import CHOICES, TITLES
from listhub.lists.setting_view import allowed, kind_of
from listhub.lists.settings import SPECS


def test_every_setting_has_a_title() -> None:
    """Who adds a setting gives it a few words in setting_titles; others have gone."""
    assert set(TITLES) == set(SPECS)


def test_every_setting_is_in_one_group() -> None:
    """Each setting is found once on the page of settings, in a group of its kind."""
    named = [name for group in GROUPS for name in (*group.settings, *group.rare)]
    assert sorted(named) == sorted(SPECS)


def test_what_is_in_no_group_is_shown_all_the_same() -> None:
    """A setting that nobody sorted in is in the last group, and not lost."""
    _, names = grouped({"subject": 1, "brand_new": 2})[-1]
    assert names == ("brand_new",)


def test_values_have_names() -> None:
    """What can be chosen is called something, but for bare numbers."""
    for name, spec in SPECS.items():
        words = {str(choice) for choice in spec.rule.choices}
        named = {word for word in words if not word.isdecimal()}
        assert named <= set(CHOICES.get(name, {})), name
    for name, choices in CHOICES.items():
        spec = SPECS[name]
        if spec.rule.choices:
            assert set(choices) <= {str(choice) for choice in spec.rule.choices} | (
                {"not_me", "none"} if name == "default_reception" else set()
            )


def test_what_is_allowed_is_said_in_words() -> None:
    """Each setting says in both languages what may be written."""
    for spec in SPECS.values():
        for language in ("en", "fr"):
            said = allowed(spec).into(language)
            assert said
            assert "%(" not in said
            assert "…" not in said, spec.name
    assert kind_of(SPECS["send"]) == "scenario"
    assert kind_of(SPECS["tracking"]) == "switch"
    assert kind_of(SPECS["receptions"]) == "many"
