"""The texts that a list puts around its posts: files of the list, its domain, the site.

As Sympa has them: message_header and message_footer, message_global_footer for all lists
of a domain, each with a .mime beside it, a whole MIME part for lists that add parts.
"""

from typing import Any

import psycopg

from listhub.lists.files import DbFiles
from listhub.lists.posting import ListRow
from listhub.mail.added_text import Text, Texts

_NAMES = {
    "header": "message_header",
    "footer": "message_footer",
    "global_footer": "message_global_footer",
}

#: All files of which one may be there.
PATHS = tuple(path for name in _NAMES.values() for path in (name, f"{name}.mime"))


def load(
    conn: "psycopg.Connection[Any]", row: ListRow, files: DbFiles | None = None
) -> Texts:
    """Return the texts of a list that has any; `files` may hold them already."""
    if files is None:
        files = DbFiles(conn, list_id=row.id, domain_id=row.domain_id)
    files.fetch(PATHS)
    found = {}
    for which, path in _NAMES.items():
        plain, whole = files.find(path), files.find(f"{path}.mime")
        if plain or whole:
            found[which] = Text(
                text=plain.content if plain else "",
                mime=whole.content.encode() if whole else b"",
            )
    return Texts(**found)
