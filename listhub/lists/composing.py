"""Compose: what a list makes of a post, for the archive and for each reception.

Pure: everything that must be asked was asked before.  The tables of transforms say
what is done and in which order (docs/reference/transforms.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from listhub.config import Settings
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.mail import transforms
from listhub.mail.draft import Draft
from listhub.mail.munge import Munge
from listhub.mail.transforms import Change, TransformContext

#: The receptions that get each post, in the order in which their copies are made.
RECEPTIONS = ("each", "text", "html", "notice", "urlize")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All that composing looks at."""

    row: ListRow
    settings: ListSettings
    site: Settings
    message_id: str
    author: str
    sequence: int
    topics: tuple[str, ...] = ()
    munge: Munge | None = None
    #: The list's texts by their file's name, such as message_footer.
    texts: Mapping[str, str] | None = None

    @property
    def context(self) -> TransformContext:
        """The facts that the transforms know."""
        row, wanted = self.row, self.settings
        return TransformContext(
            name=row.name,
            domain=row.domain,
            sequence=self.sequence,
            message_id=self.message_id,
            author=self.author,
            command_address=f"sympa@{row.domain}",
            web_url=self.site.web.url,
            archived=wanted.archive,
            posting=wanted.send,
            topics=self.topics,
            anonymous_sender=wanted.anonymous_sender,
            anonymous_headers=wanted.anonymous_headers,
            custom_subject=wanted.custom_subject,
            remove_headers=wanted.remove_headers,
            reply_to=wanted.reply_to,
            reply_to_apply=wanted.reply_to_apply,
            reply_to_other=wanted.reply_to_other,
            custom_headers=wanted.custom_headers,
            rfc2369_headers=wanted.rfc2369_headers,
            remove_outgoing_headers=wanted.remove_outgoing_headers,
            munge=self.munge,
        )


def for_archive(draft: Draft, plan: Plan, trail: list[Change] | None = None) -> Draft:
    """Return the post as the archive keeps it: tagged, anonymised, no List-*."""
    kept = draft.copy()
    transforms.run(transforms.INCOMING, kept, plan.context, trail)
    return kept


def for_all(archived: Draft, plan: Plan, trail: list[Change] | None = None) -> Draft:
    """Return what all receptions and digests have in common."""
    common = archived.copy()
    transforms.run(transforms.OUTGOING, common, plan.context, trail)
    return common


def for_reception(
    common: Draft,
    plan: Plan,
    reception: str,  # noqa: ARG001
    trail: list[Change] | None = None,
) -> Draft:
    """Return the copy that members of one reception get."""
    copy = common.copy()
    transforms.run(transforms.LEAVING, copy, plan.context, trail)
    return copy
