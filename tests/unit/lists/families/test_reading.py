"""A family as a person writes it: read, shown again, and refused in one sentence."""

from pathlib import Path

import pytest

from listhub.errors import UsageError
from listhub.lists.families import document, reading
from listhub.lists.families.document import FamilySource

CORPUS = Path(__file__).parents[3] / "corpus" / "families"

WHOLE = """\
about = "One list for each course"
domain = "lists.example"
pattern = "course-${code}-${year:digits}"
creation = "family_owner"
remove_empty = true
owners = ["dean@o.example", "${code}@o.example"]
moderators = ["moe@m.example"]

[settings]
subject = "Course ${code}"
custom_subject = "[{name} ${year}]"
digest_days = ["mon", "thu"]
max_size = 1000000

[locked]
send = true
reply_to = ["sender", "list"]

[[sources]]
name = "students"
kind = "sql"
role = "member"
every = 7200
[sources.fields]
url = "postgresql://reader:secret@db.example/campus"
statement = "SELECT mail FROM enrolment WHERE course = '${code}'"
"""


def test_it_is_read_and_shown():
    """What `show` prints is what was put, but for passwords."""
    family = reading.read(WHOLE, source="test")
    assert family.fields == {"code", "year"}
    assert family.locked == {"send": None, "reply_to": ["sender", "list"]}
    shown = document.text_of(family)
    assert "secret" not in shown
    again = reading.read(shown, source="shown")
    assert document.with_secrets_of(again, family) == family
    assert document.text_of(again) == shown


def test_it_is_stored_and_read():
    """What is stored is the family again, also if a newer release wrote more."""
    family = reading.read(WHOLE, source="test")
    stored = document.document(family) | {"colour": "blue"}
    assert document.of_document(stored) == family


def test_an_empty_one_is_one():
    """Nothing has to be said."""
    family = reading.read("", source="test")
    assert family.fields == frozenset()
    assert document.text_of(family) == 'creation = "public"\n'


def test_sources_have_defaults():
    """A source is of members and asked every hour unless told."""
    text = '[[sources]]\nname = "x"\nkind = "file"\n[sources.fields]\nfile = "a"\n'
    [source] = reading.read(text, source="test").sources
    wanted = FamilySource(name="x", kind="file", fields={"file": "a"})
    assert source == wanted
    assert (source.role, source.every) == ("member", 3600)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.toml")), ids=lambda p: p.stem)
def test_what_is_wrong_is_said(path: Path):
    """One sentence names the file, and what is wrong in it."""
    text = path.read_text("utf-8")
    says = text.partition("\n")[0].removeprefix("# says: ")
    with pytest.raises(UsageError) as caught:
        reading.read(text, source=path.name)
    assert caught.value.public.startswith(f"{path.name}: ")
    assert says in caught.value.public
