"""Named filters that ask a database elsewhere: search_filters/NAME.sql.

    sql_named_filter_query
    url        postgresql://reader@db.example.org/people
    statement  SELECT count(*) FROM staff WHERE mail = [sender]

In the place of `url` may stand db_type, db_host, db_port, db_name, db_user and db_passwd,
as Sympa has them.  Variables are bound as parameters, never written into the statement.
The filter finds somebody if the first column of the first row is neither 0 nor NULL.
"""

from dataclasses import dataclass, field

import psycopg
from psycopg import conninfo

from listhub.config import Settings
from listhub.config.fields import hide_passwords
from listhub.outside import filter_file
from listhub.outside.answers import Answer
from listhub.outside.filter_file import FilterError, Hit, Value

_KNOWN = {
    "url": False,
    "db_type": False,
    "db_host": False,
    "db_port": False,
    "db_name": False,
    "db_user": False,
    "db_passwd": False,
    "statement": True,
}
_POSTGRESQL = {"", "postgresql", "pg", "postgres"}
_OPTIONS = "-c default_transaction_read_only=on -c statement_timeout=10000"
_CONNECT_TIMEOUT = 5  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFilter:
    """One statement with its parameters, asked of one database."""

    statement: str
    parameters: tuple[str, ...]
    #: Not in logs: it may hold a password.
    url: str = field(repr=False)

    def answer(self, _settings: Settings) -> Answer[Hit]:
        """Ask the database; what goes wrong there is in the hit, and asked again soon."""
        try:
            with psycopg.connect(
                self.url, connect_timeout=_CONNECT_TIMEOUT, options=_OPTIONS
            ) as conn:
                row = conn.execute(self.statement, self.parameters).fetchone()
        except psycopg.Error as error:
            text = hide_passwords(" ".join(str(error).split()))[:300]
            return Answer(value=Hit(error=text), keep=filter_file.KEEP_FAILURE)
        # No set: the value may be an array, which is not hashable.
        found = row is not None and row[0] not in (0, None, "", "0")
        return Answer(value=Hit(found=found), keep=filter_file.KEEP)


def question(text: str, value: Value) -> SqlFilter:
    """Return what a filter's file asks, with its variables; FilterError if it is broken."""
    found = filter_file.read(text, known=_KNOWN, header="sql_named_filter_query")
    kind = found.get("db_type", "")
    if kind.lower() not in _POSTGRESQL:
        raise FilterError(f"db_type is {kind}; only PostgreSQL can be asked")
    written = found["statement"]
    parameters = tuple(
        value(match[0]) for match in filter_file.VARIABLE.finditer(written)
    )
    return SqlFilter(
        # People write '[sender]' as well: a parameter needs no quotes.
        statement=_bound(written),
        parameters=parameters,
        url=_url(dict(found)),
    )


def _bound(written: str) -> str:
    doubled = written.replace("%", "%%")
    marked = filter_file.VARIABLE.sub("%s", doubled)
    return marked.replace("'%s'", "%s")


def _url(found: dict[str, str]) -> str:
    if found.get("url"):
        if not found["url"].startswith(("postgresql://", "postgres://")):
            raise FilterError("url does not start with postgresql://")
        return found["url"]
    if not found.get("db_name"):
        raise FilterError("url or db_name is missing")
    return conninfo.make_conninfo(
        "",
        host=found.get("db_host"),
        port=found.get("db_port"),
        dbname=found["db_name"],
        user=found.get("db_user"),
        password=found.get("db_passwd"),
    )
