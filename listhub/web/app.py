"""The web application: for now whether mail flows, one-click unsubscription, and files.

What is for operators and monitors names no address and no subject and cannot change
anything: every route is GET.  No script runs, and no style but one file.
"""

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from listhub.config import Settings
from listhub.web import attachment, one_click, page
from listhub.web.status import Reporter

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def make_app(settings: Settings) -> Starlette:
    """Return the application for these settings; nothing is connected yet."""
    reporter = Reporter(settings.database)

    # Plain functions: Starlette runs them in threads, where they may wait.
    def status(request: Request) -> Response:
        report = reporter.report()
        refresh = request.query_params.get("refresh") != "off"
        return HTMLResponse(
            page.status(report, refresh=refresh),
            status_code=200 if report.database else 503,
        )

    def status_json(_request: Request) -> Response:
        report = reporter.report()
        return JSONResponse(
            report.document(), status_code=200 if report.database else 503
        )

    def healthz(_request: Request) -> Response:
        report = reporter.report()
        said = {
            "flowing": report.flowing,
            "database": report.database,
            "oldest": report.oldest,
        }
        return JSONResponse(said, status_code=200 if report.flowing else 503)

    def style(_request: Request) -> Response:
        return Response(page.style(), media_type="text/css")

    return Starlette(
        routes=[
            Route("/", status),
            Route("/status.json", status_json),
            Route("/healthz", healthz),
            Route("/status.css", style),
            *one_click.routes(settings),
            *attachment.routes(settings),
        ],
        middleware=[Middleware(_SecurityHeaders)],
    )


class _SecurityHeaders:
    """Put the headers on every answer, those about errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
