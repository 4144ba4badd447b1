"""What may stand in paths and headers of calls, each described once for all operations."""

from collections.abc import Mapping
from inspect import Parameter
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Header, Path, Query, Request
from pydantic import AfterValidator

from listhub.jobs.table import JOBS
from listhub.lists.grants import Kind
from listhub.policy.operations import OPERATIONS
from listhub.web.api.operation import Operation
from listhub.web.api.shape import LARGEST, storable

_Text = AfterValidator(storable)


def _text(description: str, example: str, *, most: int = 320) -> Any:
    said = Path(
        description=description, examples=[example], min_length=1, max_length=most
    )
    return Annotated[str, said, _Text]


def _number(description: str) -> Any:
    said = Path(description=description, examples=[1], ge=1, le=LARGEST)
    return Annotated[int, said]


#: By the {names} of paths.
PATHS: Mapping[str, Any] = MappingProxyType(
    {
        "list": _text("The address of a list.", "dev@lists.example"),
        "domain": _text("The name of a domain.", "lists.example", most=255),
        "address": _text("The address of a person.", "m1@a.example"),
        "id": _number("A number, as another answer named it."),
        "number": _number("The number of a file in its message."),
        "version": _number("The number of a version."),
        "outgoing": _number("The number of a message that left."),
        "action": _number("The number of something done because of bounces."),
        "kind": Annotated[
            Kind, Path(description="Which role.", examples=["moderator"])
        ],
        "name": _text("The name of a text or a scenario.", "message_footer", most=100),
        "operation": _text(
            f"What the rules are about: {', '.join(sorted(OPERATIONS))}.",
            "send",
            most=40,
        ),
        "month": _text("A month of the list's time zone.", "2026-11", most=20),
        "permalink": _text("What an archived message is called.", "0" * 12, most=200),
        "trace": _text(
            "The trace of a message: 32 hexadecimal digits.",
            "5f0c4a4e3c1b4d619f570a4c4a4e3c1b",
            most=40,
        ),
        "job": _text("The name of a job.", JOBS[0].name, most=60),
        "stage": _text("The name of a stage.", "distribute", most=60),
    }
)

_ETAG = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description=(
            "The ETag of what was read (RFC 9110 §13.1.1): nothing is changed if it is"
            " another one by now. `*` changes whatever is there."
        ),
        examples=["*"],
        max_length=100,
    ),
]
_KEY = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description=(
            "A text of the caller's own. A call that is sent again with the same key"
            " and content within a day is answered as before, and does nothing."
        ),
        examples=["6f1c1a70-1f0e-4f1e-9d60-0f6b3f9c2b11"],
        max_length=200,
    ),
]


def of(operation: Operation) -> list[Parameter]:
    """Return the parameters of an operation as FastAPI wants a function to have them."""
    found = [_parameter("request", Request)]
    found += [_parameter(name, PATHS[name]) for name in operation.names]
    if operation.query:
        name, shape = operation.query
        found.append(_parameter(f"query_{name}", Annotated[shape, Query()]))
    if operation.body:
        name, content = operation.body
        found.append(_parameter(f"body_{name}", content))
    if operation.guarded:
        found.append(_parameter("if_match", _ETAG, default=None))
    if operation.method == "POST":
        found.append(_parameter("idempotency_key", _KEY, default=None))
    return found


def _parameter(
    name: str, annotation: Any, *, default: object = Parameter.empty
) -> Parameter:
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
