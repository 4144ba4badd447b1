"""The service: lets a call in by its token, does its work, and answers.

All of a call's work is one transaction, which is committed before anything is sent.
Whoever repeats a call with its key gets the answer of the first one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg_pool import PoolTimeout
from starlette.responses import Response

from listhub import log
from listhub.config import Settings
from listhub.errors import ListHubError
from listhub.i18n.text import N_, Text
from listhub.lists import posting
from listhub.lists.accounts import grant as grants, idempotency, limits, tokens
from listhub.lists.accounts.grant import Grant
from listhub.lists.accounts.idempotency import Repeat, fingerprint
from listhub.lists.accounts.standing import Standing
from listhub.lists.creating import WrongWishError
from listhub.lists.setting_changes import StaleSettingsError, WrongSettingsError
from listhub.lists.stale import StaleError
from listhub.outside.answers import Ask
from listhub.web.api import problem
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.problem import Problem
from listhub.web.api.shape import Answer, Body, Query, Rows, Versioned, WithMark
from listhub.web.door import languages
from listhub.web.door.answer import NO_PAGE, Refused
from listhub.web.door.asked import Asked
from listhub.web.door.door import BROKEN, LATER, Door
from listhub.web.door.need import admits
from listhub.web.door.replies import refusal_of

_log = log.get(__name__)

NO_TOKEN = N_("Send a token: `Authorization: Bearer lh_...`.")
BAD_TOKEN = N_("This token is none, or it was revoked or has expired.")
TOO_OFTEN = N_("Too many calls; go on in %(seconds)s seconds.")
TOO_LITTLE = N_("This takes a token with the right “%(right)s”.")
NARROW = N_("This token is for one place; this takes one for all of its maker's.")
NOT_ALLOWED = N_("You may not do this: it takes another role in the list or the site.")
NO_LIST = N_("There is no such list, or this token is not for it.")
BLIND = N_("Say in If-Match which version you have read, or `*` for any.")
BAD_MATCH = N_("If-Match is to be one ETag that was given here, or `*`.")
NOT_HERE = N_("There is nothing like that here, or nobody is to know of it.")
OTHER_CALL = N_("This idempotency key was used for another call.")
AT_WORK = N_("The same call is at work; ask again in a moment.")
NOT_STORABLE = N_("A value is one that cannot be stored; nothing was changed.")

_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?"([^"]{0,80})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a program sent, read and found to have the right shape."""

    operation: Operation
    asked: Asked
    query: Query | None = None
    body: Body | None = None
    raw: bytes = field(default=b"", repr=False)
    if_match: str | None = None
    key: str | None = None


class Service:
    """Answers every call; one for each process, used by many threads."""

    def __init__(self, settings: Settings, door: Door) -> None:
        self._settings = settings
        self._door = door

    def enter(self, asked: Asked) -> Response | None:
        """Return why somebody may not call at all, None if they may; never raises."""
        try:
            refused = self._door.carry_out(
                lambda conn, _ask: self._let_in(conn, asked), name="enter the API"
            )
        except Exception as error:  # noqa: BLE001 - as in `answer`
            refused = _failure(error, "enter the API")
        return None if refused is None else self.refuse(refused, asked)

    def answer(self, sent: Sent) -> Response:
        """Do what a call wants, in a thread that may wait; never raises."""
        name = sent.operation.name
        try:
            return self._door.carry_out(
                lambda conn, ask: self._work(conn, ask, sent), name=name
            )
        except Exception as error:  # noqa: BLE001
            # Whatever it was, its reader gets a sentence and we get the traceback.
            return self.refuse(_failure(error, name), sent.asked)

    def refuse(self, refused: Refused, asked: Asked) -> Response:
        """Return the problem that says why a call came to nothing."""
        if refused.text.text == NO_PAGE:
            refused = Refused(refused.status, Text(NOT_HERE))
        return problem.response(
            refused,
            path=asked.path,
            base=self._door.base,
            language=self._language(asked),
        )

    def _let_in(self, conn: "psycopg.Connection[Any]", asked: Asked) -> Refused | None:
        written = _token_of(asked)
        token = tokens.find(conn, written) if written else None
        allowance = (
            (limits.API_TOKEN, token.id)
            if token
            else (limits.API_NETWORK, limits.network(asked.client))
        )
        wait = limits.take(conn, allowance)
        if wait:
            seconds = int(wait) + 1
            return Problem(
                429,
                Text(TOO_OFTEN, seconds=seconds),
                headers={"Retry-After": str(seconds)},
            )
        if token is None:
            return Problem(401, Text(BAD_TOKEN if written else NO_TOKEN))
        return None

    def _work(self, conn: "psycopg.Connection[Any]", ask: Ask, sent: Sent) -> Response:
        operation, asked = sent.operation, sent.asked
        grant = grants.of_token(conn, _token_of(asked), settings=self._settings)
        if grant is None or grant.token is None:
            raise Problem(401, Text(BAD_TOKEN))
        call = self._call(conn, ask, sent, grant)
        _check(call, operation)
        if sent.key is None:
            return self._done(call, sent)
        request = fingerprint(operation.method, asked.local, sent.raw)
        match idempotency.begin(conn, grant.token.id, sent.key, request=request):
            case Repeat.OTHER:
                raise Problem(422, Text(OTHER_CALL))
            case Repeat.BUSY:
                raise Problem(409, Text(AT_WORK), headers={"Retry-After": "2"})
            case idempotency.Answer() as known:
                return Response(known.body, known.status, dict(known.headers))
            case Repeat.FIRST:
                return self._kept(call, sent, grant.token.id, sent.key)

    def _kept(self, call: Call, sent: Sent, token_id: int, key: str) -> Response:
        """Do the work and keep its answer for whoever repeats the call."""
        response = self._done(call, sent)
        kept = idempotency.Answer(
            status=response.status_code,
            body=bytes(response.body).decode(),
            headers={
                name: value
                for name, value in response.headers.items()
                if name != "content-length"
            },
        )
        idempotency.finish(call.conn, token_id, key, kept)
        return response

    def _done(self, call: Call, sent: Sent) -> Response:
        """Do the work; what it gives is written out before the commit."""
        operation = sent.operation
        given: dict[str, object] = {}
        if operation.query:
            given[operation.query[0]] = sent.query
        if operation.body:
            given[operation.body[0]] = sent.body
        answer = operation.function(call, **given)
        if isinstance(answer, Response):
            return answer
        return self._written(call, operation, answer)

    def _written(self, call: Call, operation: Operation, answer: Answer) -> Response:
        headers = {"Content-Language": call.language}
        if isinstance(answer, Rows):
            headers |= _link(call, answer, base=self._door.base)
        if isinstance(answer, Versioned | WithMark):
            tag = answer.mark if isinstance(answer, WithMark) else answer.version
            headers["ETag"] = f'"{tag}"'
            same = call.asked.headers.get("if-none-match") == headers["ETag"]
            if same and operation.method == "GET":
                return Response(status_code=304, headers=headers)
        return Response(
            answer.model_dump_json(),
            operation.status,
            headers,
            "application/json",
        )

    def _call(
        self, conn: "psycopg.Connection[Any]", ask: Ask, sent: Sent, grant: Grant
    ) -> Call:
        asked = sent.asked
        address = asked.params.get("list", "")
        return Call(
            asked=asked,
            conn=conn,
            ask=ask,
            settings=self._settings,
            who=grant.who,
            session=None,
            language=self._language(asked, grant.who),
            row=posting.find_named(conn, address) if address else None,
            grant=grant,
            expected=_expected(sent),
            if_match=_tag(sent.if_match),
        )

    def _language(self, asked: Asked, who: Standing | None = None) -> str:
        """Return the language of a call: as it asks for, else its person's."""
        accepted = asked.headers.get("accept-language", "")
        return languages.choose(
            person=None if accepted or who is None else who.language,
            cookie="",
            accepted=accepted,
            site=self._settings.site.language,
        )


def _failure(error: Exception, name: str) -> Refused:
    """Return what is said of an error; what is ours is noted down."""
    match error:
        case Refused():
            return error
        case ListHubError():
            return _refusal(error)
        case psycopg.DataError():
            _log.warning("value not stored", operation=name, reason=str(error))
            return Problem(400, Text(NOT_STORABLE))
        case psycopg.OperationalError() | PoolTimeout():
            _log.warning("call not answered", operation=name, reason=str(error))
            return Problem(503, Text(LATER))
        case _:
            _log.error("call failed", operation=name, exc_info=error)
            return Problem(500, Text(BROKEN))


def _refusal(error: ListHubError) -> Refused:
    """Return what is said of an error of ours."""
    match error:
        case StaleError():
            return _stale(error)
        case WrongSettingsError() | WrongWishError():
            return _wrong(error)
        case _:
            return refusal_of(error)


def _token_of(asked: Asked) -> str:
    """Return the token that was sent (RFC 6750 §2.1), "" for none."""
    lines = asked.header_values("authorization")
    found = _BEARER.fullmatch(lines[0].strip()) if len(lines) == 1 else None
    return found[1] if found else ""


def _check(call: Call, operation: Operation) -> None:
    """Refuse who may not: by the token's right, its place, and its maker's roles."""
    grant = call.grant
    if not grant.allows(operation.rights):
        raise Problem(403, Text(TOO_LITTLE, right=operation.rights))
    if operation.own and not grant.whole:
        raise Problem(403, Text(NARROW))
    if not admits(operation.need, call.who, call.row):
        raise Problem(403, Text(NOT_ALLOWED))
    if "list" not in operation.names:
        return
    row = call.row
    if row is None or not grant.covers(domain_id=row.domain_id, list_id=row.id):
        raise Problem(404, Text(NO_LIST))


def _expected(sent: Sent) -> int | None:
    """Return the version that If-Match names; Problem 428 without one where it counts."""
    if not sent.operation.guarded or sent.if_match == "*":
        return None
    if not sent.if_match:
        raise Problem(428, Text(BLIND))
    tag = _tag(sent.if_match)
    if not tag:
        raise Problem(400, Text(BAD_MATCH))
    # What was never a version of ours is not the one that is there.
    return int(tag) if tag.isascii() and tag.isdigit() and len(tag) <= 18 else -1


def _tag(written: str | None) -> str:
    found = _ETAG.fullmatch((written or "").strip())
    return found[1] if found else ""


def _link(call: Call, rows: Rows[Any], *, base: str) -> dict[str, str]:
    links = []
    for relation, cursor in (("next", rows.next), ("prev", rows.prev)):
        if cursor:
            fields = {name: v[-1] for name, v in call.asked.query.items()}
            query = urlencode({**fields, "cursor": cursor})
            links.append(f'<{base}{call.asked.path}?{query}>; rel="{relation}"')
    return {"Link": ", ".join(links)} if links else {}


def _stale(error: StaleError) -> Problem:
    more: dict[str, Any] = {
        "version": error.version,
        "changed_by": error.by,
        "changed_at": error.at.isoformat() if error.at else None,
    }
    if isinstance(error, StaleSettingsError):
        more["differences"] = [
            {"name": each.name, "before": each.before, "after": each.after}
            for each in error.differences
        ]
    return Problem(412, error.text, more=more)


def _wrong(error: WrongSettingsError | WrongWishError) -> Problem:
    errors = _named(error.problems)
    return Problem(422, error.text, more={"errors": errors})


def _named(problems: Mapping[str, Text]) -> list[dict[str, str]]:
    return [
        {"field": f"body.{name}"[:200], "message": str(text)}
        for name, text in problems.items()
    ]
