"""What somebody may do on many lists: each operation's scenario, with few statements.

What the visitor is on all the lists is read at once, and files that no list has of its
own once for each domain.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists.authorise import authorise, paths_of, scenario_of
from listhub.lists.facts import Standings
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.outside.answers import Ask
from listhub.policy.decision import Decision
from listhub.policy.request import NOBODY, Auth


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Who looks, "" for somebody unknown, and how that is known."""

    sender: str
    auth: Auth


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A list that is asked about; without files of its own those of its domain do."""

    row: ListRow
    settings: ListSettings
    own_files: bool = True


class Judge:
    """Decides for one visitor about any number of lists, in one transaction."""

    def __init__(
        self,
        conn: "psycopg.Connection[Any]",
        ask: Ask,
        visitor: Visitor,
        *,
        settings: Settings,
    ) -> None:
        self._conn = conn
        self._ask = ask
        self._visitor = visitor
        self._settings = settings
        self._standings = Standings(conn)
        self._operations: tuple[str, ...] = ()
        self._shared: dict[int, DbFiles] = {}
        self._own: dict[int, DbFiles] = {}

    def expect(self, cases: Iterable[Case], operations: Iterable[str]) -> None:
        """Read what many decisions need, once for all of them."""
        known, self._operations = list(cases), tuple(operations)
        addresses = [case.row.address for case in known]
        self._standings.fetch(addresses, self._visitor.sender or NOBODY)
        paths: dict[int, set[str]] = {}
        for case in known:
            if not case.own_files:
                paths.setdefault(case.row.domain_id, set()).update(self._paths(case))
        for domain_id, each in paths.items():
            self._of_domain(domain_id).fetch(sorted(each))

    def decide(self, case: Case, operation: str) -> Decision:
        """Return what the list's scenario decides; may raise `Unanswered`."""
        row = case.row
        own = case.own_files
        return authorise(
            self._conn,
            self._ask,
            operation=operation,
            list_row=row,
            domain_id=row.domain_id,
            sender=self._visitor.sender,
            auth=self._visitor.auth,
            settings=self._settings,
            list_settings=case.settings,
            files=self._of_list(case) if own else self._of_domain(row.domain_id),
            standings=self._standings,
        )

    def _paths(self, case: Case) -> set[str]:
        return {
            path
            for operation in self._operations
            for path in paths_of(operation, scenario_of(operation, case.settings))
        }

    def _of_domain(self, domain_id: int) -> DbFiles:
        if domain_id not in self._shared:
            self._shared[domain_id] = DbFiles(self._conn, domain_id=domain_id)
        return self._shared[domain_id]

    def _of_list(self, case: Case) -> DbFiles:
        row = case.row
        if row.id not in self._own:
            files = DbFiles(self._conn, list_id=row.id, domain_id=row.domain_id)
            files.fetch(sorted(self._paths(case)))
            self._own[row.id] = files
        return self._own[row.id]
