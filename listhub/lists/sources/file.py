"""Kind `file`: a file of the list, its domain or the site, kept in the database."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists.files import DbFiles
from listhub.lists.sources import text
from listhub.lists.sources.kind import Field, Kind
from listhub.lists.sources.source import Found, Reader, SourceError

FOLDER = "data_sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """The nearest file of that name."""

    path: str
    list_id: int

    def read(self, conn: "psycopg.Connection[Any]") -> Iterator[Found]:
        """Yield the people of the newest version."""
        found = DbFiles(conn, list_id=self.list_id).find(self.path)
        conn.commit()
        if found is None:
            raise SourceError(f"there is no file {self.path}")
        yield from text.read(io.BytesIO(found.content.encode()), name=self.path)


def _make(fields: Mapping[str, str], list_id: int) -> Reader:
    name = fields["file"]
    if "/" in name or not name.isprintable() or name.startswith("."):
        raise UsageError(f"file is {shown(name)}; it is the name of a file, no path.")
    return File(path=f"{FOLDER}/{name}", list_id=list_id)


KIND = Kind(
    name="file",
    about="A file in the database, put there with `listhub source upload`.",
    fields={"file": Field(about="the name of the file.", required=True)},
    make=_make,
)
