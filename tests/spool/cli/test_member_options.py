"""`listhub member set` and `show`, files with options, and roles, as they are typed."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from listhub.lists import catalogue, posting, subscribing
from listhub.lists.list_settings import ListSettings
from listhub.lists.subscribing import Newcomer

Run = Callable[..., subprocess.CompletedProcess[str]]

LIST = "staff@lists.example.org"
ANN = "ann@a.example"


SETTINGS: dict[str, object] = {
    "attributes": ["room | Room number", "seats | Seats | integer"],
    "topics": ["exams | Exams", "news"],
    "timezone": "Europe/Paris",
}


@pytest.fixture
def listhub(listhub_command: Run, database_url: str) -> Run:
    """Return the command line on a database with a list, a member and an owner."""
    with psycopg.connect(database_url) as conn:
        catalogue.add_domain(conn, "lists.example.org", actor="t")
        made = catalogue.create_list(
            conn, LIST, actor="t", owners=["o@o.example"], values=SETTINGS
        )
        row = posting.find_list(conn, made.id)
        assert row is not None
        subscribing.subscribe(
            conn,
            row,
            Newcomer(address=ANN, name="Ann"),
            settings=ListSettings(),
            actor="t",
            how="cli",
        )
    return listhub_command


def shown(listhub: Run) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        listhub("member", "show", LIST, ANN, "--json").stdout
    )
    return document


def test_all_options_of_a_member(listhub: Run) -> None:
    """Each is changed and shown; what is so already is not changed."""
    words = (
        *("--reception", "urlize", "--no-own-posts", "--concealed"),
        *("--suspend", "2026-08-01", "--until", "2999-09-01T08:00"),
        *("--topics", "news,exams", "--attribute", "room=12 b"),
        *("--attribute", "seats=4", "--language", "fr"),
    )
    done = listhub("member", "set", LIST, ANN, *words)
    assert done.stdout == (
        f"{LIST}: {ANN}: reception, own_posts, concealed, suspended_at, suspended_until,"
        " topics, attributes, language changed.\n"
    )
    done = listhub("member", "set", LIST, ANN, *words)
    assert done.stdout == f"{LIST}: {ANN}: nothing to change.\n"

    member = shown(listhub)
    assert member.pop("since")
    assert member == {
        "list": LIST,
        "address": ANN,
        "name": "Ann",
        "reception": "urlize",
        "own_posts": False,
        "concealed": True,
        "suspended_at": "2026-07-31T22:00:00+00:00",
        "suspended_until": "2999-09-01T06:00:00+00:00",
        "topics": ["exams", "news"],
        "attributes": {"room": "12 b", "seats": "4"},
        "language": "fr",
    }
    text = listhub("member", "show", LIST, ANN).stdout
    assert text.startswith(f"{ANN} (Ann) is a member of {LIST} since 2")
    assert "reception   urlize, without own posts\n" in text
    assert "suspended   from 2026-07-31 22:00:00Z until 2999-09-01 06:00:00Z\n" in text
    assert "room        12 b\n" in text


def test_options_are_taken_back(listhub: Run) -> None:
    """Mail again, all topics, no attribute, the list's language."""
    listhub("member", "set", LIST, ANN, "--reception", "not_me", "--suspend", "now")
    listhub("member", "set", LIST, ANN, "--topics", "news", "--language", "fr")
    listhub(
        "member", "set", LIST, ANN, "--attribute", "room=1", "--until", "2999-01-01"
    )
    member = shown(listhub)
    assert (member["reception"], member["own_posts"]) == ("each", False)
    assert member["suspended_until"] == "2998-12-31T23:00:00+00:00"

    listhub(
        *("member", "set", LIST, ANN, "--own-posts", "--resume", "--topics", ""),
        *("--attribute", "room=", "--language", "list", "--visible"),
    )
    member = shown(listhub)
    assert member["own_posts"] is True
    assert member["suspended_at"] is member["suspended_until"] is None
    assert (member["topics"], member["attributes"]) == ([], {})
    assert member["language"] is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Nothing to set; `--help` lists what can be changed."),
        (("--suspend", "tomorrow"), '"tomorrow" is no day; write it as 2026-11-30 or'),
        (
            ("--suspend", "2026-08-01", "--until", "2026-07-01"),
            "A suspension must end after it begins.",
        ),
        (("--until", "2026-08-01"), "From when on? A suspension needs its first day."),
        (("--resume", "--suspend", "now"), "--resume is for now; it goes with neither"),
        (
            ("--topics", "exams,weather"),
            '"weather" is not a topic of the list; choose among exams, news, other.',
        ),
        (
            ("--attribute", "rom=1"),
            '"rom" is not an attribute of the list; did you mean room?',
        ),
        (("--attribute", "room"), '"room" is no attribute; write it as ID=VALUE.'),
        (("--attribute", "seats=four"), 'Seats: "four" is not a whole number.'),
    ],
)
def test_what_cannot_be_set(
    listhub: Run, words: tuple[str, ...], sentence: str
) -> None:
    """One sentence says what is wrong, and nothing is changed."""
    before = shown(listhub)

    done = listhub("member", "set", LIST, ANN, *words)

    assert done.returncode == 64
    assert done.stderr.startswith(f"listhub: {sentence}")
    assert done.stderr.count("\n") == 1
    assert shown(listhub) == before


def test_a_stranger_has_no_options(listhub: Run) -> None:
    """Neither set nor shown."""
    for words in (("set", LIST, "x@a.example", "--visible"), ("show", LIST, "x y")):
        done = listhub("member", *words)
        assert done.returncode == 64
        assert done.stderr == f"listhub: {words[2]} is not a member of {LIST}.\n"


def test_members_come_with_options(listhub: Run) -> None:
    """New members have the list's defaults, and what the command line says."""
    listhub("list", "set", LIST, "default_reception=text", "default_concealed=true")
    listhub("member", "add", LIST, "b@b.example", "--topics", "news")
    done = listhub("member", "add", LIST, "c@c.example", "--attribute", "seats=x")
    assert done.returncode == 64
    assert "has a wrong attribute, Seats" in done.stderr
    listhub(
        *("member", "add", LIST, "c@c.example", "--visible", "--reception", "not_me"),
        *("--attribute", "seats=2"),
    )

    text = listhub("member", "export", LIST).stdout
    header, ann, second, third = text.splitlines()
    assert header.endswith("suspended_until,topics,attribute:room,attribute:seats")
    assert ann == f'{ANN},Ann,each,yes,no,,,"",,'
    assert second == 'b@b.example,"",text,yes,yes,,,news,,'
    assert third == 'c@c.example,"",each,no,no,,,"",,2'
    listhub("member", "del", LIST, "--all", "--yes")
    done = listhub("member", "import", LIST, "-", stdin=text)
    assert done.stdout == f"{LIST}: 3 members added.\n"
    assert listhub("member", "export", LIST).stdout == text


# --- roles ------------------------------------------------------------------------


def test_roles_are_changed(listhub: Run) -> None:
    """Profile, mail, visibility and info of owners; moderators have no profile."""
    listhub("list", "owner", "add", LIST, "p@o.example")
    listhub("list", "moderator", "add", LIST, "o@o.example")
    words = (
        "--profile",
        "privileged",
        "--reception",
        "none",
        "--info",
        "Dean's office",
    )
    done = listhub("list", "owner", "set", LIST, "o@o.example", *words)
    assert done.stdout == (
        f"{LIST}: owner o@o.example: profile, reception, info changed.\n"
    )
    done = listhub("list", "owner", "set", LIST, "o@o.example", *words)
    assert done.stdout == f"{LIST}: owner o@o.example: nothing to change.\n"
    listhub("list", "moderator", "set", LIST, "o@o.example", "--concealed")

    first, second = json.loads(listhub("list", "owner", "ls", LIST, "--json").stdout)
    assert first.pop("since")
    assert first == {
        "address": "o@o.example",
        "name": "",
        "profile": "privileged",
        "reception": "none",
        "concealed": False,
        "info": "Dean's office",
    }
    assert second["profile"] == "normal"
    [other] = json.loads(listhub("list", "moderator", "ls", LIST, "--json").stdout)
    assert (other["concealed"], other["reception"]) == (True, "mail")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("owner", "set", LIST, "o@o.example"), "Nothing to set; `--help` lists"),
        (
            ("owner", "set", LIST, "x@o.example", "--visible"),
            f"x@o.example is not an owner of {LIST}.",
        ),
        (
            ("moderator", "set", LIST, "o@o.example", "--visible"),
            f"o@o.example is not a moderator of {LIST}.",
        ),
        (
            ("owner", "set", LIST, "o@o.example", "--info", "two\nlines"),
            "The info must be one line of at most 500 characters.",
        ),
    ],
)
def test_roles_that_cannot_be_changed(
    listhub: Run, words: tuple[str, ...], sentence: str
) -> None:
    """One sentence says why."""
    done = listhub("list", *words)

    assert done.returncode == 64
    assert done.stderr.startswith(f"listhub: {sentence}")


def test_listmasters(listhub: Run) -> None:
    """Those of the site and of a domain are kept apart, and told apart."""
    domain = ("--domain", "Lists.Example.org")
    done = listhub("listmaster", "add", "root@a.example", "ops@a.example")
    assert done.stdout == "site: 2 listmasters now: ops@a.example, root@a.example.\n"
    done = listhub("listmaster", "add", "root@a.example", *domain)
    assert done.stdout == "lists.example.org: 1 listmaster now: root@a.example.\n"
    done = listhub("listmaster", "add", "root@a.example", *domain)
    assert done.stderr == (
        "listhub: root@a.example is a listmaster of lists.example.org already.\n"
    )
    listhub("listmaster", "del", "root@a.example")
    rows = json.loads(listhub("listmaster", "ls", "--json").stdout)
    assert [(row["address"], row["domain"]) for row in rows] == [
        ("ops@a.example", None),
        ("root@a.example", "lists.example.org"),
    ]
    done = listhub("listmaster", "del", "root@a.example", "ops@a.example")
    assert done.returncode == 64
    assert done.stderr == "listhub: root@a.example is not a listmaster of the site.\n"
    assert len(json.loads(listhub("listmaster", "ls", *domain, "--json").stdout)) == 1
    done = listhub("listmaster", "add", "x@a.example", "--domain", "elsewhere.example")
    assert done.stderr == "listhub: There is no domain elsewhere.example here.\n"
