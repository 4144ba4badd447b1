"""Who may open a page: one word for each kind of people, the widest first.

Whoever may more may less: a listmaster of a list's domain is asked for nothing on its
pages, an owner may all that moderators may.
"""

from enum import StrEnum

from listhub.lists.accounts.standing import Standing
from listhub.lists.posting import ListRow


class Need(StrEnum):
    """What it takes."""

    #: Anybody, signed in or not.
    ANYBODY = "anybody"
    #: A scenario of the list decides, in the page's own function.
    SCENARIO = "scenario"
    PERSON = "person"
    #: Somebody who decides about at least one list.
    DECIDER = "decider"
    MODERATOR = "moderator"
    OWNER = "owner"
    #: An owner with the privileged profile.
    PRIVILEGED = "privileged"
    #: A listmaster of the list's domain, or where there is no list of any domain.
    LISTMASTER = "listmaster"
    #: A listmaster of the whole site.
    SITE = "site"


#: The needs that are about a list: the page's path must have one.
OF_LIST = frozenset({Need.MODERATOR, Need.OWNER, Need.PRIVILEGED})


def admits(need: Need, who: Standing, row: ListRow | None) -> bool:
    """Tell whether somebody may; pages with a list are judged by their part in it."""
    if need in {Need.ANYBODY, Need.SCENARIO}:
        return True
    if not who.signed_in or need is Need.PERSON or who.site_listmaster:
        return who.signed_in
    if row is None:
        return _in_site(need, who)
    return who.runs(row.domain_id) or _in_list(need, who, row.id)


def _in_site(need: Need, who: Standing) -> bool:
    if need is Need.DECIDER:
        return who.decides
    return need is Need.LISTMASTER and who.is_listmaster


def _in_list(need: Need, who: Standing, list_id: int) -> bool:
    if need in {Need.MODERATOR, Need.DECIDER}:
        return who.moderates(list_id) or who.owns(list_id)
    if need is Need.OWNER:
        return who.owns(list_id)
    return need is Need.PRIVILEGED and who.owns_privileged(list_id)
