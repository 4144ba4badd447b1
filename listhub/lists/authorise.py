"""May they?  The one door from stages, commands and the web to the scenarios."""

from collections.abc import Mapping
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.errors import PermanentError
from listhub.lists.facts import DbFacts, Scene, Standings
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.lists.settings import load_list_settings
from listhub.mail.draft import Draft
from listhub.outside.answers import Ask
from listhub.policy.decision import Decision
from listhub.policy.evaluate import evaluate
from listhub.policy.filters import BLOCKLIST
from listhub.policy.library import FILTERS, SCENARIOS, scenario_path
from listhub.policy.operations import OPERATIONS
from listhub.policy.request import NOBODY, Auth, Request
from listhub.policy.scenario import load

#: Settings of lists that are not called as their operation is.
_SETTINGS = {"del": "delete", "tracking": "tracking_access"}


def scenario_of(operation: str, list_settings: ListSettings | None) -> str:
    """Return the name of the scenario that a list has set, else the operation's own."""
    name = getattr(list_settings, _SETTINGS.get(operation, operation), None)
    if isinstance(name, str):
        return name
    known = OPERATIONS.get(operation)
    return known.default if known else "closed"


def operation_of(setting: str) -> str:
    """Return the operation whose scenario a setting of lists names, "" for others."""
    names = {_SETTINGS.get(each, each): each for each in OPERATIONS}
    return names.get(setting, "")


def paths_of(operation: str, name: str) -> list[str]:
    """Return the files that a scenario may consist of, for reading them at once."""
    return [
        scenario_path(operation, name),
        f"{SCENARIOS}/include.{operation}.header",
        f"{FILTERS}/{BLOCKLIST}",
    ]


def authorise(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    *,
    operation: str,
    list_row: ListRow | None,
    domain_id: int,
    sender: str,
    auth: Auth,
    settings: Settings,
    scenario: str | None = None,
    list_settings: ListSettings | None = None,
    message: Draft | None = None,
    context: Mapping[str, str] | None = None,
    files: DbFiles | None = None,
    standings: Standings | None = None,
    explain: bool = False,
) -> Decision:
    """Return what the scenario of an operation decides.

    `context` has what else is known: email, remote_addr, current_email, topic.  Without
    `list_settings` those of the list are loaded; without `scenario` they name it;
    `files` are those of the list, `standings` those of people, some of them read before.
    May raise `Unanswered`; a decision with an `error` is one for the listmasters, too.
    """
    if list_row and list_settings is None:
        list_settings = load_list_settings(conn, list_row.id)
    name = scenario or scenario_of(operation, list_settings)
    blocked = (list_settings or ListSettings()).use_blocklist
    if files is None:
        files = DbFiles(
            conn, list_id=list_row.id if list_row else None, domain_id=domain_id
        )
    files.fetch(paths_of(operation, name))
    request = Request(
        operation=operation,
        domain=list_row.domain if list_row else _domain(conn, domain_id),
        listname=list_row.name if list_row else "",
        list_status=list_row.status if list_row else "open",
        auth=auth,
        sender=sender or NOBODY,
        message=message,
        context=context or {},
    )
    return evaluate(
        load(files, operation=operation, name=name, use_blocklist=operation in blocked),
        request,
        DbFacts(
            conn,
            ask,
            scene=_scene(list_row, domain_id),
            files=files,
            settings=settings,
            standings=standings,
        ),
        explain=explain,
    )


def _scene(list_row: ListRow | None, domain_id: int) -> Scene:
    if list_row is None:
        return Scene(domain_id=domain_id)
    return Scene(
        domain_id=domain_id,
        list_id=list_row.id,
        family=list_row.family,
        list_name=list_row.name,
    )


def _domain(conn: "psycopg.Connection[Any]", domain_id: int) -> str:
    row = conn.execute("SELECT name FROM domain WHERE id = %s", [domain_id]).fetchone()
    if row is None:
        raise PermanentError(
            "There is no such domain.", reason=f"domain {domain_id} is gone"
        )
    return str(row[0])
