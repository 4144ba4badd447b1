"""The operations that scenarios decide about, in one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is decided: its name as in file names, and the scenario where none is set."""

    name: str
    default: str
    about: str
    #: Whether a domain is asked about, not a list.
    of_domain: bool = False


_TABLE = (
    Operation(name="send", default="private", about="Who may post."),
    Operation(name="subscribe", default="open", about="Who may subscribe."),
    Operation(name="unsubscribe", default="open", about="Who may unsubscribe."),
    Operation(name="add", default="owner", about="Who may add members."),
    Operation(name="del", default="owner", about="Who may remove members."),
    Operation(name="invite", default="private", about="Who may invite people."),
    Operation(name="review", default="owner", about="Who may see the members."),
    Operation(name="info", default="open", about="Who may see what the list is for."),
    Operation(name="remind", default="owner", about="Who may remind the members."),
    Operation(name="visibility", default="conceal", about="Who sees the list at all."),
    Operation(
        name="archive_web_access",
        default="closed",
        about="Who may read the archive on the web.",
    ),
    Operation(
        name="archive_mail_access",
        default="closed",
        about="Who may get the archive by mail.",
    ),
    Operation(
        name="tracking", default="owner", about="Who may see what became of a post."
    ),
    Operation(name="d_read", default="private", about="Who may read shared documents."),
    Operation(name="d_edit", default="owner", about="Who may change shared documents."),
    Operation(
        name="create_list",
        default="public_listmaster",
        about="Who may create lists.",
        of_domain=True,
    ),
    Operation(
        name="automatic_list_creation",
        default="public",
        about="Who may have a list of a family made by writing to it.",
        of_domain=True,
    ),
    Operation(
        name="family_signoff",
        default="auth",
        about="Who may leave all lists of a family at once.",
        of_domain=True,
    ),
    Operation(
        name="global_remind",
        default="listmaster",
        about="Who may remind the members of all lists.",
        of_domain=True,
    ),
    Operation(
        name="move_user",
        default="auth",
        about="Who may change the address of a person on all lists.",
        of_domain=True,
    ),
    Operation(
        name="topics_visibility",
        default="noconceal",
        about="Who sees a topic of the directory of lists.",
        of_domain=True,
    ),
    Operation(
        name="spam_status",
        default="x-spam-status",
        about="What the marks of a spam filter mean: ham, spam or unsure.",
        of_domain=True,
    ),
)

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {operation.name: operation for operation in _TABLE}
)
