"""Members: added by the set, refused row by row, removed, and written out."""

import csv
import io
from collections.abc import Iterable
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from listhub.errors import UsageError
from listhub.lists import catalogue, member_file, member_import, members, options
from listhub.lists.list_settings import ListSettings
from listhub.lists.member_import import Refused, Report
from listhub.lists.member_row import PLAIN
from listhub.models import MailingList
from tests.factories.mailing_list import MailingListFactory
from tests.factories.person import PersonFactory
from tests.factories.subscription import SubscriptionFactory

Driver = psycopg.Connection[Any]


def bring(
    driver: Driver,
    address: str,
    data: str,
    *,
    settings: ListSettings = PLAIN,
    partial: bool = False,
    dry_run: bool = False,
) -> Report:
    """Import a file of these contents."""
    found = catalogue.find_list(driver, address)
    rows = member_file.read(io.BytesIO(data.encode()), name="x.csv", settings=settings)
    with member_import.stage(rows, found=found) as staged:
        return member_import.apply(
            driver,
            staged,
            found=found,
            actor="t",
            partial=partial,
            dry_run=dry_run,
        )


def export(driver: Driver, list_id: int, settings: ListSettings = PLAIN) -> str:
    return b"".join(members.export(driver, list_id, settings=settings)).decode()


def addresses(rows: Iterable[members.Member]) -> list[str]:
    return [row.address for row in rows]


def test_members_are_added(mailing_list: MailingList, driver: Driver) -> None:
    """Each row becomes a member with what it says, and the change is noted once."""
    report = bring(
        driver,
        mailing_list.address,
        "address,name,reception,own_posts,concealed\n"
        "Alice@Example.net,Alice,digest,no,yes\n"
        "bob@example.net,,,,\n",
    )

    assert report == Report(rows=2, added=2, applied=True)
    alice, bob = members.members(driver, mailing_list.id)
    assert alice[:6] == ("Alice@Example.net", "Alice", "digest", False, True, None)
    assert bob[:6] == ("bob@example.net", "", "each", True, False, None)
    row = driver.execute("SELECT actor, action, object, detail FROM audit").fetchall()
    detail = {"added": 2, "refused": 0}
    assert row == [("t", "member.add", mailing_list.address, detail)]


BAD = (
    "address,reception\n"
    "alice@example.net,each\n"
    "nonsense,each\n"
    "ALICE@example.net,digest\n"
    "bob@example.net,weekly\n"
    "member@example.net,each\n"
    "alice@example.net,none\n"
)


def refusals(mailing_list: MailingList) -> list[Refused]:
    person = PersonFactory.create(address="Member@example.net")
    SubscriptionFactory.create(list_id=mailing_list.id, person=person)
    known = (
        "each, digest, digest_text, index, notice, text, html, urlize, none, not_me"
        " are known"
    )
    return [
        Refused(3, "nonsense", "is not an e-mail address"),
        Refused(4, "ALICE@example.net", "is in line 2 already"),
        Refused(5, "bob@example.net", f'has the reception "weekly"; {known}'),
        Refused(6, "member@example.net", "is a member already"),
        Refused(7, "alice@example.net", "is in line 2 already"),
    ]


def test_one_refused_row_and_nothing_is_done(
    mailing_list: MailingList, driver: Driver
) -> None:
    """Each bad row is named in the order of the file, and nobody is added."""
    refused = refusals(mailing_list)
    report = bring(driver, mailing_list.address, BAD)

    assert report == Report(rows=6, added=1, applied=False, refused=refused)
    assert addresses(members.members(driver, mailing_list.id)) == ["Member@example.net"]
    count = driver.execute("SELECT count(*) FROM person").fetchone()
    assert count == (1,)


def test_partial_applies_the_others(mailing_list: MailingList, driver: Driver) -> None:
    """What is right is added, and what is not is named all the same."""
    refused = refusals(mailing_list)
    report = bring(driver, mailing_list.address, BAD, partial=True)

    assert report == Report(rows=6, added=1, applied=True, refused=refused)
    assert addresses(members.members(driver, mailing_list.id)) == [
        "alice@example.net",
        "Member@example.net",
    ]


def test_dry_run_changes_nothing(mailing_list: MailingList, driver: Driver) -> None:
    """It says what would be done."""
    report = bring(driver, mailing_list.address, "a@example.net\n", dry_run=True)

    assert report == Report(rows=1, added=1, applied=False)
    assert members.members(driver, mailing_list.id) == []


def test_persons_are_shared(factories: Session, driver: Driver) -> None:
    """Lists share a person; a name is filled in where there was none, never changed."""
    PersonFactory.create(address="known@example.net", display_name="Known")
    PersonFactory.create(address="nameless@example.net")
    first, second = (MailingListFactory.create() for _ in range(2))
    data = "address,name\nKNOWN@example.net,Other\nnameless@example.net,Now\n"
    for each in (first, second):
        bring(driver, each.address, data)

    rows = driver.execute("SELECT address, display_name FROM person ORDER BY address")
    assert rows.fetchall() == [
        ("known@example.net", "Known"),
        ("nameless@example.net", "Now"),
    ]


@pytest.mark.parametrize("local", ["", "-request", "-owner", "-unsubscribe"])
def test_list_is_no_member_of_itself(
    mailing_list: MailingList, driver: Driver, local: str
) -> None:
    """Its posts would come back to it, or to its owners as bounces."""
    name, _, domain = mailing_list.address.partition("@")
    report = bring(driver, mailing_list.address, f"{name.upper()}{local}@{domain}\n")

    assert [row.reason for row in report.refused] == [
        "is an address of the list itself"
    ]


def test_closed_list_takes_nobody(mailing_list: MailingList, driver: Driver) -> None:
    """The sentence says how it is opened."""
    found = catalogue.find_list(driver, mailing_list.address)
    catalogue.set_status(driver, found, "closed", actor="t")

    with pytest.raises(UsageError, match="is closed; `listhub list open"):
        bring(driver, mailing_list.address, "a@example.net\n")


def test_export_comes_back(mailing_list: MailingList, driver: Driver) -> None:
    """What is exported, removed and imported again is what it was, odd names and all."""
    rows = [
        ("alice@example.net", 'Alice "the, Great"; Queen', "digest", True, True),
        ('"john doe"@example.net', "Jöhn", "none", False, False),
        ("\N{GREEK SMALL LETTER DELTA}@example.net", "", "each", True, False),
        (
            "back@example.net",
            "Back\\slash \\. \\N",
            "text",
            True,
            False,
        ),
        ("=cmd@example.net", "=1+1", "index", True, False),
    ]
    for address, name, reception, own_posts, concealed in rows:
        person = PersonFactory.create(address=address, display_name=name)
        SubscriptionFactory.create(
            list_id=mailing_list.id,
            person=person,
            reception=reception,
            own_posts=own_posts,
            concealed=concealed,
        )
    before = export(driver, mailing_list.id)
    found = catalogue.find_list(driver, mailing_list.address)
    assert members.remove_all(driver, found, actor="t") == len(rows)
    driver.execute("DELETE FROM person")
    report = bring(driver, mailing_list.address, before)

    assert report == Report(rows=len(rows), added=len(rows), applied=True)
    assert export(driver, mailing_list.id) == before
    assert {row[:5] for row in members.members(driver, mailing_list.id)} == set(rows)


def test_options_come_back(mailing_list: MailingList, driver: Driver) -> None:
    """Suspensions, topics and the list's attributes are columns of its export."""
    settings = ListSettings(
        topics=("news", "NULL"),
        attributes=("room | Room", "about | About | text", "room | Again"),
    )
    data = (
        "address,suspended_at,suspended_until,topics,attribute:room,attribute:about\n"
        "a@example.net,2026-08-01T06:00:00Z,2026-09-01T06:00:00Z,other NULL,"
        '"12, back\\slash","one\n\ttwo ""three"""\n'
        "b@example.net,2026-08-01T06:00:00Z,,,,\n"
        "c@example.net,,,,,\n"
    )
    bring(driver, mailing_list.address, data, settings=settings)
    before = export(driver, mailing_list.id, settings)
    found = catalogue.find_list(driver, mailing_list.address)
    members.remove_all(driver, found, actor="t")
    bring(driver, mailing_list.address, before, settings=settings)

    assert export(driver, mailing_list.id, settings) == before
    header, first, second, third = csv.reader(io.StringIO(before, newline=""))
    assert header[5:] == [
        *("suspended_at", "suspended_until", "topics"),
        *("attribute:room", "attribute:about"),
    ]
    since, until = "2026-08-01T06:00:00Z", "2026-09-01T06:00:00Z"
    about = 'one\n\ttwo "three"'
    assert first[5:] == [since, until, "NULL other", "12, back\\slash", about]
    assert second[5:] == [since, "", "", "", ""]
    assert third[5:] == ["", "", "", "", ""]
    row = options.find(driver, mailing_list.id, "a@example.net")
    assert row is not None
    assert row.topics == ["NULL", "other"]
    assert row.attributes == {"room": "12, back\\slash", "about": about}


def test_empty_list_comes_back(mailing_list: MailingList, driver: Driver) -> None:
    """A header alone is nobody, in both directions."""
    text = export(driver, mailing_list.id)

    assert text == (
        "address,name,reception,own_posts,concealed,suspended_at,suspended_until\n"
    )
    assert bring(driver, mailing_list.address, text).rows == 0


def test_members_are_removed(mailing_list: MailingList, driver: Driver) -> None:
    """By address whatever its case; all that are named or, for a stranger, nobody."""
    bring(driver, mailing_list.address, "a@example.net\nb@example.net\nc@example.net\n")
    found = catalogue.find_list(driver, mailing_list.address)
    for stranger in ("x@example.net", "nonsense", "\0"):
        with pytest.raises(UsageError, match=r"is not on .*; nobody was removed"):
            members.remove(driver, found, ["a@example.net", stranger], actor="t")
    with pytest.raises(UsageError, match=r"^x@.*net and 1 more are not on"):
        members.remove(driver, found, ["x@a.net", "y@a.net"], actor="t")
    removed = members.remove(
        driver, found, ["A@EXAMPLE.net", "b@example.net"], actor="t"
    )

    assert removed == 2
    assert addresses(members.members(driver, found.id)) == ["c@example.net"]


def test_members_are_found(mailing_list: MailingList, driver: Driver) -> None:
    """By a part of address or name, taken literally, or by their reception."""
    bring(
        driver,
        mailing_list.address,
        "address,name,reception\n"
        "ann@example.net,100% Ann,digest\n"
        "bob@example.net,Bob,each\n"
        "cleo@example.net,ANNA,each\n",
    )
    list_id = mailing_list.id

    found = members.members(driver, list_id, text="AnN")
    assert addresses(found) == ["ann@example.net", "cleo@example.net"]
    assert addresses(members.members(driver, list_id, text="%")) == ["ann@example.net"]
    assert len(members.members(driver, list_id, limit=2)) == 2
    found = members.members(driver, list_id, reception="digest")
    assert addresses(found) == ["ann@example.net"]
    assert members.counts(driver, list_id) == [("each", 2, 0), ("digest", 1, 0)]
