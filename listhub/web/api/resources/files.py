"""Files of a list, a domain, the site: scenarios, filters, texts, as they are stored.

For listmasters: what owners write has operations of its own, which look at it first.
"""

from pydantic import Field

from listhub.lists import file_versions, files
from listhub.lists.files import LONGEST
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.resources import places
from listhub.web.api.resources.texts import SavedText, TextVersion
from listhub.web.api.shape import Body, Moment, Paged, Query, Rows, Versioned
from listhub.web.door.need import Need

_PATH = Field(
    min_length=1,
    max_length=300,
    examples=["search_filters/blocklist.txt"],
    description="The path of the file, as `scenari/send.private`.",
)


class File(Query):
    """Which file."""

    path: str = _PATH


class FilePaged(Paged):
    """The versions of which file."""

    path: str = _PATH


class FileShape(Versioned):
    """A file as it stands at a level."""

    path: str = _PATH
    content: str | None
    """The level's own; null: it has none."""

    in_force: str | None
    """What is used, whoever wrote it."""

    source: str | None = Field(examples=["shipped"])
    changed_by: str
    changed_at: Moment | None


class FileBody(Body):
    """What is to stand in the file."""

    content: str = Field(max_length=LONGEST, examples=["*@spam.example\n"])


def show(call: Call, query: File) -> FileShape:
    """Give a file as it stands at a level."""
    current = file_versions.current(call.conn, query.path, level=places.level_of(call))
    found = current.in_force
    return call.give(
        FileShape,
        {
            "path": current.path,
            "version": current.version,
            "content": current.content,
            "in_force": found.content if found else None,
            "source": found.source if found else None,
            "changed_by": current.changed_by,
            "changed_at": current.changed_at,
        },
    )


def save(call: Call, query: File, body: FileBody) -> SavedText:
    """Write a file; a scenario that cannot be read is refused."""
    return _write(call, query.path, body.content)


def remove(call: Call, query: File) -> SavedText:
    """Remove a level's own file: the one of the level above counts."""
    return _write(call, query.path, None)


def history(call: Call, query: FilePaged) -> Rows[TextVersion]:
    """Find the versions of a file, the newest first."""
    page = file_versions.versions(
        call.conn,
        query.path,
        level=places.level_of(call),
        cursor=query.cursor,
        size=query.limit,
    )
    return call.rows(TextVersion, page)


def _write(call: Call, path: str, content: str | None) -> SavedText:
    version = files.write(
        call.conn,
        path,
        content,
        level=places.level_of(call),
        actor=call.actor,
        expected=call.expected,
        how="api",
    )
    return SavedText(version=version)


def _at(path: str, of: str, need: Need) -> tuple[Operation, ...]:
    """Return the operations on the files of a level."""
    here = f"{path}/files"
    return (
        Operation(
            method="GET",
            path=here,
            name=f"show_file_of_{of}",
            need=need,
            rights="read",
            function=show,
        ),
        Operation(
            method="PUT",
            path=here,
            name=f"save_file_of_{of}",
            need=need,
            rights="manage",
            function=save,
            guarded=True,
        ),
        Operation(
            method="DELETE",
            path=here,
            name=f"remove_file_of_{of}",
            need=need,
            rights="manage",
            function=remove,
            guarded=True,
        ),
        Operation(
            method="GET",
            path=f"{here}/history",
            name=f"find_versions_of_file_of_{of}",
            need=need,
            rights="read",
            function=history,
        ),
    )


OPERATIONS = (
    *_at("/lists/{list}", "list", Need.LISTMASTER),
    *_at("/domains/{domain}", "domain", Need.LISTMASTER),
    *_at("/site", "site", Need.SITE),
)
