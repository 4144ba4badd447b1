"""Routes: an operation as FastAPI calls it, with the token looked at first of all."""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import override

from listhub.config import Settings
from listhub.web.api import parameters
from listhub.web.api.operation import Operation
from listhub.web.api.service import Sent, Service
from listhub.web.door.asked import Asked, clean, counted
from listhub.web.door.client import address_of, peer_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def endpoint(
    operation: Operation, service: Service, settings: Settings
) -> Callable[..., Coroutine[Any, Any, Response]]:
    """Return the function that FastAPI calls for an operation, once all is read."""

    async def answer(request: Request, **given: Any) -> Response:
        query, body = operation.query, operation.body
        names = {name: str(given[name]) for name in operation.names}
        sent = Sent(
            operation=operation,
            asked=asked_of(request, settings, names),
            query=given[f"query_{query[0]}"] if query else None,
            body=given[f"body_{body[0]}"] if body else None,
            raw=await request.body(),
            if_match=given.get("if_match"),
            key=given.get("idempotency_key"),
        )
        return await run_in_threadpool(service.answer, sent)

    signature = inspect.Signature(parameters.of(operation))
    answer.__signature__ = signature  # type: ignore[attr-defined]
    return answer


def route_of(operation: Operation, service: Service, settings: Settings) -> APIRoute:
    """Return the route of an operation."""

    class Guarded(APIRoute):
        """Looks at the token before anything else is read."""

        @override
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                asked = asked_of(request, settings, {})
                refused = await run_in_threadpool(service.enter, asked)
                if refused is not None:
                    return refused
                receive = counted(request.receive, operation.most)
                return await handle(Request(request.scope, receive))

            return guarded

    return Guarded(
        operation.path,
        endpoint(operation, service, settings),
        methods=[operation.method],
        name=operation.name,
        operation_id=operation.name,
        summary=operation.summary,
        description=operation.about,
        tags=[operation.resource],
        status_code=operation.status,
        response_model=operation.answer,
        # The service writes answers; this is for the document alone.
        response_class=JSONResponse if operation.answer else Response,
    )


def asked_of(request: Request, settings: Settings, params: Mapping[str, str]) -> Asked:
    """Return a call as plain values; cookies are not looked at."""
    query: dict[str, list[str]] = {}
    for name, text in request.query_params.multi_items():
        query.setdefault(name, []).append(clean(text))
    return Asked(
        method=request.method,
        path=request.scope["path"],
        params=params,
        query={name: tuple(values) for name, values in query.items()},
        headers={name.lower(): value for name, value in request.headers.items()},
        header_lines=tuple(request.headers.items()),
        client=address_of(request, trusted=settings.web.proxies),
        peer=peer_of(request),
    )
