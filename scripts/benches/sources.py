"""A list that follows a source of 100,000 people: sources."""

import tempfile
import time
from pathlib import Path
from typing import Any, Self

import psycopg

from listhub.config import Database, Settings, Site
from listhub.jobs import sync_sources
from listhub.lists import catalogue
from listhub.lists.sources import register, rounds
from listhub.stages.drain import drain
from listhub.stages.stage import Host
from scripts.benches.figures import Figure
from scripts.benches.processes import load_average
from scripts.benches.site import Lab
from tests import slapd

PEOPLE = 100_000
LIST = "bench@lists.example"
#: Seconds.
GOAL = 30.0

_FILL = """
CREATE TABLE staff AS
SELECT 'person.' || n || '@d' || n %% 97 || '.example' AS mail, 'Person ' || n AS name
  FROM generate_series(1, %s) AS n
"""
# One in a hundred goes and another comes.
_CHANGE = "UPDATE staff SET mail = 'new.' || mail WHERE hashtext(mail) % 100 = 0"


def sources(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """First round, nothing changed, 1 % changed, and an empty source, which stops."""
    people = max(int(PEOPLE * scale), 1000)
    seconds: dict[str, list[float]] = {}
    limits: list[float] = []
    for _ in range(runs):
        elsewhere = lab.new_database()
        with psycopg.connect(elsewhere) as there:
            there.execute(_FILL, [people])
        limits.append(_copied(elsewhere, lab.new_database()))
        for case, taken in _rounds(lab, elsewhere, people).items():
            seconds.setdefault(case, []).append(taken)
    if not slapd.missing():
        _directory(lab, people, seconds)
    return [
        Figure(
            workload="sources",
            case=case,
            unit=f"s for {people:,}",
            rates=taken,
            limits=limits,
            goal=f"<= {GOAL * scale:g}",
            met=max(taken) <= GOAL * scale,
            note=f"limit: COPY of the rows; load average {load_average()}",
        )
        for case, taken in seconds.items()
    ]


def _rounds(lab: Lab, elsewhere: str, people: int) -> dict[str, float]:
    fields = {"url": elsewhere, "statement": "SELECT mail, name FROM staff"}
    with _Site(lab.new_database(), "sql", fields) as site:
        taken = {"sql, first": site.round(members=people)}
        taken["sql, unchanged"] = site.round(members=people)
        with psycopg.connect(elsewhere) as there:
            there.execute(_CHANGE)
        taken["sql, 1 % changed"] = site.round(members=people)
        with psycopg.connect(elsewhere) as there:
            there.execute("TRUNCATE staff")
        taken["sql, empty, stopped"] = site.round(members=people, state="stopped")
    return taken


def _directory(lab: Lab, people: int, seconds: dict[str, list[float]]) -> None:
    entries = (slapd.person(f"p{n}", f"p{n}@x.example") for n in range(people))
    with (
        tempfile.TemporaryDirectory() as place,
        slapd.directory(Path(place), *entries) as uri,
    ):
        fields = {
            "host": uri,
            "suffix": f"ou=people,{slapd.SUFFIX}",
            "filter": "(objectClass=inetOrgPerson)",
            "name_attribute": "cn",
        }
        with _Site(lab.new_database(), "ldap", fields) as site:
            seconds["ldap, first"] = [site.round(members=people)]
            seconds["ldap, unchanged"] = [site.round(members=people)]


class _Site:
    """A list with one source, and a worker in this process."""

    def __init__(self, url: str, kind: str, fields: dict[str, str]) -> None:
        settings = Settings(database=Database(url=url), site=Site(secret="5a" * 16))
        self._host = Host(settings=settings, name="bench")
        self._conn: psycopg.Connection[Any] = psycopg.connect(url)
        catalogue.add_domain(self._conn, "lists.example", actor="bench")
        self._list = catalogue.create_list(self._conn, LIST, actor="bench")
        register.add(
            self._conn,
            self._list,
            role="member",
            kind=kind,
            name="staff",
            fields=fields,
            actor="bench",
        )
        self._conn.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._host.close()
        self._conn.close()

    def round(self, *, members: int, state: str = "ok") -> float:
        """Go a round; return the seconds from when it is due until it is settled."""
        rounds.ask_for(self._conn, self._list.id, "member")
        self._conn.commit()
        start = time.monotonic()
        sync_sources.run(self._conn, self._host.settings)
        self._conn.commit()
        drain("sync", self._host)
        taken = time.monotonic() - start
        found = catalogue.find_list(self._conn, LIST).members
        [sync] = rounds.of_list(self._conn, self._list.id)
        self._conn.commit()
        assert (found, sync.state) == (members, state), (found, sync)
        return taken


def _copied(elsewhere: str, here: str) -> float:
    """Copy the rows from one database to the other; return the seconds."""
    with psycopg.connect(elsewhere) as there, psycopg.connect(here) as conn:
        conn.execute("CREATE TABLE staff (mail text PRIMARY KEY, name text)")
        conn.commit()
        start = time.monotonic()
        with (
            there.cursor().copy("COPY staff TO STDOUT") as source,
            conn.cursor().copy("COPY staff FROM STDIN") as target,
        ):
            for piece in source:
                target.write(piece)
        conn.commit()
        return time.monotonic() - start
