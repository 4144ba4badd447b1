"""One member's record: how they came, what changed, why mail comes back, who they are."""

from listhub.lists import options, subscribing
from listhub.lists.list_settings import ListSettings
from listhub.lists.options import Changes
from listhub.lists.roster import record
from listhub.lists.subscribing import Newcomer
from tests.shelves import Driver, add_list, bounce, source, subscribe

ANN, OWNER = "Ann@a.example", "owner@o.example"
SETTINGS = ListSettings(
    topics=("exams | Exams",),
    attributes=("room | Room | string",),
    receptions=("each",),
)


def test_a_record_tells_all(driver: Driver) -> None:
    """Options, what may be chosen, how and by whom they came and were changed."""
    row = add_list(driver, owners=[ANN])
    subscribing.subscribe(
        driver, row, Newcomer(address=ANN), settings=SETTINGS, actor=OWNER, how="web"
    )
    options.change(
        driver, row, ANN, Changes(topics=("exams",)), settings=SETTINGS, actor=ANN,
        how="mail",
    )  # fmt: skip
    source(driver, row, "staff", ANN)

    found = record.record(driver, row, "ann@A.example", settings=SETTINGS)
    assert found is not None
    assert found.came is not None
    assert (found.came.actor, found.came.how) == (OWNER, "web")
    assert [(deed.action, deed.how) for deed in found.changes] == [
        ("member.set", "mail"),
        ("member.add", "web"),
    ]
    assert (found.options.topics, found.roles) == (["exams"], ("owner",))
    assert (found.receptions, found.sources) == (("each",), ("staff",))
    assert [topic.name for topic in found.topics] == ["exams"]
    assert [each.id for each in found.attributes] == ["room"]
    assert (found.subscribed, found.excluded, found.suppressed) == (True, False, "")
    assert (found.score, found.level, found.reports) == (None, 0, ())


def test_the_evidence_of_bounces(driver: Driver) -> None:
    """Reports, their score, what was done because of them, and that no mail goes out."""
    row = add_list(driver)
    number = subscribe(driver, row.id, ANN)
    bounce(driver, row, number, ANN)
    driver.execute(
        "INSERT INTO bounce_action (list_id, subscription_id, address, action, why)"
        " VALUES (%s, %s, %s, 'notify', 'bounces')",
        [row.id, number, ANN],
    )
    driver.execute(
        "INSERT INTO suppression (domain_id, address_key, why)"
        " VALUES (%s, 'ann@a.example', 'complaint')",
        [row.domain_id],
    )

    found = record.record(driver, row, ANN, settings=ListSettings())
    assert found is not None
    assert found.came is None
    assert found.score is not None
    assert found.score.reports == 1
    [report] = found.reports
    assert (report.trouble, report.diagnostic) == ("no-such-user", "no such user")
    assert [done.action for done in found.actions] == ["notify"]
    assert found.suppressed == "complaint"


def test_who_is_gone_leaves_a_trace(driver: Driver) -> None:
    """Of who is no member there is no record, but what the audit has."""
    row = add_list(driver)
    assert record.record(driver, row, ANN, settings=SETTINGS) is None
    assert record.record(driver, row, "\0", settings=SETTINGS) is None
    subscribe(driver, row.id, ANN)
    subscribing.sign_off(driver, row, ANN, actor=OWNER, how="web")

    [deed] = record.gone(driver, row, ANN)
    assert (deed.action, deed.actor, deed.how) == ("member.del", OWNER, "web")
    assert record.gone(driver, row, "a\0@b") == ()
