"""Pages of scenarios: in words, chosen, tried on a case, written by who may."""

import re
from collections.abc import Iterator

import pytest

from listhub.lists import file_versions, settings as levels
from listhub.lists.file_versions import level_of_list
from tests import lively
from tests.lively import HOSTILE, LIST, PEOPLE
from tests.rooms import Rooms
from tests.web_client import Client, Seen, statements

PAGE = f"/scenarios/{LIST}"
SEND = f"{PAGE}/send"
OWN = f"{SEND}/source?name=own"
LEVEL = level_of_list(1, LIST)

RULES = "title Ours\nis_owner([listname],[sender]) md5 -> do_it\ntrue() smtp,md5 -> editorkey\n"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.owner)
        yield client


def version(page: Seen) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.html)
    assert found
    return found[1]


def own(site: Rooms) -> dict[str, object]:
    found = levels.history(site.conn, scope="list", list_id=1, limit=1)
    site.conn.commit()
    return dict(found[0].values)


def written(site: Rooms) -> str | None:
    found = file_versions.current(site.conn, "scenari/send.own", level=LEVEL).content
    site.conn.commit()
    return found


def test_each_operation_is_told(client: Client):
    """What is decided, who may, and which level says so."""
    page = client.get(PAGE)
    assert page.status == 200
    assert "Posting Who may post. Everybody this list" in page.text
    assert "Subscribing" in page.text
    assert SEND in page.links()


def test_rules_are_sentences(client: Client):
    """The scenario in force, and any other, a sentence a rule."""
    assert "in force" in client.get(SEND).text
    page = client.get(f"{SEND}?name=private")
    assert "not in force" in page.text
    assert page.html.count("<li>") > 3
    assert client.get(f"{SEND}?name=nothing").status == 200


def test_a_scenario_is_chosen(client: Client, site: Rooms):
    """Chosen it is the list's own; "as inherited" gives it back."""
    seen = version(client.get(SEND))
    page = client.post(SEND, {"version": seen, "scenario": "editorkey"})
    assert "From now on: Everybody" in page.text
    assert own(site)["send"] == "editorkey"
    page = client.post(SEND, {"version": version(page), "scenario": "-"})
    assert "From now on: Members, moderators and owners" in page.text
    assert "send" not in own(site)


@pytest.mark.parametrize("name", ["nothing", HOSTILE, "../x", ""])
def test_a_scenario_that_there_is_not(client: Client, site: Rooms, name: str):
    """Refused with a sentence; nothing is changed, nothing runs."""
    form = {"version": version(client.get(SEND)), "scenario": name}
    page = client.post(SEND, form)
    assert page.status == 422
    assert "<script>alert" not in page.html
    assert own(site)["send"] == "public"


def test_a_stale_choice_is_told(client: Client, site: Rooms):
    """Who comes second is told who was first."""
    seen = version(client.get(SEND))
    levels.set_values(
        site.conn,
        scope="list",
        list_id=1,
        changes={"send": "closed"},
        changed_by="ann@a.example",
    )
    site.conn.commit()
    page = client.post(SEND, {"version": seen, "scenario": "private"})
    assert page.status == 409
    assert "ann@a.example has changed this" in page.text
    assert own(site)["send"] == "closed"


@pytest.mark.parametrize(
    ("sender", "auth", "told"),
    [
        (PEOPLE.member, "smtp", "So it is allowed"),
        ("stranger@x.example", "smtp", "refused"),
        ("", "smtp", "refused"),
    ],
)
def test_a_case_is_tried(client: Client, sender: str, auth: str, told: str):
    """What would be decided, and the rules on the way, without any change."""
    page = client.get(f"{SEND}?name=private&sender={sender}&auth={auth}")
    assert page.status == 200
    assert told in page.html.partition('id="answer"')[2]
    assert "The rules on the way" in page.text


@pytest.mark.parametrize("sender", ["x", HOSTILE, "a@b@c", "%00", "a" * 2000])
def test_hostile_cases(client: Client, sender: str):
    """No address is a word at its field; nothing of it runs."""
    page = client.get(f"{SEND}?sender={sender}&auth=x")
    assert page.status == 200
    assert "<script>alert" not in page.html
    assert 'id="answer"' not in page.html or sender == "%00"


def test_rules_are_written_by_privileged_owners(client: Client, site: Rooms):
    """An owner is told no; a privileged one writes them, and they can be chosen."""
    assert client.get(OWN).status == 403
    client.sign_in(PEOPLE.privileged)
    page = client.get(OWN)
    assert "is_owner" in page.html
    form = {"version": version(page), "content": RULES, "do": "save"}
    assert "Saved" in client.post(OWN, form).text
    assert written(site) == RULES
    page = client.get(SEND)
    assert "Ours" in page.text
    client.post(SEND, {"version": version(page), "scenario": "own"})
    assert own(site)["send"] == "own"
    form = {"version": version(client.get(OWN)), "content": "", "do": "reset"}
    client.post(OWN, form)
    assert written(site) is None
    assert "There is no such scenario any more" in client.get(SEND).text


def test_mistakes_are_told_by_line(client: Client, site: Rooms):
    """Every mistake with its place; nothing is saved, all that was typed stays."""
    client.sign_in(PEOPLE.privileged)
    seen = version(client.get(OWN))
    broken = f"true() smtp -> do_it\ntrue( smtp\n{HOSTILE}\nx() smtp -> y\n"
    page = client.post(OWN, {"version": seen, "content": broken, "do": "save"})
    assert page.status == 422
    for line in (2, 3, 4):
        assert f"Line {line}, column" in page.text
    assert "Line 1," not in page.text
    assert "<script>alert" not in page.html
    assert written(site) is None


def test_rules_are_read_out_before_they_are_saved(client: Client, site: Rooms):
    """In words, without being in force."""
    client.sign_in(PEOPLE.privileged)
    seen = version(client.get(OWN))
    page = client.post(OWN, {"version": seen, "content": RULES, "do": "check"})
    assert page.status == 200
    assert "In words" in page.text
    assert written(site) is None


@pytest.mark.parametrize(
    "path",
    [
        f"{PAGE}/nothing",
        f"{PAGE}/create_list",
        f"{SEND}/source?name=../x",
        f"{SEND}/source?name=x:ignore",
        f"{SEND}/source",
        f"{PAGE}/create_list/source?name=x",
    ],
)
def test_scenarios_that_lists_do_not_have(client: Client, path: str):
    """No page, and nothing breaks."""
    client.sign_in(PEOPLE.privileged)
    assert client.get(path).status == 404


def test_pages_cost_a_few_statements(client: Client):
    """However many operations and scenarios there are."""
    for path in (PAGE, SEND, f"{SEND}?sender={PEOPLE.member}"):
        with statements() as seen:
            client.get(path)
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= 16, (path, len(asked), asked)
