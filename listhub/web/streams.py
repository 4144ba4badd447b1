"""Streams: the same answers as a page gives, sent on whenever they change.

Server-sent events (WHATWG HTML §9.2) for scripts that would ask every two seconds
otherwise.  Each look is the page's own, in a transaction of its own: session, roles and
reach are read anew, so whoever is signed out hears nothing more, and no connection to
the database is kept in between.  A stream ends after some minutes, and the browser
begins another one where it ended, on whatever process answers.
"""

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from listhub.web.door.asked import Asked
from listhub.web.door.door import Door
from listhub.web.door.page import Page

#: Streams of one process; who comes then asks by plain polling.
MOST = 200
#: Seconds between two looks, and of a stream's life.
PACE = 2.0
LIFE = 300.0
#: Milliseconds after which a browser asks again when a stream has ended.
_AGAIN = 3000

_HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}


class Streams:
    """The streams of one page in one process."""

    def __init__(
        self,
        door: Door,
        page: Page,
        *,
        most: int = MOST,
        pace: float = PACE,
        life: float = LIFE,
    ) -> None:
        self._door = door
        self._page = page
        self._most = most
        self._pace = pace
        self._life = life
        #: How many there are now: they live and die with this process.
        self.open = 0

    async def endpoint(self, request: Request) -> Response:
        """Answer with a stream, or as the page does where it refuses."""
        try:
            asked = await self._door.asked(request, self._page)
        except HTTPException as error:
            return self._door.failed(request, error.status_code)
        if self.open >= self._most:
            return Response(status_code=503, headers={"Retry-After": "60"})
        if last := request.headers.get("last-event-id", ""):
            asked = _since(asked, last)
        first = await self._look(asked)
        if first.status_code not in {200, 204}:
            return first
        return StreamingResponse(
            self._events(request, asked, first),
            media_type="text/event-stream",
            headers=_HEADERS,
        )

    async def _events(
        self, request: Request, asked: Asked, answer: Response
    ) -> AsyncIterator[str]:
        self.open += 1
        ends = time.monotonic() + self._life
        try:
            yield f"retry: {_AGAIN}\n\n"
            while True:
                if answer.status_code == 200:
                    body = bytes(answer.body).decode()
                    mark = json.loads(body)["mark"]
                    asked = _since(asked, mark)
                    yield f"id: {mark}\ndata: {body}\n\n"
                elif answer.status_code in {204, 503}:
                    # Something to send, or nobody would notice that the reader is gone.
                    yield ": as it was\n\n"
                else:
                    return
                if time.monotonic() > ends or await request.is_disconnected():
                    return
                await asyncio.sleep(self._pace)  # sleep: between two looks
                answer = await self._look(asked)
        finally:
            self.open -= 1

    async def _look(self, asked: Asked) -> Response:
        return await run_in_threadpool(self._door.answer, self._page, asked)


def _since(asked: Asked, mark: str) -> Asked:
    return dataclasses.replace(asked, query={**asked.query, "since": (mark,)})
