"""The API as an application of its own, mounted at /api/v1 beside the pages."""

import threading
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from listhub.config import Settings
from listhub.i18n.text import N_, Text
from listhub.web.api import document, problem
from listhub.web.api.problem import MEANINGS, Problem
from listhub.web.api.routing import asked_of, route_of
from listhub.web.api.service import Service
from listhub.web.api.table import OPERATIONS
from listhub.web.door.door import Door

NOT_VALID = N_("Some fields are not as they have to be; `errors` names them.")
NO_SUCH_CALL = N_(
    "There is nothing at this path; /api/v1/openapi.json has all there is."
)
NO_METHOD = N_("This path does not know that method.")
TOO_LARGE = N_("This is too large; nothing was changed.")
NOT_READ = N_("The body could not be read; nothing was changed.")

_SENTENCES = {400: NOT_READ, 404: NO_SUCH_CALL, 405: NO_METHOD, 413: TOO_LARGE}

_Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]


def make_api(settings: Settings, door: Door) -> FastAPI:
    """Return the application; `door` has the connections."""
    service = Service(settings, door)
    api = FastAPI(
        title="ListHub",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        root_path_in_servers=False,
        redirect_slashes=False,
        exception_handlers=_handlers(settings, service),
        routes=[route_of(each, service, settings) for each in OPERATIONS],
    )
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(document.make(api, OPERATIONS, url=settings.web.url))
        return made

    # As FastAPI documents it: what it makes is added to.
    api.openapi = openapi  # type: ignore[method-assign]
    api.add_api_route("/problems", problems, include_in_schema=False)
    return api


def problems(request: Request) -> Response:
    """Tell what the types of problems mean."""
    del request
    found = {
        name: {"status": status, "meaning": meaning}
        for status, (name, meaning) in MEANINGS.items()
    }
    return JSONResponse(found)


class Later:
    """The API, made when somebody first calls it: whoever only reads pages has it not."""

    def __init__(self, settings: Settings, door: Door) -> None:
        self._settings = settings
        self._door = door
        self._lock = threading.Lock()
        self._api: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._api is None:
            await run_in_threadpool(self._make)
        assert self._api is not None  # noqa: S101 - just made
        await self._api(scope, receive, send)

    def _make(self) -> None:
        with self._lock:
            if self._api is None:
                self._api = make_api(self._settings, self._door)


def _handlers(settings: Settings, service: Service) -> dict[Any, _Handler]:
    async def not_valid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as registered
        more = {"errors": problem.fields(error.errors())}
        refused = Problem(422, Text(NOT_VALID), more=more)
        return service.refuse(refused, asked_of(request, settings, {}))

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as registered
        status = error.status_code if error.status_code in _SENTENCES else 400
        refused = Problem(status, Text(_SENTENCES[status]), headers=error.headers)
        return service.refuse(refused, asked_of(request, settings, {}))

    return {RequestValidationError: not_valid, HTTPException: failed}
