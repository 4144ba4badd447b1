"""Who may call what: every operation, for every role, right and place of a token.

The rule is written down here once more, by hand, and every operation is asked; a new one
is in the test as soon as it is in the table.
"""

import pytest

from listhub.lists.accounts.tokens import RIGHTS, Rights
from listhub.web.api.operation import Operation
from listhub.web.api.service import NARROW, NO_LIST, NOT_ALLOWED, TOO_LITTLE
from listhub.web.api.table import OPERATIONS
from listhub.web.door.need import Need
from tests.api_client import Program, path_of, token_for
from tests.lively import LIST, PEOPLE
from tests.rooms import DOMAIN

MAY: dict[Need, set[str]] = {
    Need.ANYBODY: set(PEOPLE.all()),
    Need.SCENARIO: set(PEOPLE.all()),
    Need.PERSON: set(PEOPLE.all()),
    Need.DECIDER: {"site", "domain", "privileged", "owner", "moderator"},
    Need.MODERATOR: {"site", "domain", "privileged", "owner", "moderator"},
    Need.OWNER: {"site", "domain", "privileged", "owner"},
    Need.PRIVILEGED: {"site", "domain", "privileged"},
    Need.LISTMASTER: {"site", "domain"},
    Need.SITE: {"site"},
}

#: How each refusal of the gate begins; none of an operation's own begins so.
_BEGIN = (
    TOO_LITTLE.partition("%")[0],
    NARROW,
    NOT_ALLOWED,
    NO_LIST,
)


def sent(program: Program, operation: Operation) -> tuple[int, bool]:
    """Call an operation as if to do nothing; return the status, and if the gate refused.

    Numbers and versions are of what is not there, so that nothing is changed.
    """
    body = operation.body[1].sample() if operation.body else None
    if operation.name in {"create_list", "add_listmaster"} and body:
        # Whoever makes a list would be its owner from then on.
        body["domain"] = "none.example"
    nothing = {"id": 10**15, "version": 10**15, "address": "none@none.example"}
    query = operation.query[1].sample() if operation.query else None
    response = program.call(
        operation.method,
        path_of(operation, **nothing),
        body,
        params=query,
        headers={"If-Match": '"999999"'} if operation.guarded else {},
    )
    assert response.status_code < 500, (operation.name, response.text)
    said = "problem+json" in response.headers.get("content-type", "")
    detail = response.json()["detail"] if said else ""
    return response.status_code, detail.startswith(_BEGIN)


@pytest.mark.parametrize("role", PEOPLE.all())
def test_each_operation_is_for_whom_it_says(program: Program, role: str):
    """Nobody gets further than their role."""
    program.token = token_for(program.settings, PEOPLE.all()[role])
    wrong = []
    for operation in OPERATIONS:
        may = role in MAY[operation.need]
        _, refused = sent(program, operation)
        if refused is may:
            wrong.append((operation.name, operation.need))
    assert wrong == []


@pytest.mark.parametrize("rights", RIGHTS)
def test_a_token_may_what_its_right_says(program: Program, rights: Rights):
    """A token with too little a right is refused, whoever made it."""
    program.token = token_for(program.settings, PEOPLE.site, rights=rights)
    wrong = []
    for operation in OPERATIONS:
        if operation.name == "revoke_my_token":
            continue
        status, refused = sent(program, operation)
        enough = RIGHTS.index(rights) >= RIGHTS.index(operation.rights)
        if refused is enough or (refused and status != 403):
            wrong.append((operation.name, operation.rights, status))
    assert wrong == []


def test_a_token_for_a_list_is_of_no_use_elsewhere(program: Program):
    """It opens no other list, whoever made it, and nothing of its maker's own."""
    program.token = token_for(program.settings, PEOPLE.site, list_=f"board@{DOMAIN}")
    wrong = [
        operation.name
        for operation in OPERATIONS
        if operation.need not in {Need.ANYBODY, Need.DECIDER}
        and sent(program, operation)[0] not in {403, 404}
    ]
    assert wrong == []
    assert program.get("/lists")["items"][0]["address"] == f"board@{DOMAIN}"
    assert len(program.whole("/lists")) == 1


def test_a_token_for_a_domain_opens_what_is_in_it(program: Program):
    """It opens the domain's lists and settings, not the site, nor its maker's own."""
    program.token = token_for(program.settings, PEOPLE.site, domain=DOMAIN)
    assert program.get(f"/lists/{LIST}/settings")["version"] == 1
    assert program.get(f"/domains/{DOMAIN}/settings")["version"] == 0
    for path in ("/site/settings", "/me/lists", "/me/tokens"):
        assert program.call("GET", path).status_code == 403


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Bearer",
        "Bearer lh_x",
        f"Bearer lh_{'a' * 43}",
        "Basic bHVjeTpwYXNz",
        f"Bearer lh_{'é' * 43}".encode().decode("latin-1"),
        f"Bearer {'x' * 5000}",
    ],
)
def test_without_a_good_token_nothing_is_told(program: Program, line: str):
    """What is no token is 401, with what to send; no cookie helps."""
    program.token = ""
    sent = {"authorization": line.encode("latin-1")} if line else {}
    response = program.call("GET", "/me", headers=sent)  # type: ignore[arg-type]
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.json()["type"].endswith("#no-token")


def test_a_token_that_has_ended_opens_nothing(program: Program):
    """Once it is revoked it is refused, at once."""
    [mine] = program.get("/me/tokens")["items"]
    assert program.do("DELETE", f"/me/tokens/{mine['id']}")["changed"]
    assert program.call("GET", "/me").status_code == 401


def test_an_expired_token_opens_nothing(program: Program, site):
    """After its last day it is refused."""
    site.conn.execute("UPDATE api_token SET expires_at = now() - interval '1 minute'")
    site.conn.commit()
    assert program.call("GET", "/me").status_code == 401
