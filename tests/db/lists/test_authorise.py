"""The door to the scenarios: facts from the database, files of every level."""

from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from listhub.config import Settings
from listhub.config.tree import Site
from listhub.lists import files, posting
from listhub.lists.authorise import authorise
from listhub.lists.files import Level
from listhub.lists.settings import set_values
from listhub.mail.draft import Draft
from listhub.models import MailingList
from listhub.outside.answers import Answers, Unanswered
from listhub.outside.sql_filter import SqlFilter
from listhub.policy.decision import Decision
from tests.factories.person import PersonFactory, RoleFactory
from tests.factories.subscription import SubscriptionFactory

Driver = psycopg.Connection[Any]

MEMBER, EDITOR, OWNER, MASTER, STRANGER, SITE = (
    f"{name}@example.net"
    for name in ("member", "editor", "owner", "master", "stranger", "site")
)


class Door:
    """`authorise` for one list, with short names."""

    def __init__(self, driver: Driver, of: MailingList) -> None:
        self.driver = driver
        self.of = of
        self.settings = Settings(site=Site(listmaster=SITE))
        self.answers = Answers(self.settings)

    def ask(self, operation: str, sender: str, **more: Any) -> Decision:
        return authorise(
            self.driver,
            self.answers.ask,
            operation=operation,
            list_row=posting.find_list(self.driver, self.of.id),
            domain_id=self.of.domain_id,
            sender=sender,
            settings=self.settings,
            **{"auth": "smtp", **more},
        )

    def put(self, path: str, content: str) -> None:
        level = Level(scope="list", list_id=self.of.id)
        files.write(self.driver, path, content, level=level, actor="t")

    def rule(self, condition: str, sender: str = MEMBER, **more: Any) -> Decision:
        """Return what a scenario of this one condition decides."""
        self.put("scenari/send.one", f"{condition} smtp,md5 -> do_it")
        return self.ask("send", sender, scenario="one", **more)


@pytest.fixture
def door(driver: Driver, factories: Session, mailing_list: MailingList) -> Door:
    """Return the door of a list with one person in each role."""
    at = {"list_id": mailing_list.id}
    SubscriptionFactory.create(person=PersonFactory.create(address=MEMBER), **at)
    for address, kind in ((EDITOR, "moderator"), (OWNER, "owner")):
        person = PersonFactory.create(address=address)
        RoleFactory.create(person=person, kind=kind, **at)
    RoleFactory.create(
        person=PersonFactory.create(address=MASTER),
        kind="listmaster",
        domain_id=mailing_list.domain_id,
    )
    return Door(driver, mailing_list)


def test_roles_come_from_the_database(door: Door) -> None:
    """Members, moderators, owners and listmasters are who the tables say."""
    found = {
        sender: door.ask("send", sender).written
        for sender in (MEMBER.upper(), EDITOR, OWNER, MASTER, SITE, STRANGER, "")
    }

    assert found == {
        MEMBER.upper(): "do_it",
        EDITOR: "do_it",
        OWNER: "do_it",
        MASTER: "do_it",
        SITE: "do_it",
        STRANGER: "reject",
        "": "reject",
    }


def test_owners_edit_where_nobody_else_does(door: Door) -> None:
    """The actual editors are the moderators, and the owners of a list without any."""
    assert door.ask("send", OWNER, scenario="newsletter").reason == "send_editor"
    door.driver.execute("DELETE FROM role WHERE kind = 'moderator'")
    assert door.ask("send", OWNER, scenario="newsletter").allowed
    assert not door.ask("send", MASTER, scenario="newsletter").allowed


def test_settings_name_the_scenario(door: Door) -> None:
    """Without a name the list's own settings decide, else the operation's default."""
    assert door.ask("review", MEMBER).reason == "review_owner"
    set_values(
        door.driver,
        scope="list",
        list_id=door.of.id,
        changes={"review": "private", "delete": "closed"},
        changed_by="t",
    )
    assert door.ask("review", MEMBER).allowed
    assert door.ask("del", OWNER).reason == "del_closed"
    assert door.ask("d_edit", OWNER, auth="md5").allowed


def test_blocklist_comes_first(door: Door) -> None:
    """Who is on a blocklist of any level is refused, and not even told."""
    files.write(
        door.driver, "search_filters/blocklist.txt", "*@example.net",
        level=Level(), actor="t",
    )  # fmt: skip
    door.put("search_filters/blocklist.txt", "# nobody here")

    decision = door.ask("send", MEMBER)
    assert (decision.written, decision.quiet) == ("reject,quiet", True)
    assert door.ask("review", OWNER).allowed


def test_closed_list_takes_nothing(door: Door) -> None:
    """Before any rule: a list that is not open is neither posted to nor seen."""
    door.of.status = "closed"
    door.driver.execute("UPDATE mailing_list SET status = 'closed'")

    assert door.ask("send", OWNER).reason == "list-no-open"
    assert door.ask("visibility", OWNER).reason == "list-no-open"
    assert door.ask("info", OWNER).allowed


def test_questions_of_a_domain(door: Door) -> None:
    """Without a list the domain is asked about."""
    decision = authorise(
        door.driver,
        door.answers.ask,
        operation="create_list",
        list_row=None,
        domain_id=door.of.domain_id,
        sender=MASTER,
        auth="md5",
        settings=door.settings,
    )

    assert decision.allowed


@pytest.mark.parametrize(
    "condition",
    [
        "equal([list->total],1)",
        "equal([list->send],private)",
        "equal([conf->listmaster],site@example.net)",
        "equal([conf->lang],en)",
        "equal([subscriber->reception],mail)",
        "equal([subscriber->visibility],noconceal)",
        "newer([subscriber->date],execution_date-1d)",
        "equal([user->email],[sender])",
        "equal([user->gecos],'')",
        "equal([family->name],'')",
        "equal([custom_vars->x],'')",
        "equal([user_attributes->x],'')",
        "match([msg_header->Subject],/hello/)",
        "is_subscriber([list->address],[msg_header->From])",
    ],
)
def test_variables_come_from_the_database(door: Door, condition: str) -> None:
    """What [list->], [conf->], [user->] and [subscriber->] stand for."""
    message = Draft.parse(
        f"From: A <{MEMBER}>\nSubject: =?utf-8?q?Hello?=\n\n".encode()
    )
    decision = door.rule(condition, message=message)

    assert (decision.error, decision.written) == ("", "do_it")


@pytest.mark.parametrize(
    "variable",
    ["list->nothing", "conf->site.secret", "conf->database.url", "conf->__class__.x"],
)
def test_unknown_parameters_and_secrets_are_not_read(door: Door, variable: str) -> None:
    """A misspelt parameter is a mistake, and a secret is no parameter."""
    decision = door.rule(f"equal([{variable}],'')")

    assert decision.reason == "error-performing-condition"
    assert f"nothing is known as [{variable}]" in decision.error


def test_other_lists_have_members_too(door: Door) -> None:
    """is_subscriber of another list, by its address; an unknown list has nobody."""
    assert door.rule(f"is_subscriber('{door.of.address}',[sender])").allowed
    assert not door.rule("is_subscriber('nothing',[sender])").allowed


def test_filter_elsewhere_is_asked_between_transactions(door: Door) -> None:
    """A filter in SQL breaks the work off first, and is answered from what is known."""
    statement = "statement SELECT count(*) FROM staff WHERE mail = [sender]"
    door.put("search_filters/staff.sql", f"url postgresql://h.example/p\n{statement}")

    with pytest.raises(Unanswered) as waiting:
        door.rule("search(staff.sql,[sender])")
    question = waiting.value.question
    assert isinstance(question, SqlFilter)
    assert question.statement.endswith("WHERE mail = %s")
    assert question.parameters == (MEMBER,)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("gone.txt", None, "there is no file search_filters/gone.txt"),
        ("gone.sql", None, "there is no file search_filters/gone.sql"),
        ("bad.sql", "nonsense here", "is broken: 'nonsense' is none of"),
        ("bad.ldap", "host h", "is broken: suffix, filter is missing"),
    ],
)
def test_broken_filter_rejects(
    door: Door, name: str, content: str | None, error: str
) -> None:
    """A filter that cannot be asked lets nobody in, and says why."""
    if content:
        door.put(f"search_filters/{name}", content)
    decision = door.rule(f"search({name})")

    assert decision.reason == "error-performing-condition"
    assert error in decision.error


def test_custom_condition_that_is_not_installed_rejects(door: Door) -> None:
    """Custom conditions are entry points; an unknown one is an error."""
    decision = door.rule("CustomCondition::nobody_has_this(x)")

    assert "there is no custom condition nobody_has_this" in decision.error
