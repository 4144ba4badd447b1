import time
from pathlib import Path

import pytest

from listhub.mail import owner_text
from listhub.mail.owner_text import OwnerTextError, render
from tests.corpora import CORPUS

TEXTS = sorted((CORPUS / "templates").glob("*.txt"))
VALUES = {
    "person": "ann@a.example",
    "words": ["one", "two", "three", "four", "five", "six"],
    "count": 3,
    "until": None,
    "posts": [{"subject": "<b>First</b>", "items": 1}, {"subject": "Second"}],
}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_nothing_gets_out_and_nothing_blows_up(path: Path) -> None:
    """Each escape, bomb and mistake ends at once, with one sentence of what is wrong."""
    started = time.monotonic()

    with pytest.raises(OwnerTextError) as caught:
        render(path.read_text("utf-8"), VALUES)

    assert time.monotonic() - started < 5
    assert 5 < len(str(caught.value)) < 300


def test_a_mistake_is_told_with_its_line() -> None:
    """An owner finds the place: the line stands in the sentence."""
    with pytest.raises(OwnerTextError, match=r"^Line 3: "):
        render("Hello\n\n{{ person.upper() }}\n", VALUES)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ person }}!\n", "Hello ann@a.example!\n"),
        ("{{ person|upper|truncate(3, true, '') }}", "ANN"),
        ("{% if until %}until{% else %}for ever{% endif %}", "for ever"),
        ("{{ 'many' if count > 2 and person is defined else 'few' }}", "many"),
        (
            "{% for w in words %}{{ loop.index }}{% if loop.last %}!{% endif %}{% endfor %}",
            "123456!",
        ),
        ("{{ posts[0].items }} {{ posts[1]['subject'] }}", "1 Second"),
        ("{# a remark #}{% raw %}{{ }}{% endraw %}", "{{ }}"),
        ("", ""),
    ],
)
def test_what_owners_need_works(source: str, text: str) -> None:
    """Values, choices, loops and filters give what Jinja's manual says."""
    assert render(source, VALUES) == text


def test_values_are_escaped_in_html_and_the_text_is_not() -> None:
    """What others wrote cannot become markup; what the owner wrote is."""
    assert (
        render("<i>{{ posts[0].subject }}</i>", VALUES, escape=True)
        == "<i>&lt;b&gt;First&lt;/b&gt;</i>"
    )


def test_the_result_is_bounded() -> None:
    """Loops within their steps may still not make more than the limit."""
    line = "x" * 100
    source = "{% for a in words %}{% for b in words %}{% for c in words %}" + (
        "{% for d in words %}" + line * 10 + "{% endfor %}" + "{% endfor %}" * 3
    )

    with pytest.raises(OwnerTextError, match=str(owner_text.OUTPUT_LIMIT)):
        render(source, VALUES)


def test_values_stay_as_they_are() -> None:
    """Rendering changes nothing of what it is given, and twice gives the same."""
    source = "{{ words|sort|first }} {{ words|last }}"

    assert render(source, VALUES) == render(source, VALUES) == "five six"
