"""Somebody has shown who they are: a session of a new identifier, and on they go."""

from listhub.config.reading import derived_key
from listhub.lists.accounts import sessions
from listhub.lists.accounts.next_path import local
from listhub.web.door import csrf
from listhub.web.door.answer import Cookie, Moved
from listhub.web.door.cookies import SESSION
from listhub.web.door.visit import Visit, path


def arrive(
    visit: Visit, person_id: int, *, method: sessions.Method, next_path: str = ""
) -> Moved:
    """Sign a person in and move on, past the second factor if they have one."""
    identifier = sessions.make(
        visit.conn,
        person_id,
        method=method,
        settings=visit.settings,
        user_agent=visit.asked.headers.get("user-agent", ""),
        came_from=visit.asked.client,
        # Whatever identifier was planted in the browser before is worth nothing now.
        replaces=visit.identifier,
    )
    session = sessions.find(visit.conn, identifier, settings=visit.settings)
    to = local(next_path) or "/"
    if session and session.waits_for_code:
        to = path("second-factor", query={"next": to})
    return Moved(to=to, cookies=(cookie(visit, identifier),))


def confirmed(visit: Visit) -> tuple[str, Cookie]:
    """Note that the second factor was given; return the new identifier and its cookie."""
    identifier = sessions.rotate(visit.conn, visit.identifier, second_factor=True)
    return identifier, cookie(visit, identifier)


def renewed(visit: Visit) -> tuple[str, Cookie]:
    """Give the session another identifier: copies of the old one are worth nothing."""
    identifier = sessions.rotate(visit.conn, visit.identifier)
    return identifier, cookie(visit, identifier)


def csrf_of(visit: Visit, identifier: str) -> str:
    """Return the token of forms on a page that gives the session another identifier."""
    return csrf.token(identifier, key=derived_key(visit.settings, csrf.PURPOSE))


def cookie(visit: Visit, identifier: str) -> Cookie:
    """Return the cookie that holds a session; it ends when the session must."""
    life = int(visit.settings.sign_in.session_life)
    return Cookie(name=SESSION, value=identifier, life=life)


def no_cookie() -> Cookie:
    """Return what ends the session's cookie."""
    return Cookie(name=SESSION, value="", life=0)
