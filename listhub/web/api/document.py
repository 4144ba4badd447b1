"""The OpenAPI document: what FastAPI knows of the operations, with all the rest."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from listhub.web.api.operation import Operation
from listhub.web.api.problem import MEANINGS, MEDIA_TYPE, ProblemShape
from listhub.web.door.need import Need

ABOUT = """\
Everything that the pages do, for programs: they call the same functions.

A call has a token (`Authorization: Bearer lh_...`), which acts for whoever made it and
never may more than they may at that moment. Errors are problems (RFC 9457), in the
language of Accept-Language. What may be long comes in pages: `next` is the cursor of the
one that follows. What others may change meanwhile has an ETag, and a change of it says
in If-Match which one was read. A POST with an Idempotency-Key is done once, however
often it is sent.
"""

#: Who may, in words.
WHO = {
    Need.ANYBODY: "anybody with a token",
    Need.SCENARIO: "whom the list's rules let",
    Need.PERSON: "the token's maker, of their own",
    Need.DECIDER: "who decides about at least one list",
    Need.MODERATOR: "moderators and owners of the list, listmasters",
    Need.OWNER: "owners of the list, listmasters",
    Need.PRIVILEGED: "privileged owners of the list, listmasters",
    Need.LISTMASTER: "listmasters of the domain or of the site",
    Need.SITE: "listmasters of the site",
}

#: What each call may be answered besides.
_ALWAYS = (400, 401, 403, 404, 422, 429, 503)


def make(api: FastAPI, operations: Sequence[Operation], *, url: str) -> dict[str, Any]:
    """Return the document; `url` is the site's."""
    made = get_openapi(
        title=api.title,
        version=api.version,
        openapi_version="3.1.0",
        description=ABOUT,
        routes=api.routes,
        servers=[{"url": f"{url.rstrip('/')}/api/v1"}],
        tags=[{"name": name} for name in sorted({o.resource for o in operations})],
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _problem()
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "`lh_...`"}
    }
    made["security"] = [{"token": []}]
    for operation in operations:
        path = made["paths"][operation.path.replace(":path}", "}")]
        _finish(path[operation.method.lower()], operation)
    return made


def _finish(entry: dict[str, Any], operation: Operation) -> None:
    entry["description"] = (
        f"{operation.about}\n\nFor {WHO[operation.need]}; the token needs the right"
        f" `{operation.rights}`."
    )
    entry["x-need"], entry["x-rights"] = operation.need.value, operation.rights
    _examples_of_path(entry, operation)
    if operation.body:
        content = entry["requestBody"]["content"]["application/json"]
        content["example"] = operation.body[1].sample()
    answers = entry["responses"]
    answers.pop("422", None)
    answers[str(operation.status)] = _answer(operation, answers)
    statuses = {*_ALWAYS, 410}
    statuses |= {412, 428} if operation.guarded else set()
    statuses |= {409} if operation.method != "GET" else set()
    statuses |= {413} if operation.body else set()
    for status in sorted(statuses):
        answers[str(status)] = _refusal(status)
    if operation.method == "GET" and operation.answer:
        answers["304"] = {"description": "It is still as If-None-Match has it."}


def _examples_of_path(entry: dict[str, Any], operation: Operation) -> None:
    for each in entry.get("parameters", []):
        if each["in"] == "path" and each["name"] in operation.example:
            each["example"] = operation.example[each["name"]]
            each["schema"].pop("examples", None)
        elif "examples" in each["schema"]:
            each["example"] = each["schema"].pop("examples")[0]


def _answer(operation: Operation, answers: dict[str, Any]) -> dict[str, Any]:
    if operation.answer is None:
        content: dict[str, Any] = {
            operation.media_type: {"schema": {"type": "string", "format": "binary"}}
        }
        return {"description": operation.summary, "content": content}
    found: dict[str, Any] = answers[str(operation.status)]
    content = found.setdefault("content", {})
    kept = content.pop("application/json", None) or content.popitem()[1]
    content["application/json"] = {**kept, "example": operation.answer.sample()}
    found["description"] = operation.summary
    return found


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": MEANINGS[status][1],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _problem() -> dict[str, Any]:
    found = ProblemShape.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = found.pop("$defs", {})
    if "FieldError" in nested:
        found["properties"]["errors"]["items"] = nested["FieldError"]
    return {**found, "example": ProblemShape.sample()}
