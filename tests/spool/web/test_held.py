"""An item's page: what it shows, and each decision with act and next, undo, company."""

from collections.abc import Iterator

import pytest

from listhub.lists.moderation.outcomes import Action
from tests import lively
from tests.held import add_moderators, decide, hold_post, hold_request, mails
from tests.lively import PEOPLE
from tests.rooms import Rooms, post_bytes
from tests.web_client import Client, Seen, statements

SECOND = "second@m.example"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    add_moderators(rooms, 1, SECOND)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.moderator)
        yield client


@pytest.fixture
def second(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(SECOND)
        yield client


def state(site: Rooms, number: int) -> str:
    [row] = site.rows("SELECT state FROM request WHERE id = %s", number)
    found: str = row.state
    return found


def due(site: Rooms) -> None:
    """Let the time for undoing be over, and carry out what was decided."""
    site.conn.execute("UPDATE decision SET due_at = now() - interval '1 second'")
    site.conn.execute("UPDATE spool_item SET due_at = NULL, state = 'ready'")
    site.conn.commit()
    site.drain("decide")


def press(client: Client, number: int, do: str, query: str = "", **more: str) -> Seen:
    client.get(f"/held/{number}{query}")
    return client.post(f"/held/{number}{query}", {"do": do, **more})


def test_all_that_helps_to_decide_is_there(client: Client, site: Rooms):
    """Why, from whom and their past, the thread, the header, the history, notes."""
    raw = post_bytes(
        "Zoe <zoe@z.example>",
        subject="Re: Release 2.1 is out",
        message_id="answer@z.example",
        extra="In-Reply-To: <post2@a.example>\r\n",
    )
    why = "send.private:3: true() smtp,md5,smime -> editorkey"
    number = hold_post(site, 1, raw, why=why).request_id
    page = client.get(f"/held/{number}")
    for told in (
        "Line 3 of send.private wants somebody's word for this.",
        "Zoe zoe@z.example no member",
        "Nobody has checked" if "Nobody has" in page.text else "no valid signature",
        "The thread it belongs to Release 2.1 is out",
        "answered",
        "Header: 6 fields",
        "It was held.",
        "how are you?",
    ):
        assert told in page.text
    [thread] = [link for link in page.links() if "/archive/" in link]
    assert thread.startswith("/archive/dev@lists.example/")


def test_requests_use_the_same_page(client: Client, site: Rooms):
    """Somebody who wants to join: no mail, no spam, and an approval makes a member."""
    client.sign_in(PEOPLE.owner)
    number = hold_request(site, 1, detail={"name": "Eve Example"}).request_id
    page = client.get(f"/held/{number}")
    assert "Eve Example" in page.text
    assert "Spam" not in page.text
    assert "Source" not in page.text
    page = client.post(f"/held/{number}", {"do": "approve"})
    assert "Approved: " in page.text
    assert state(site, number) == "approved"
    for below in ("frame", "source", "source.eml", "file/0/x"):
        assert client.get(f"/held/{number}/{below}").status == 404


def test_an_approval_takes_effect_at_once_and_the_next_one_comes(
    client: Client, site: Rooms
):
    """Act and next: what was done is said on the page of the next item of that queue."""
    page = press(client, 2, "approve", "?sender=a.example")
    assert page.path == "/held/3?sender=a.example"
    assert "Approved: Held post 1" in page.text
    assert state(site, 2) == "approved"
    last = press(client, 12, "approve", "?sender=a.example")
    assert last.path == "/modindex?sender=a.example"


def test_next_follows_the_queue_of_one_list_and_its_order(client: Client, site: Rooms):
    """The queue that one came from is in the address, and nowhere else."""
    query = "?sort=newest&list=dev%40lists.example"
    page = press(client, 7, "approve", query)
    assert page.path == f"/held/6{query}"
    assert "/modindex/dev@lists.example?sort=newest" in page.links()


@pytest.mark.parametrize(
    ("do", "after", "deed"),
    [
        ("reject", "rejected", "is being rejected"),
        ("discard", "discarded", "is being discarded"),
        ("spam", "spam", "is being reported as spam"),
        ("block", "discarded", "is being discarded"),
    ],
)
def test_what_destroys_waits_for_an_undo(
    client: Client, site: Rooms, do: str, after: str, deed: str
):
    """The next page has the undo; once due it takes effect, and only then."""
    page = press(client, 1, do)
    assert page.path == "/held/2"
    assert f"You have won a prize : {deed} Undo" in page.text
    assert state(site, 1) == "waiting"
    due(site)
    assert state(site, 1) == after


def test_undone_one_is_back_at_the_item(client: Client, site: Rooms):
    """Undo leads to what waits again, says so, and nothing of it happens later."""
    press(client, 1, "discard", "?kind=post")
    [row] = site.rows("SELECT id FROM decision")
    page = client.post(f"/decisions/{row.id}", {"back": "/held/1?kind=post"})
    assert page.path == "/held/1?kind=post"
    assert "Undone; it waits again." in page.text
    assert "took a decision back" in page.text
    due(site)
    assert state(site, 1) == "waiting"
    assert "too late" in client.post(f"/decisions/{row.id}").text


def test_always_allowed_and_quiet(client: Client, site: Rooms):
    """The author is let through from now on, and is told nothing."""
    before = len(mails(site))
    press(client, 1, "allow", quiet="1")
    assert len(mails(site)) == before
    other = hold_post(site, 1, post_bytes("s0@spam.example", message_id="n@x.example"))
    assert "always allowed" in client.get(f"/held/{other.request_id}").text


@pytest.mark.parametrize(("scope", "count"), [("sender", 2), ("subject", 4)])
def test_all_like_this(client: Client, site: Rooms, scope: str, count: int):
    """The same sender or subject over the whole queue, as one decision to be undone."""
    raw = post_bytes("s0@spam.example", message_id="more@x.example", subject="Other")
    hold_post(site, 1, raw)
    page = press(client, 1, "discard", scope=scope)
    assert f"{count} are being discarded." in page.text
    due(site)
    rows = site.rows("SELECT id FROM request WHERE state = 'discarded'")
    assert len(rows) == count


def test_topics_are_given_with_the_approval(client: Client, site: Rooms):
    """Only topics that differ from those that it has are written."""
    topics = ["exams | Exams and marks | exam", "rooms | Rooms | room"]
    list_id = site.add_list("school", topics=topics)
    add_moderators(site, list_id, PEOPLE.moderator)
    number = hold_post(site, list_id, post_bytes(message_id="t@x.example")).request_id
    client.get(f"/held/{number}")
    assert client.page
    assert "Exams and marks" in client.page.text
    client.post(
        f"/held/{number}",
        {"do": "approve", "topics_shown": "1", "topic": ["exams", "rooms"]},
    )
    [row] = site.rows("SELECT topics FROM request WHERE id = %s", number)
    assert row.topics == ["exams", "rooms"]


def test_whoever_is_second_reads_who_was_first(
    client: Client, second: Client, site: Rooms
):
    """A stale page, on any host: one effect, and a sentence about the first one."""
    second.get("/held/2")
    press(client, 2, "approve")
    for do in ("approve", "reject", "discard"):
        page = second.post("/held/2", {"do": do})
        assert page.path == "/held/2"
        assert "Already approved by mona@m.example on" in page.text
    assert state(site, 2) == "approved"

    press(client, 3, "reject")
    assert "It is being rejected by mona@m.example." in press(second, 3, "discard").text
    # An approval does not wait: the other decision comes too late.
    page = press(second, 3, "approve")
    assert "The decision of mona@m.example, which was on its way, is void." in page.text
    due(site)
    assert state(site, 3) == "approved"


@pytest.mark.parametrize("do", ["approve", "reject", "discard", "spam"])
def test_two_clicks_are_one(client: Client, site: Rooms, do: str):
    """The second click of the same person goes on as the first one did."""
    client.get("/held/2")
    first = client.post("/held/2", {"do": do})
    again = client.post("/held/2", {"do": do})
    assert first.path == again.path == "/held/3"
    due(site)
    deeds = f"request.{do}"
    assert len(site.rows("SELECT id FROM audit WHERE action = %s", deeds)) == 1


def test_what_cannot_be_done_says_so(client: Client, site: Rooms):
    """A list that was closed meanwhile: nothing is changed, and the reason is read."""
    site.conn.execute("UPDATE mailing_list SET status = 'closed' WHERE id = 1")
    site.conn.commit()
    page = press(client, 2, "approve")
    assert "The list dev@lists.example is closed" in page.text
    assert state(site, 2) == "waiting"
    for form in ({"do": "x"}, {}, {"do": "discard", "scope": "moon"}):
        assert "nothing was changed" in client.post("/held/2", form).text
    assert site.rows("SELECT id FROM decision") == []


def test_decided_by_mail_appears_so(client: Client, site: Rooms):
    """The history and the head of the page name who, when and how; buttons are gone."""
    decide(site, 2, Action.REJECT, by=SECOND, how="mail")
    page = client.get("/held/2")
    assert f"Already rejected by {SECOND} on" in page.text
    assert f"{SECOND} rejected it, by mail." in page.text
    assert 'name="do"' not in page.html


def test_claims_are_seen_and_taken_over(client: Client, second: Client):
    """Claim, seen by others, taken over, and given back only by who has it."""
    client.get("/held/2")
    assert "It is yours for ten minutes" in client.post("/held/2/claim").text
    page = second.get("/held/2")
    assert "claimed by mona@m.example" in page.text
    assert "has claimed it; you may take it over" in second.post("/held/2/claim").text
    page = second.post("/held/2/claim", {"do": "take"})
    assert "It is yours now; mona@m.example had claimed it." in page.text
    page = client.post("/held/2/claim", {"do": "give"})
    assert "It was not yours any more" in page.text
    page = press(client, 2, "approve")
    assert "Approved: Held post 1" in page.text
    assert f"{SECOND} had claimed it." in page.text


def test_notes_are_for_moderators(client: Client, second: Client):
    """Read by the others, with who and when; an empty one changes nothing."""
    client.get("/held/2")
    assert "The note is there" in client.post("/held/2/note", {"note": "Hm."}).text
    assert "mona@m.example: Hm." in second.get("/held/2").text
    assert "nothing was changed" in client.post("/held/2/note", {"note": " "}).text


def test_what_is_not_theirs_is_not_there(client: Client, site: Rooms):
    """Other lists' requests, those for owners, and numbers of nothing: 404 alike."""
    other = site.add_list("other")
    theirs = hold_post(site, other, post_bytes(message_id="o@a.example")).request_id
    for_owners = hold_request(site, 1).request_id
    own = hold_request(site, 1, waits_for="person", person=PEOPLE.moderator).request_id
    for number in (theirs, for_owners, own, 999_999, 0, "x", "9" * 30):
        for below in ("", "/frame", "/source", "/source.eml", "/file/0/x", "/reject"):
            assert client.get(f"/held/{number}{below}").status == 404
        for below in ("", "/reject", "/claim", "/note", "/look"):
            assert client.post(f"/held/{number}{below}", {"do": "x"}).status == 404
    assert site.rows("SELECT id FROM decision") == []


@pytest.mark.parametrize("path", ["/held/2", "/held/2?sort=size&q=held&list=dev"])
def test_an_item_costs_a_bounded_number_of_statements(client: Client, path: str):
    """However long the queue is."""
    client.get(path)
    with statements() as seen:
        client.get(path)
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 20, asked
