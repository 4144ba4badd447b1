"""Problems: what went wrong, as application/problem+json (RFC 9457) says it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field
from starlette.responses import Response

from listhub.i18n.text import N_, Text, translated
from listhub.web.api.shape import Answer
from listhub.web.door.answer import Refused
from listhub.web.door.replies import TITLES

MEDIA_TYPE = "application/problem+json"

#: What each status means here; the path `problems` tells them to who asks.
MEANINGS: Mapping[int, tuple[str, str]] = {
    400: ("not-possible", N_("What is wanted cannot be; `detail` says why.")),
    401: ("no-token", N_("There is no token, or one that is none any more.")),
    403: ("not-allowed", N_("The token, or its maker, may not do this.")),
    404: ("not-found", N_("It is not there, or nobody is to know of it.")),
    405: ("no-method", N_("This path does not know that method.")),
    409: ("in-the-way", N_("The same call is at work, or somebody was first.")),
    410: ("taken-out", N_("It was here, and was taken out for good.")),
    412: ("changed", N_("Somebody has changed it since it was read.")),
    413: ("too-large", N_("More was sent than is taken.")),
    422: ("not-valid", N_("Fields are not as they have to be; `errors` names them.")),
    428: ("blind", N_("A change needs If-Match with the version that was read.")),
    429: ("too-often", N_("Too many calls; Retry-After says when to go on.")),
    500: ("broken", N_("It is our fault, and has been noted down.")),
    503: ("later", N_("It cannot be done now; nothing was changed.")),
}

_TITLES: Mapping[int, str] = {
    412: N_("Changed meanwhile"),
    422: N_("Not valid"),
    428: N_("Which version?"),
}


class FieldError(Answer):
    """What is wrong with one field."""

    field: str = Field(examples=["body.name"])
    """Where it is: `path`, `query`, `header` or `body`, and its name."""

    message: str = Field(examples=["Field required"])
    """What is wanted."""


class ProblemShape(Answer):
    """What went wrong (RFC 9457); some problems say more."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(examples=["/api/v1/problems#not-found"])
    """The kind of the problem."""

    title: str = Field(examples=["Not found"])
    """The kind in words."""

    status: int = Field(examples=[404])
    """The status of the answer."""

    detail: str = Field(examples=["There is no such page; the link may be cut off."])
    """What is wrong here, for people, in the language that was asked for."""

    instance: str = Field(examples=["/api/v1/lists/none@lists.example"])
    """The path of the call."""

    errors: list[FieldError] = Field(default_factory=list, examples=[[]])
    """What is wrong with which field."""


class Problem(Refused):
    """A call that is refused, with more than a sentence to say about it."""

    def __init__(
        self,
        status: int,
        text: Text,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, text)
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def response(refused: Refused, *, path: str, base: str, language: str) -> Response:
    """Return what is sent; `path` is the call's, `base` the path of the site."""
    status = refused.status
    name = MEANINGS.get(status, MEANINGS[400])[0]
    content = {
        "type": f"{base}/api/v1/problems#{name}",
        "title": translated(
            _TITLES.get(status) or TITLES.get(status, TITLES[400]), language
        ),
        "status": status,
        "detail": refused.text.into(language),
        "instance": f"{base}{path}",
        **getattr(refused, "more", {}),
    }
    headers = {"Content-Language": language, **getattr(refused, "headers", {})}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="ListHub"'
    if status in {429, 503}:
        headers.setdefault("Retry-After", "60")
    # Escaped: what is quoted of a call may have halves of characters in it.
    return Response(json.dumps(content), status, headers, MEDIA_TYPE)


def fields(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return pydantic's errors as `errors` has them."""
    return [
        {
            "field": ".".join(str(part) for part in each["loc"])[:200],
            "message": str(each["msg"])[:500],
        }
        for each in errors[:100]
    ]
