"""What operators' monitors ask: the status page, its JSON, and a health check.

They name no address and no subject, need no session, and can change nothing.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from listhub.config import Settings
from listhub.web import page
from listhub.web.door import languages
from listhub.web.status import Reporter


def routes(settings: Settings) -> list[Route]:
    """Return the routes; one look at the database serves all who ask at a time."""
    reporter = Reporter(settings.database)
    base = urlsplit(settings.web.url).path.rstrip("/")

    # Plain functions: Starlette runs them in threads, where they may wait.
    def status(request: Request) -> Response:
        report = reporter.report()
        refresh = request.query_params.get("refresh") != "off"
        language = languages.of_request(request, settings)
        return HTMLResponse(
            page.status(report, refresh=refresh, language=language, base=base),
            status_code=200 if report.database else 503,
            headers={"Vary": "Cookie, Accept-Language"},
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

    return [
        Route("/status", status),
        Route("/status.json", status_json),
        Route("/healthz", healthz),
    ]
