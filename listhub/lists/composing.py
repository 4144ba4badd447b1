"""Compose: what a list makes of a post, for the archive and for each reception.

Pure: everything that must be asked was asked before.  The tables of transforms say
what is done and in which order (docs/reference/transforms.md).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

from listhub.config import Settings
from listhub.delivery.treatment import NO_TEXTS, Seal, Treatment
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.mail import authentication, one_click, transforms
from listhub.mail.added_text import Texts
from listhub.mail.authentication import Authentication
from listhub.mail.draft import Draft
from listhub.mail.munge import Munge
from listhub.mail.receptions import RECEPTION_TRANSFORMS, Attachment, Options, adapt
from listhub.mail.transforms import Change, Step, TransformContext, decorate

#: The receptions that get each post, in the order in which their copies are made.
RECEPTIONS = ("each", "text", "html", "notice", "urlize")

_SIGNED_IF = {
    "editor": "editor_validated_messages",
    "md5": "md5_authenticated_messages",
    "dkim": "dkim_authenticated_messages",
}


def _example(attachment: Attachment) -> str:
    """Return an address of the kind that readers would get, for rehearsals."""
    return f"https://lists.example/attachments/EXAMPLE/{quote(attachment.name)}"


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
    #: What stands before and after posts.
    texts: Texts = NO_TEXTS
    #: How the author was believed: by a moderator, by confirming, by a signature.
    validated: Literal["editor", "md5", "dkim", ""] = ""
    #: Where the post comes from, if that was looked at.
    origin: Authentication | None = None
    #: Keeps an attachment and returns the address at which it can be fetched.
    keep: Callable[[Attachment], str] = _example

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
            one_click=one_click.link(self.site.web.url) if self.one_click else "",
        )

    @property
    def one_click(self) -> bool:
        """Whether each copy has an address of its own that unsubscribes (RFC 8058)."""
        # RFC 8058 §3.1: one https address, or none at all.
        web = self.site.web.url.lower().startswith("https://")
        return self.settings.one_click and web

    @property
    def personal(self) -> bool:
        """Whether the texts are filled in for each member, while copies are sent."""
        return self.settings.personalization != "none"

    @property
    def sender(self) -> str:
        """Who wrote the post, as far as its readers may know."""
        return self.settings.anonymous_sender or self.author

    @property
    def signed(self) -> bool:
        """Whether the list's domain signs this post (Sympa's dkim_signature_apply_on)."""
        wanted = self.settings.dkim_apply_on
        return "any" in wanted or _SIGNED_IF.get(self.validated) in wanted


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
    common: Draft, plan: Plan, reception: str, trail: list[Change] | None = None
) -> Draft:
    """Return the copy that members of one reception get."""
    copy = common.copy()
    steps = (
        *transforms.LEAVING,
        *_reception(plan, reception),
        *_texts(plan, reception),
    )
    transforms.run(steps, copy, plan.context, trail)
    return copy


def treatment(plan: Plan, reception: str) -> Treatment:
    """Return what is done to each copy while it is sent."""
    personal = plan.personal and reception != "notice"
    return Treatment(
        personalise=plan.settings.personalization if personal else "none",
        texts=plan.texts if personal else NO_TEXTS,
        footer_type=plan.settings.footer_type,
        list_address=plan.row.address if personal else "",
        web_url=plan.site.web.url if personal else "",
        sender=plan.sender if personal else "",
        language=plan.settings.language,
        one_click=plan.one_click,
        sign=plan.row.domain if plan.signed else "",
        arc=_seal(plan),
        track=plan.settings.tracking,
    )


def digest_treatment(plan: Plan, reception: str) -> Treatment:
    """Return the same for a digest: of its texts, a footer that is filled in."""
    plainly = treatment(plan, "notice")
    footer = plan.texts.footer
    if not plan.personal or footer is None:
        return plainly
    return replace(
        plainly,
        # Posts in it are not: they would be read as texts of somebody else.
        personalise="footer",
        texts=Texts(footer=footer),
        # RFC 1153 knows no parts.
        footer_type="mime" if reception == "digest" else "append",
        list_address=plan.row.address,
        web_url=plan.site.web.url,
    )


def for_digest(common: Draft) -> Draft:
    """Return a post as it stands in digests: nobody's token will be put into it."""
    kept = common.copy()
    one_click.withdraw(kept.headers)
    return kept


def _seal(plan: Plan) -> Seal | None:
    """Return what a seal of ARC says, if the list seals and somebody has looked."""
    if not plan.settings.arc or plan.origin is None:
        return None
    if plan.settings.anonymous_sender:
        # It would say from where the post came, under whose name.
        return None
    return Seal(
        authserv_id=plan.site.authentication.authserv_id or plan.row.domain,
        results=authentication.as_results(plan.origin),
        chain=plan.origin.arc,
    )


def _reception(plan: Plan, reception: str) -> tuple[Step, ...]:
    if reception == "urlize" and not plan.site.web.url:
        # Nobody could fetch what is kept: the post goes out whole.
        return ()
    options = Options(
        language=plan.settings.language,
        min_size=plan.settings.urlize_min_size,
        store=plan.keep,
    )
    return tuple(
        Step(
            name=f"reception_{line.name}",
            about=line.about,
            apply=lambda draft, _: adapt(draft, reception, options),
        )
        for line in RECEPTION_TRANSFORMS
        if line.name == reception
    )


def _texts(plan: Plan, reception: str) -> tuple[Step, ...]:
    texts = plan.texts
    if plan.personal or reception == "notice" or not (texts.above or texts.below):
        return ()

    def apply(draft: Draft, _: TransformContext) -> None:
        decorate.decorate(
            draft,
            header=texts.header,
            footer=texts.footer,
            global_footer=texts.global_footer,
            mode=plan.settings.footer_type,
        )

    about = "Puts the list's header and footers around the post."
    return (Step(name="decorate", about=about, apply=apply),)
