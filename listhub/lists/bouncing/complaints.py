"""Complaints: who calls a post spam is a member no more, and hears nothing of it.

No good-bye, no question, no word to the owners, who might take it up with them: the
programmes that pass complaints on ask for that (RFC 6650 §4.5).
"""

from typing import Any

import psycopg

from listhub.lists.bouncing import actions
from listhub.lists.bouncing.actions import Why
from listhub.lists.posting import find_list
from listhub.lists.settings import load_list_settings


def end(conn: "psycopg.Connection[Any]", list_id: int, subscription_id: int) -> str:
    """End the membership of somebody who complained; return what was done, for the log.

    Twice does it once.
    """
    row = find_list(conn, list_id)
    if row is None:
        return "the list is gone"
    settings = load_list_settings(conn, list_id)
    if settings.complaints == "record":
        return "recorded, as the list's setting complaints says"
    actions.lock_list(conn, list_id)
    member = actions.lock(conn, list_id, subscription_id)
    if member is None:
        return "no member any more"
    everywhere = settings.suppression == "domain"
    actions.remove(conn, row, member, Why(why="complaint"), from_domain=everywhere)
    return f"{member.address} removed"
