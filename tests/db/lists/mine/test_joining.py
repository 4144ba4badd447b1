"""People come and go by the rules of each list; a typed address is nobody's word."""

import pytest

from listhub.errors import UsageError
from listhub.lists import subscribing
from listhub.lists.list_settings import ListSettings
from listhub.lists.mine import joining
from listhub.lists.mine.visit import Answer, Visit
from listhub.lists.posting import ListRow
from listhub.policy.request import Auth
from tests.shelves import SITE, Driver, add_list, ask, audited, subscribe

ANN = "ann@a.example"


@pytest.fixture
def row(driver: Driver) -> ListRow:
    return add_list(driver, owners=["owner@o.example"])


def visit(
    driver: Driver, row: ListRow, sender: str = ANN, *, auth: Auth = "md5"
) -> Visit:
    return Visit(
        conn=driver,
        settings=SITE,
        ask=ask(),
        domain_id=row.domain_id,
        domain=row.domain,
        sender=sender,
        auth=auth,
    )


def join(
    driver: Driver, row: ListRow, subscribe: str = "open", *, auth: Auth = "md5"
) -> Answer:
    settings = ListSettings(subscribe=subscribe)
    return joining.join(
        visit(driver, row, auth=auth), row, settings=settings, name="Ann"
    )


def leave(
    driver: Driver, row: ListRow, unsubscribe: str = "open", *, auth: Auth = "md5"
) -> Answer:
    settings = ListSettings(unsubscribe=unsubscribe)
    return joining.leave(visit(driver, row, auth=auth), row, settings=settings)


@pytest.mark.parametrize(
    ("scenario", "state", "sentence"),
    [
        ("open", "done", "You are now a member of staff@lists.example."),
        ("auth", "done", "You are now a member"),
        ("owner", "owners", "SUBSCRIBE staff Ann waits for the owners of"),
        ("closed", "refused", "Nobody can subscribe to this list."),
    ],
)
def test_joining(
    driver: Driver, row: ListRow, scenario: str, state: str, sentence: str
) -> None:
    """Whoever has signed in joins as the scenario says, and twice is once."""
    done = join(driver, row, scenario)

    assert done.state == state
    assert str(done.text).startswith(sentence)
    assert subscribing.is_member(driver, row.id, ANN) is (state == "done")
    if state == "done":
        assert len(done.items) == 1
        assert join(driver, row, scenario).state == "already"
        assert [each["how"] for each in audited(driver, "member.add")] == ["web"]


@pytest.mark.parametrize(
    ("scenario", "state"),
    [("open", "done"), ("auth", "done"), ("owner", "owners"), ("closed", "refused")],
)
def test_leaving(driver: Driver, row: ListRow, scenario: str, state: str) -> None:
    """So they leave; who is no member has nothing to leave."""
    assert leave(driver, row, scenario).state == "already"
    subscribe(driver, row.id, ANN)
    assert leave(driver, row, scenario).state == state
    assert subscribing.is_member(driver, row.id, ANN) is (state != "done")


@pytest.mark.parametrize("member", [False, True])
def test_a_typed_address_is_asked_by_mail(
    driver: Driver, row: ListRow, member: bool
) -> None:
    """Anybody can type it: nothing is done, and nothing told of who is a member."""
    if member:
        subscribe(driver, row.id, ANN)
    came, went = (one(driver, row, auth="smtp") for one in (join, leave))

    assert (came.state, went.state) == ("confirm", "confirm")
    assert str(came.text) == (
        "SUBSCRIBE staff Ann has to be confirmed: a mail with a key is on its way to you."
    )
    # One mail goes to whom the other question would be vain.
    assert (len(came.items), len(went.items)) == ((0, 1) if member else (1, 0))
    assert subscribing.is_member(driver, row.id, ANN) is member
    again = (
        leave(driver, row, auth="smtp") if member else join(driver, row, auth="smtp")
    )
    assert again.items == ()


def test_what_cannot_be(driver: Driver, row: ListRow) -> None:
    """No address, a reception that the list does not have, a closed list."""
    settings = ListSettings(receptions=("each",))
    with pytest.raises(UsageError, match="not an e-mail address"):
        joining.join(visit(driver, row, "\0"), row, settings=settings)
    with pytest.raises(UsageError, match="does not send posts as digest"):
        joining.join(visit(driver, row), row, settings=settings, reception="digest")
    driver.execute("UPDATE mailing_list SET status = 'closed'")
    with pytest.raises(UsageError, match="is not open"):
        joining.join(visit(driver, row), row, settings=settings)
