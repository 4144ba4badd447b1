"""The door: one way from a request to a page's function and back, for every page.

What a function returns is committed before anything is sent; what it raises is rolled
back, and becomes a page that says so.
"""

import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from listhub import log
from listhub.config import Settings
from listhub.errors import ListHubError
from listhub.i18n.text import N_, Text
from listhub.lists import posting
from listhub.lists.accounts import sessions, standing
from listhub.outside.answers import Answers, Ask
from listhub.web.door import cookies, csrf
from listhub.web.door.answer import Answer, Moved, Refused, no_page
from listhub.web.door.asked import Asked, read
from listhub.web.door.need import admits
from listhub.web.door.page import Page
from listhub.web.door.replies import Replies, refusal_of
from listhub.web.door.visit import Visit, path

_log = log.get(__name__)

T = TypeVar("T")

#: So many answers from outside each thread keeps, as long as each of them may be.
_ANSWERS = 500

#: A deadlock is nobody's fault: the work is done anew, so many times in all.
_TRIES = 3

LATER = N_("This cannot be done at the moment; nothing was changed. Try again later.")
BROKEN = N_("Something went wrong here; nothing was changed. It has been noted down.")
STALE_FORM = N_(
    "This form is too old, or came from elsewhere; nothing was changed. Try again."
)
NOT_ALLOWED = N_("You may not do this: it takes another role in the list or the site.")
SIGNED_OUT = N_("You are not signed in, or no longer; nothing was changed.")
_SENTENCES = {
    400: N_("This request was not understood; nothing was changed."),
    404: N_("There is no such page; the link may be cut off."),
    405: N_("This page does not do that."),
    413: N_("This is too large; nothing was changed."),
}


class Door:
    """Answers every page; one for each process, used by many threads."""

    def __init__(self, settings: Settings, pool: "ConnectionPool[Any]") -> None:
        self._settings = settings
        self._pool = pool
        self._replies = Replies(settings)
        self._host = urlsplit(settings.web.url).netloc
        self._kept = threading.local()

    @property
    def _answers(self) -> Answers:
        """What the outside has answered of late, for the thread that asks."""
        found: Answers | None = getattr(self._kept, "answers", None)
        if found is None:
            found = Answers(self._settings, limit=_ANSWERS)
            self._kept.answers = found
        return found

    @property
    def base(self) -> str:
        """The path of the site's address, "" for none."""
        return self._replies.base

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """Return the function that Starlette calls for a page."""

        async def answer(request: Request) -> Response:
            try:
                asked = await self.asked(request, page)
            except HTTPException as error:
                return self.failed(request, error.status_code)
            return await run_in_threadpool(self.answer, page, asked)

        return answer

    async def asked(self, request: Request, page: Page) -> Asked:
        """Return what is asked of a page; HTTPException 400 or 413 for a bad form."""
        return await read(
            request,
            trusted=self._settings.web.proxies,
            most=page.most,
            prefix=self._replies.prefix,
        )

    def failed(self, request: Request, status: int) -> Response:
        """Return the page for a request that reaches no page's function."""
        asked = Asked(
            method=request.method,
            path=request.scope["path"],
            headers=dict(request.headers),
            cookies=cookies.ours(request.cookies, self._replies.prefix),
        )
        text = Text(_SENTENCES.get(status, _SENTENCES[400]))
        return self._replies.refuse(None, asked, Refused(status, text))

    def answer(self, page: Page, asked: Asked) -> Response:
        """Do a page's work, in a thread that may wait; never raises."""
        try:
            return self._in_transaction(page, asked)
        except (psycopg.OperationalError, PoolTimeout) as error:
            _log.warning("page not given", page=page.path, reason=str(error))
            refused = Refused(503, Text(LATER))
        except Exception:  # noqa: BLE001
            # Whatever it was, its reader gets a sentence and we get the traceback.
            _log.exception("page failed", page=page.path)
            refused = Refused(500, Text(BROKEN))
        return self._replies.refuse(None, asked, refused)

    def carry_out(
        self, work: "Callable[[psycopg.Connection[Any], Ask], T]", *, name: str
    ) -> T:
        """Do work in a transaction, anew after answers from outside and deadlocks.

        What it returns is committed by then; what it raises is rolled back.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._try(work)
            except (
                psycopg.errors.DeadlockDetected,
                psycopg.errors.SerializationFailure,
            ):
                _log.info("work done anew", name=name)
        return self._try(work)

    def _try(self, work: "Callable[[psycopg.Connection[Any], Ask], T]") -> T:
        with self._pool.connection() as conn:
            return self._answers.settled(conn, lambda ask: work(conn, ask))

    def _in_transaction(self, page: Page, asked: Asked) -> Response:
        visits: list[Visit] = []

        def work(conn: "psycopg.Connection[Any]", ask: Ask) -> Response:
            visit = self._visit(conn, ask, asked)
            visits.append(visit)
            # Filled in before the commit: a page that cannot be shown did nothing.
            return self._replies.respond(visit, self._function(visit, page))

        try:
            return self.carry_out(work, name=page.path)
        except (Refused, ListHubError) as error:
            refused = error if isinstance(error, Refused) else refusal_of(error)
            visit = visits[-1] if visits else None
            return self._replies.refuse(visit, asked, refused)

    def _function(self, visit: Visit, page: Page) -> Answer:
        """Return what a page's function answers, if it may be asked."""
        moved = self._check(visit, page)
        if moved:
            return moved
        function = page.post if visit.asked.method == "POST" else page.get
        if function is None:
            raise Refused(405, Text(_SENTENCES[405]))
        return function(visit)

    def _visit(self, conn: "psycopg.Connection[Any]", ask: Ask, asked: Asked) -> Visit:
        """Find out who asks, in what language, and about which list."""
        identifier = asked.cookies.get(cookies.SESSION, "")
        session = sessions.find(conn, identifier, settings=self._settings)
        who = standing.of(conn, session, settings=self._settings)
        address = asked.params.get("list", "")
        visitor_id = asked.cookies.get(csrf.COOKIE) or csrf.new_visitor()
        return Visit(
            asked=asked,
            conn=conn,
            ask=ask,
            settings=self._settings,
            who=who,
            session=session,
            language=self._replies.language(asked, person=who.language),
            row=posting.find_named(conn, address) if address else None,
            csrf=csrf.token(
                identifier if session else visitor_id,
                key=self._replies.key(csrf.PURPOSE),
            ),
            identifier=identifier if session else "",
            visitor_id=visitor_id,
        )

    def _check(self, visit: Visit, page: Page) -> Moved | None:
        """Refuse who may not; somebody signed out is asked to sign in first."""
        if not admits(page.need, visit.who, visit.row):
            return _turned_away(visit)
        if visit.row is None and "{list}" in page.path:
            raise no_page()
        posted = visit.asked.method == "POST"
        if posted and not csrf.genuine(visit.asked, visit.csrf, host=self._host):
            raise Refused(403, Text(STALE_FORM))
        return None


def _turned_away(visit: Visit) -> Moved:
    if visit.who.lacks:
        return Moved(to=path("second-factor", query={"next": visit.asked.local}))
    if visit.who.signed_in:
        raise Refused(403, Text(NOT_ALLOWED))
    if visit.asked.method == "POST":
        raise Refused(401, Text(SIGNED_OUT))
    return Moved(to=path("sign-in", query={"next": visit.asked.local}))
