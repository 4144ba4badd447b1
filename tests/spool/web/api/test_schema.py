"""The OpenAPI document: valid, its examples run, and no call whatever breaks the server."""

import json
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest
import schemathesis
from hypothesis import (
    HealthCheck,
    Phase,
    assume,
    given,
    settings as hypothesis_settings,
)
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.core import NOT_SET

from listhub.web.api.operation import Operation
from listhub.web.api.table import OPERATIONS
from tests.api_client import BASE, Program, path_of
from tests.held import hold_post
from tests.lively import LIST, PEOPLE
from tests.rooms import DOMAIN, Rooms, post_bytes

Document = dict[str, Any]


@pytest.fixture
def document(program: Program) -> Document:
    found: Document = program.get("/openapi.json")
    return found


def test_the_document_is_valid(document: Document):
    """It is OpenAPI 3.1, names every operation of the table, and no other one."""
    OpenAPIV31SpecValidator(document).validate()
    named = {
        (method.upper(), path, entry["operationId"])
        for path, entries in document["paths"].items()
        for method, entry in entries.items()
    }
    assert named == {
        (o.method, o.path.replace(":path}", "}"), o.name) for o in OPERATIONS
    }


def test_everything_is_described(document: Document):
    """Each operation says what it does, for whom, and shows what goes in and comes out."""
    for path, entries in document["paths"].items():
        for method, entry in entries.items():
            where = f"{method} {path}"
            assert entry["summary"].endswith((".", ";")) or entry["summary"], where
            assert "the token needs the right" in entry["description"], where
            if "requestBody" in entry:
                content = entry["requestBody"]["content"]["application/json"]
                assert content["example"] is not None, where
            for status, answer in entry["responses"].items():
                json = answer.get("content", {}).get("application/json")
                assert json is None or "example" in json, (where, status)


def test_examples_are_as_their_schemas(document: Document):
    """What the document shows is what it promises."""
    for entries in document["paths"].values():
        for entry in entries.values():
            contents = [
                entry.get("requestBody", {}).get("content", {}),
                *(each.get("content", {}) for each in entry["responses"].values()),
            ]
            for content in contents:
                for told in content.values():
                    if "example" in told:
                        check(document, told["schema"], told["example"])


def test_every_example_runs(program: Program, site: Rooms, document: Document):
    """Each call of the document is sent as it stands there, and answered as promised."""
    names, failed = arrange(program, site), []
    for operation in sorted(OPERATIONS, key=turn):
        if operation.name == "revoke_my_token":
            continue  # It would be the test's own.
        response = call(program, operation, names.get(operation.name, {}))
        entry = document["paths"][operation.path.replace(":path}", "}")]
        told = entry[operation.method.lower()]["responses"][str(response.status_code)]
        kind = response.headers["content-type"].partition(";")[0]
        if kind.endswith("json"):
            check(document, told["content"][kind]["schema"], response.json())
        if response.status_code != VAIN.get(operation.name, operation.status):
            failed.append((operation.name, response.status_code, response.text[:300]))
    assert not failed, "\n".join(map(str, failed))


def turn(operation: Operation) -> int:
    """Have what makes something before what asks for it, and that before what ends it."""
    if operation.name == "leave_list":
        return 5
    return ("PUT", "PATCH", "POST", "GET", "DELETE").index(operation.method)


#: What cannot be in the example's site.
VAIN = {
    "undo_bounce_action": 400,  # no report is old enough to have had consequences
    "import_members": 400,  # nobody knows a digest before there was a preview
}


def arrange(program: Program, site: Rooms) -> dict[str, dict[str, object]]:
    """Make what examples are about; return what operations call otherwise in each site."""
    site.subscribe(1, PEOPLE.site)
    hold_post(site, 1, with_file("held-with-file@a.example"))
    site.put("distribute", with_file("file@a.example"), list_id=1)
    for stage in ("distribute", "archive"):
        site.drain(stage)
    waiting = site.put("distribute", post_bytes(message_id="waits@a.example"))
    site.conn.commit()
    [held] = program.get("/held", sort="newest", limit=1)["items"]
    [post] = program.get(f"/lists/{LIST}/posts", limit=1)["items"]
    part = {"trace": post["trace"], "outgoing": post["parts"][0]["outgoing_id"]}
    file = {"permalink": post["permalink"], "number": number_of(program, post)}
    item = {"id": waiting}
    texts = {
        f"revert_text_of_{level}": {"version": version_of(program, path)}
        for level, path in (
            ("list", f"/lists/{LIST}"),
            ("domain", f"/domains/{DOMAIN}"),
            ("site", "/site"),
        )
    }
    return {
        **texts,
        "fetch_held_file": {"id": held["id"], "number": file["number"]},
        **dict.fromkeys(("show_post", "find_recipients", "show_way"), part),
        "find_recipients_of_message": part,
        **dict.fromkeys(("show_message", "show_thread", "fetch_source"), file),
        **dict.fromkeys(("fetch_file", "remove_message"), file),
        **dict.fromkeys(("show_item", "edit_envelope", "fetch_item"), item),
    }


def version_of(program: Program, path: str) -> int:
    """Save a text at a level; return its version."""
    content, match = {"content": "Hello"}, {"If-Match": "*"}
    found = program.call("PUT", f"{path}/texts/message_footer", content, headers=match)
    version: int = found.json()["version"]
    return version


def number_of(program: Program, post: Any) -> int:
    found = program.get(f"/lists/{LIST}/archive/messages/{post['permalink']}")
    number: int = found["files"][0]["number"]
    return number


def with_file(message_id: str) -> bytes:
    return post_bytes(
        author="Ann Author <m1@a.example>",
        message_id=message_id,
        extra='MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n',
        body=(
            "--b\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n"
            "--b\r\nContent-Type: application/pdf\r\n"
            'Content-Disposition: attachment; filename="plan.pdf"\r\n\r\n%PDF\r\n'
            "--b--\r\n"
        ),
    )


def call(program: Program, operation: Operation, names: dict[str, object]) -> Any:
    """Send the example of an operation."""
    return program.call(
        operation.method,
        path_of(operation, **names),
        operation.body[1].sample() if operation.body else None,
        params=operation.query[1].sample() if operation.query else None,
        headers={"If-Match": "*"} if operation.guarded else {},
    )


#: Calls of each operation that schemathesis makes up.
CASES = 4


def test_no_call_breaks_the_server(program: Program, site: Rooms, document: Document):
    """Whatever is sent, right or wrong, is answered as the document says, never by 5xx."""
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        # It would end the test's own token.
        if operation.label.startswith("DELETE /me/tokens"):
            continue
        site.conn.execute("DELETE FROM rate_limit")
        site.conn.commit()
        for mode in schemathesis.GenerationMode:
            throw(program, document, operation, mode)


def throw(program: Program, document: Document, operation: Any, mode: Any) -> None:
    """Send calls that schemathesis makes up for an operation."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @hypothesis_settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def each(case: Any) -> None:
        response = send(program, case)
        where = (operation.label, case.path_parameters, case.query, case.body)
        assert response.status_code < 500, (where, response.text)
        entry = document["paths"][case.path][case.method.lower()]["responses"]
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind.endswith("json") and response.status_code != 405:
            told = entry[str(response.status_code)]["content"][kind]
            check(document, told["schema"], response.json())

    each()


#: Octets of an address; servers refuse longer ones before they ask us.
LONGEST = 30_000


def send(program: Program, case: Any) -> Any:
    """Send a made-up call; the token is the test's."""
    headers = {
        name: value.encode("latin-1", "replace")
        for name, value in (case.headers or {}).items()
        if name.lower() != "authorization" and not set(value) & set("\r\n\0")
    }
    assume(len(urlencode(case.query or {}, doseq=True)) < LONGEST)
    given: dict[str, Any] = {"params": case.query or None}
    if case.body is not NOT_SET:
        given["content"] = json.dumps(case.body, default=repr)
        headers["content-type"] = b"application/json"
    path = case.formatted_path.removeprefix(BASE)
    return program.call(case.method, path, headers=headers, **given)


def check(document: Document, schema: Any, value: Any) -> None:
    """Fail unless a value is as its schema says."""
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)
