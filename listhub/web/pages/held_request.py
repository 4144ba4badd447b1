"""The request that an item's page is about, for all pages below /held."""

from listhub.lists.moderation import request as requests
from listhub.lists.moderation.request import Request
from listhub.web.door.answer import no_page
from listhub.web.door.visit import Visit


def of(visit: Visit) -> Request:
    """Return the request of the path, decided or not; Refused where it is not theirs.

    What is not theirs is answered as what is not there: its number says nothing.
    """
    number = visit.asked.number_of("id")
    request = requests.load(visit.conn, number) if number else None
    if request is None or not visit.reach.covers(request):
        raise no_page()
    return request


def post_of(visit: Visit) -> tuple[Request, int]:
    """Return a request that holds a post, and the number of its body; else Refused."""
    request = of(visit)
    if request.body_id is None:
        raise no_page()
    return request, request.body_id
