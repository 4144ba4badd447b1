"""The web application: pages, the API, one-click unsubscription, files, the status.

No process keeps anything between requests: any number of them may run on any hosts
behind any balancer, and be killed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from listhub.config import Settings
from listhub.web import attachment, monitors, one_click, static_files
from listhub.web.api.app import Later
from listhub.web.door import connections
from listhub.web.door.below import BelowPath
from listhub.web.door.door import Door
from listhub.web.door.headers import SecurityHeaders
from listhub.web.pages import live
from listhub.web.streams import Streams
from listhub.web.table import PAGES


def make_app(settings: Settings) -> Starlette:
    """Return the application for these settings; nothing is connected yet."""
    pool = connections.pool(settings.database)
    door = Door(settings, pool)
    url = urlsplit(settings.web.url)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        # In the background: without a database the pages say so.
        await run_in_threadpool(pool.open)
        yield
        await run_in_threadpool(pool.close)

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as registered below
        return await run_in_threadpool(door.failed, request, error.status_code)

    routes: list[BaseRoute] = [
        *(
            Route(page.path, door.endpoint(page), methods=list(page.methods))
            for page in PAGES
        ),
        Route(
            "/live/queue/events", Streams(door, live.QUEUE).endpoint, methods=["GET"]
        ),
        Mount("/api/v1", Later(settings, door)),
        *monitors.routes(settings),
        *one_click.routes(settings),
        *attachment.routes(settings),
        *static_files.routes(),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders, https=url.scheme == "https"),
            Middleware(BelowPath, base=url.path.rstrip("/")),
        ],
        exception_handlers={HTTPException: failed},
        lifespan=life,
    )
