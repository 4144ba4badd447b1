"""All kinds of sources.

To add one: a module beside this one, a line below, a section in docs/howto/sources.md.
"""

from collections.abc import Mapping

from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.lists.sources import file, https, ldap, other_list, sql
from listhub.lists.sources.kind import Kind
from listhub.lists.sources.sealing import Sealing, is_sealed
from listhub.lists.sources.source import Reader, Source, SourceError

KINDS: tuple[Kind, ...] = (
    file.KIND,
    https.KIND,
    other_list.KIND,
    sql.KIND,
    ldap.KIND,
    ldap.KIND_TWO_LEVELS,
)

#: What a secret is shown as.
HIDDEN = "***"


def by_name(name: str) -> Kind:
    """Return the kind of that name; UsageError if there is none."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise UsageError(
        f"There is no kind of source {shown(name)[1:-1]}; did you mean"
        f" {nearest(name, [kind.name for kind in KINDS])}?"
    )


def checked(kind: str, given: Mapping[str, str], *, list_id: int) -> dict[str, str]:
    """Return the fields to be stored; UsageError for what no reader could use."""
    found = by_name(kind)
    fields = found.read_fields(given)
    found.make(fields, list_id)
    return {name: value for name, value in fields.items() if value}


def reader(source: Source, *, sealing: Sealing) -> Reader:
    """Return the reader of a source; SourceError if it cannot be read as it is stored."""
    try:
        kind = by_name(source.kind)
        fields = kind.read_fields(sealing.opened(source.config))
        return kind.make(fields, source.list_id)
    except UsageError as error:
        raise SourceError(error.public.rstrip(".")) from error


def shown_fields(source: Source) -> dict[str, str]:
    """Return the fields of a source as people may see them."""
    return hidden(source.kind, source.config)


def hidden(kind: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return fields of a kind as people may see them: without secrets."""
    secret = secret_fields(kind)
    return {
        # What a newer release has sealed is nothing to read, either.
        name: HIDDEN if name in secret or is_sealed(value) else value
        for name, value in fields.items()
    }


def secret_fields(kind: str) -> frozenset[str]:
    """Return which fields of a kind are shown to nobody, and sealed when stored."""
    return frozenset(
        name
        for known in KINDS
        if known.name == kind
        for name, field in known.fields.items()
        if field.secret
    )
