"""A site below a path of its host, such as https://www.example.org/lists.

Some front servers cut that path off before they ask us, others do not: both do.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class BelowPath:
    """Cut the path of the site's address off, where a front server has not."""

    def __init__(self, app: ASGIApp, *, base: str) -> None:
        self._app = app
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._base:
            path = scope["path"]
            if path == self._base or path.startswith(f"{self._base}/"):
                scope = {**scope, "path": path[len(self._base) :] or "/"}
        await self._app(scope, receive, send)
