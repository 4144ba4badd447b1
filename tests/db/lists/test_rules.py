"""Scenarios for owners: what can be chosen, what it says, and what it would decide."""

import pytest

from listhub.errors import UsageError
from listhub.lists import files, posting, rules
from listhub.lists.file_versions import level_of_list
from listhub.lists.list_settings import ListSettings
from tests.shelves import SITE, Driver, add_list, ask, counted

ANN = "ann@a.example"


def test_what_can_be_chosen(driver: Driver) -> None:
    """Shipped ones and a list's own, with titles in the owner's language."""
    row = add_list(driver)
    files.write(
        driver,
        "scenari/send.mine",
        "title My own\ntitle.fr La mienne\ntrue() smtp -> do_it\n",
        level=level_of_list(row.id, row.address),
        actor="t",
    )
    with counted(driver) as asked:
        found = {
            one.name: one
            for one in rules.choices(driver, "send", list_id=row.id, language="fr")
        }
    assert (found["mine"].title, found["mine"].source) == ("La mienne", "list")
    assert found["private"].source == "shipped"
    assert len(asked) == 2
    assert "mine" not in {one.name for one in rules.choices(driver, "send")}
    assert rules.in_force("del", ListSettings(delete="closed")) == "closed"


def test_rules_in_words(driver: Driver) -> None:
    """All rules with those included, in their order, and who says so."""
    row = add_list(driver)
    level = level_of_list(row.id, row.address)
    text = "include('boss')\ntrue() smtp,md5,smime -> editorkey\n"
    files.write(driver, "scenari/send.mine", text, level=level, actor="t")
    boss = "is_owner([listname],[sender]) smtp,md5,smime -> do_it\n"
    files.write(driver, "scenari/include.boss", boss, level=level, actor="t")

    found = rules.read(driver, "send", "mine", list_id=row.id, use_blocklist=True)
    assert [str(step.sentence) for step in found.steps] == [
        "If the sender is on the blocklist: it is refused, and nobody is told.",
        "If the sender is an owner: it is allowed.",
        "Otherwise: a moderator decides.",
    ]
    assert (found.source, found.problem) == ("list", "")
    missing = rules.read(driver, "send", "nothing", list_id=row.id)
    assert missing.source == "missing"
    broken = rules.read(driver, "send", "mine")
    assert broken.source == "missing"
    files.write(driver, "scenari/send.mine", "include('x')\n", level=level, actor="t")
    assert "no file" in rules.read(driver, "send", "mine", list_id=row.id).problem
    with pytest.raises(UsageError, match="no operation"):
        rules.read(driver, "fly", "mine")


def test_a_case_is_explained(driver: Driver) -> None:
    """What would be decided, what somebody would be told, and which rules were passed."""
    row = add_list(driver, owners=[ANN], send="privateoreditorkey")

    def case(sender: str, **more: object) -> rules.Explained:
        return rules.explain(
            driver, ask(), row, "send", sender=sender, auth="smtp", settings=SITE, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    found = case("x@x.example")
    assert str(found.sentence) == "So a moderator decides."
    assert [step.held for step in found.trail] == [False, False, False, True]
    assert found.trail[1].values == (
        ("[listname]", ("staff",)),
        ("[sender]", ("x@x.example",)),
    )
    assert found.told is None
    refused = case("x@x.example", scenario="private")
    assert str(refused.sentence) == "So it is refused."
    assert str(refused.told) == "Only members may post to this list."
    assert refused.sentence.into("fr") == "Donc c\u2019est refusé."
    passed = case(ANN, scenario="private_smime").trail[1]
    assert (passed.held, passed.note) == (None, "for smime only, not smtp")
    driver.execute("UPDATE mailing_list SET status = 'closed'")
    closed = posting.find_list(driver, row.id)
    assert closed is not None
    told = rules.explain(
        driver, ask(), closed, "send", sender=ANN, auth="smtp", settings=SITE
    )
    assert "not open" in str(told.sentence)
