"""What operators' monitors ask: the status page, its JSON, and a health check.

They name no address and no subject, need no session, and can change nothing.
"""

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from listhub.config import Settings
from listhub.web import page
from listhub.web.status import Reporter


def routes(settings: Settings) -> list[Route]:
    """Return the routes; one look at the database serves all who ask at a time."""
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

    return [
        Route("/status", status),
        Route("/status.json", status_json),
        Route("/healthz", healthz),
        Route("/status.css", style),
    ]
