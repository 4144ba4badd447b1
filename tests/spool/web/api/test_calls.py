"""What all calls have in common: pages, versions, keys, limits, languages, problems."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from listhub.lists.accounts import limits
from tests.api_client import Program, token_for
from tests.lively import LIST, PEOPLE
from tests.rooms import Rooms

MEMBERS = f"/lists/{LIST}/members"
SETTINGS = f"/lists/{LIST}/settings"

PAGED = [
    ("/lists", "id"),
    (MEMBERS, "id"),
    ("/held", "id"),
    (f"/lists/{LIST}/posts", "trace"),
    ("/spool/items", "id"),
    ("/audit", "id"),
    (f"/lists/{LIST}/review", "address"),
    (f"/lists/{LIST}/archive/months/2026-11/messages", "permalink"),
    (f"/lists/{LIST}/archive/search?words=hello", "permalink"),
]


@pytest.mark.parametrize(("path", "name"), PAGED)
def test_pages_give_each_row_once(program: Program, path: str, name: str):
    """Followed to its end in small steps, a list has all that one large page has."""
    for number in range(5):
        program.do("POST", MEMBERS, {"members": [{"address": f"p{number}@p.example"}]})
    path, _, words = path.partition("?")
    fields = dict([words.split("=")]) if words else {}
    all_rows = [row[name] for row in program.get(path, limit=100, **fields)["items"]]
    steps = [row[name] for row in program.whole(path, limit=2, **fields)]
    assert steps == all_rows
    assert len(steps) == len(set(steps)) > 2


@pytest.mark.parametrize("path", ["/lists", MEMBERS, "/held", "/spool/items"])
def test_pages_lead_back(program: Program, path: str):
    """`prev` of the second page is the first one; the Link header says the same."""
    first = program.call("GET", path, params={"limit": 1})
    second = program.get(path, limit=1, cursor=first.json()["next"])
    assert 'rel="next"' in first.headers["link"]
    back = program.get(path, limit=1, cursor=second["prev"])
    assert [one["id"] for one in back["items"]] == [
        one["id"] for one in first.json()["items"]
    ]


def test_a_cursor_that_is_none_is_told_so(program: Program):
    """Made-up cursors are refused with a sentence, wherever they are sent."""
    for path, _ in PAGED:
        plain = path.partition("?")[0]
        response = program.call(
            "GET",
            plain,
            params={"cursor": "zzz", **({"words": "a"} if "?" in path else {})},
        )
        assert response.status_code in {400, 422}, (path, response.text)


def test_settings_are_changed_by_who_has_seen_them(program: Program):
    """Of two who change the same, the second one is told who was first, and what."""
    seen = program.call("GET", SETTINGS)
    tag = seen.headers["etag"]
    assert program.call("PATCH", SETTINGS, {"changes": {}}).status_code == 422
    blind = program.call("PATCH", SETTINGS, {"changes": {"subject": "X"}})
    assert blind.status_code == 428
    first = program.call(
        "PATCH", SETTINGS, {"changes": {"subject": "First"}}, headers={"If-Match": tag}
    )
    assert first.json()["differences"][0]["after"] == "First", first.text
    second = program.call(
        "PATCH", SETTINGS, {"changes": {"subject": "Second"}}, headers={"If-Match": tag}
    )
    assert second.status_code == 412
    told = second.json()
    assert PEOPLE.site in told["changed_by"]
    assert told["differences"][0]["name"] == "subject"
    assert told["detail"]


def test_what_is_as_it_was_is_not_sent_again(program: Program):
    """If-None-Match with the version that is there is answered by 304, without a body."""
    tag = program.call("GET", SETTINGS).headers["etag"]
    again = program.call("GET", SETTINGS, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_wrong_settings_are_named_one_by_one(program: Program):
    """Nothing is saved, and each wrong value is told with what is allowed."""
    response = program.call(
        "PATCH",
        SETTINGS,
        {"changes": {"max_size": "many", "no_such": 1, "subject": "X"}},
        headers={"If-Match": "*"},
    )
    assert response.status_code == 422
    fields = {each["field"] for each in response.json()["errors"]}
    assert fields == {"body.max_size", "body.no_such"}
    assert program.get(SETTINGS)["version"] == 1


def test_the_same_call_is_done_once(program: Program, site: Rooms):
    """With a key it is answered as before; with another content it is refused."""
    body = {"text": "Is she new?"}
    path, key = "/held/1/notes", {"Idempotency-Key": "one"}
    first = program.call("POST", path, body, headers=key)
    second = program.call("POST", path, body, headers=key)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    other = program.call("POST", path, {"text": "Other"}, headers=key)
    assert (other.status_code, other.json()["type"][-9:]) == (422, "not-valid")
    [notes] = site.rows(
        "SELECT count(*) AS n FROM audit WHERE action LIKE %s", "%note%"
    )
    assert notes.n == 1


def test_the_same_call_at_once_is_done_once(program: Program, site: Rooms):
    """Sent ten times at the same moment, all are answered alike and one effect is there."""
    body = {"members": [{"address": "twin@t.example"}], "greet": True}
    key = {"Idempotency-Key": "twins"}
    with ThreadPoolExecutor(10) as pool:
        found = list(
            pool.map(
                lambda _: program.call("POST", MEMBERS, body, headers=key), range(10)
            )
        )
    assert {each.status_code for each in found} <= {200, 409}
    states = {
        each.json()["results"][0]["state"] for each in found if each.status_code == 200
    }
    assert states == {"added"}


def test_a_failed_call_may_be_sent_again(program: Program):
    """What came to nothing is not kept: the key is free for the next attempt."""
    key = {"Idempotency-Key": "again"}
    body = {"ids": [1], "decision": {"action": "approve", "block": True}}
    assert program.call("POST", "/held/decisions", body, headers=key).status_code == 400
    good = {"ids": [1], "decision": {"action": "approve"}}
    assert program.call("POST", "/held/decisions", good, headers=key).status_code == 202


def test_too_many_calls_have_to_wait(program: Program, site: Rooms):
    """A token has its allowance over all processes; the answer says when to go on."""
    program.get("/me")
    site.conn.execute(
        "UPDATE rate_limit SET whole_at = now() + interval '10 minutes' WHERE name = %s",
        [limits.API_TOKEN.name],
    )
    site.conn.commit()
    response = program.call("GET", "/me")
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0


def test_guessing_tokens_is_held_back(program: Program):
    """Calls without a token that is known are few for each network."""
    program.token = "lh_" + "x" * 43
    for _ in range(limits.API_NETWORK.times):
        assert program.call("GET", "/me").status_code == 401
    assert program.call("GET", "/me").status_code == 429


def test_a_session_opens_nothing(program: Program):
    """Cookies are not looked at: a page of another site cannot call in somebody's name."""
    program.token = ""
    cookie = {"cookie": "listhub=anything; __Host-listhub=anything"}
    assert program.call("GET", "/me", headers=cookie).status_code == 401


def test_problems_are_said_in_the_language_of_the_call(program: Program):
    """Accept-Language chooses; the media type is that of problems."""
    response = program.call(
        "GET", "/lists/none@x.example", headers={"accept-language": "fr"}
    )
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-language"] == "fr"
    assert response.json()["status"] == response.status_code == 404
    types = program.get("/problems")
    assert response.json()["type"].rpartition("#")[2] in types


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b'{"text": "a\\u0000b"}', 422),
        (b'{"text": "\\ud800"}', 422),
        (b'{"text": ' + b"[" * 100_000, 400),
        (b'{"text": ' + b"9" * 5000 + b"}", 400),
        (b'{"text": "x", "more": 1}', 422),
        (b"\xff\xff", 400),
        (b'{"text": "' + b"x" * 2_000_000 + b'"}', 413),
    ],
)
def test_bad_bodies_get_an_answer(program: Program, content: bytes, status: int):
    """Whatever is sent as JSON, there is a problem that says so, and nothing is done."""
    response = program.call(
        "POST",
        "/held/1/notes",
        headers={"content-type": "application/json"},
        content=content,
    )
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_what_is_not_there_is_a_problem(program: Program):
    """Unknown paths and methods are told as problems, too."""
    assert program.call("GET", "/none").json()["status"] == 404
    assert program.call("DELETE", "/lists").json()["status"] == 405


def test_a_token_may_no_more_than_its_maker_may_now(program: Program, site: Rooms):
    """Whoever loses a role loses what the token could do with it, at once."""
    program.token = token_for(program.settings, PEOPLE.owner)
    assert program.call("GET", MEMBERS).status_code == 200
    site.conn.execute("DELETE FROM role WHERE kind = 'owner'")
    site.conn.commit()
    assert program.call("GET", MEMBERS).status_code == 403
