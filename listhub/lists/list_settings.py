"""All settings of a list, each with its default, its bounds and a sentence of help.

The names and defaults are those of Sympa's parameters where it has one that people
know; docs/reference/settings.md is generated from this file.
"""

import dataclasses
from typing import Literal

from listhub.config.fields import setting
from listhub.lists.bounce_settings import BounceSettings
from listhub.mail.transforms.context import ANONYMOUS_HEADERS

# RFC 5322 §3.6.8: a field's name is printable US-ASCII without the colon.
_FIELD_NAME = r"[!-9;-~]{1,76}"
_ADDRESS = r"([^\s@<>,;\"()]+@[^\s@<>,;\"()]+)?"
_SCENARIO = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}"
_RECEPTION = r"(each|digest|digest_text|index|notice|text|html|urlize|not_me|none)"


def _scenario(default: str, about: str) -> str:
    """Declare a setting that names a scenario of the operation of its own name."""
    name: str = setting(
        default, about, pattern=_SCENARIO, words="the name of a scenario"
    )
    return name


def _days(default: int, about: str) -> int:
    days: int = setting(default, about, unit="days", least=1, most=3650)
    return days


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ListSettings(BounceSettings):
    """All settings of one list, each with its value in force."""

    # --- what it is -----------------------------------------------------------------
    subject: str = setting("", "What the list is about, in a few words.")
    language: Literal["en", "fr"] = setting("en", "The language of its own mail.")
    timezone: str = setting(
        "UTC",
        "The time zone of its digests and of the times that it tells.",
        pattern=r"[A-Za-z][A-Za-z0-9_+/-]{1,60}",
        words="a name such as Europe/Paris",
    )
    priority: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "z"] = setting(
        "5", "The priority of its mail, 0 before 9; z holds it back until released."
    )

    # --- who may do what --------------------------------------------------------------
    send: str = _scenario("private", "Who may post.")
    subscribe: str = _scenario("open", "Who may subscribe.")
    unsubscribe: str = _scenario("open", "Who may sign off.")
    add: str = _scenario("owner", "Who may add members.")
    delete: str = _scenario("owner", "Who may remove members.")
    invite: str = _scenario("private", "Who may invite people.")
    review: str = _scenario("owner", "Who may see its members.")
    info: str = _scenario("open", "Who may read what it is about.")
    remind: str = _scenario("owner", "Who may remind its members of being such.")
    visibility: str = _scenario("conceal", "Who sees it in the lists of lists.")
    archive_web_access: str = _scenario("closed", "Who may read its archive.")
    archive_mail_access: str = _scenario("closed", "Who may get its archive by mail.")
    tracking_access: str = _scenario("owner", "Who may see what became of a post.")
    use_blocklist: tuple[str, ...] = setting(
        ("send", "create_list"),
        "The operations that people on the blocklist are refused.",
        pattern=r"[a-z_]{2,40}",
        words="the name of an operation",
    )

    # --- what it takes ----------------------------------------------------------------
    max_size: int = setting(
        5_242_880,
        "The largest message that it takes.",
        unit="bytes",
        least=1,
        most=1_000_000_000,
    )
    reject_automates: bool = setting(
        default=True, about="Refuse mail that a program sent, such as auto-replies."
    )
    loop_prevention_regex: str = setting(
        "mailer-daemon|sympa|listserv|majordomo|smartlist|mailman|listhub",
        "Senders whose local part is like this are programs, and dropped.",
    )
    misaddressed_commands: Literal["reject", "ignore"] = setting(
        "reject", "What becomes of a post that is a command sent to the wrong address."
    )
    spam: Literal["moderate", "reject", "ignore"] = setting(
        "moderate", "What becomes of a post that the spam filter marked."
    )
    virus_notify: Literal["sender", "none"] = setting(
        "none", "Who is told that a post held a virus."
    )

    posts_per_day: int = setting(
        500,
        "An author's further posts of a day wait for a moderator; 0: never.",
        unit="posts",
        least=0,
        most=1_000_000,
    )
    repeats_per_day: int = setting(
        10,
        "The same for posts of one author with the very same text.",
        unit="posts",
        least=0,
        most=1_000_000,
    )

    # --- moderation -------------------------------------------------------------------
    moderation_days: int = _days(
        15, "For so long a held post waits for its moderators."
    )
    confirmation_days: int = _days(
        7, "For so long a post or a request waits to be confirmed."
    )
    moderation_reminder: int = setting(
        24,
        "Moderators are reminded of what waits after so long; 0: never.",
        unit="hours",
        least=0,
        most=8760,
    )
    tell_author_held: bool = setting(
        default=True, about="Tell authors that their post waits for a moderator."
    )

    # --- topics -----------------------------------------------------------------------
    topics: tuple[str, ...] = setting(
        (),
        "The topics of its posts, each as `name | title | keyword, keyword`.",
        pattern=r"[A-Za-z0-9_-]{1,40}( *\|[^|\x00-\x1f\x7f-\x9f\u2028\u2029]{0,200}){0,2}",
        words="a topic such as `exams | Exams and marks | exam, mark`",
    )
    topics_apply_on: Literal["subject", "body", "subject_and_body"] = setting(
        "subject", "Where the keywords of topics are looked for."
    )
    topics_tagging: Literal["optional", "required_sender", "required_moderator"] = (
        setting("optional", "Who has to give a post a topic that has none.")
    )

    # --- what it does to a header -----------------------------------------------------
    custom_subject: str = setting(
        "",
        "The tag in front of subjects; {name} and {sequence} stand for the list's.",
        pattern=r"[^\r\n]{0,200}",
        words="a line of at most 200 characters",
    )
    anonymous_sender: str = setting(
        "",
        "Posts come from this address, without traces of their authors.",
        pattern=_ADDRESS,
        words="an address, or nothing,",
    )
    anonymous_headers: tuple[str, ...] = setting(
        ANONYMOUS_HEADERS,
        "Header fields that an anonymous list removes.",
        pattern=_FIELD_NAME,
        words="the name of a header field",
    )
    remove_headers: tuple[str, ...] = setting(
        (
            "X-Sympa-To",
            "X-Family-To",
            "Return-Receipt-To",
            "Precedence",
            "X-Sequence",
            "Disposition-Notification-To",
            "Sender",
        ),
        "Header fields that are removed from posts before anything is added.",
        pattern=_FIELD_NAME,
        words="the name of a header field",
    )
    remove_outgoing_headers: tuple[str, ...] = setting(
        (),
        "Header fields that are removed last, each as `Name` or `Name: value`.",
        pattern=rf"{_FIELD_NAME}(: [ -~]{{0,900}})?",
        words="the name of a header field, or a field as `Name: value`",
    )
    reply_to: Literal["keep", "sender", "list", "all", "other"] = setting(
        "keep",
        "Where replies go: as the post says, the sender, the list, both, or another.",
    )
    reply_to_apply: Literal["respect", "forced"] = setting(
        "respect", "Whether a Reply-To that the author set stays."
    )
    reply_to_other: str = setting(
        "",
        "The address for replies where reply_to is `other`.",
        pattern=_ADDRESS,
        words="an address, or nothing,",
    )
    custom_headers: tuple[str, ...] = setting(
        (),
        "Header fields that are added to posts, each as `Name: value`.",
        pattern=rf"{_FIELD_NAME}: [ -~]{{0,900}}",
        words="a header field such as `X-Campus: North`, in US-ASCII on one line",
    )
    rfc2369_headers: tuple[str, ...] = setting(
        ("help", "subscribe", "unsubscribe", "post", "owner", "archive"),
        "The List-* header fields of RFC 2369 that posts bear.",
        pattern=r"(help|subscribe|unsubscribe|post|owner|archive)",
        words="help, subscribe, unsubscribe, post, owner or archive",
    )

    # --- what it does to a body -------------------------------------------------------
    footer_type: Literal["mime", "append"] = setting(
        "mime", "Whether footers are parts of their own or text put to the text."
    )
    personalization: Literal["none", "footer", "all"] = setting(
        "none", "What is a template, filled in for each member."
    )
    urlize_min_size: int = setting(
        10_240,
        "Attachments from this size on are links for members of reception urlize.",
        unit="bytes",
        least=0,
        most=1_000_000_000,
    )

    # --- authenticity -----------------------------------------------------------------
    dmarc_mode: tuple[str, ...] = setting(
        ("dmarc_reject", "dmarc_quarantine"),
        "Whose From is rewritten, so that other sites do not refuse the copies.",
        pattern=r"(all|dkim_signature|domain_regex|dmarc_reject|dmarc_quarantine"
        r"|dmarc_any)",
        words="all, dkim_signature, domain_regex, dmarc_reject, dmarc_quarantine or"
        " dmarc_any",
    )
    dmarc_domain_regex: str = setting(
        "", "The end of the domains that mode domain_regex means."
    )
    dmarc_other_email: str = setting(
        "",
        "The address put into a rewritten From; empty: the list's.",
        pattern=_ADDRESS,
        words="an address, or nothing,",
    )
    dmarc_phrase: Literal[
        "display_name",
        "name_and_email",
        "name_via_list",
        "name_email_via_list",
        "list_for_name",
        "list_for_email",
    ] = setting("name_via_list", "What stands for the author in a rewritten From.")
    dmarc_own_domains: tuple[str, ...] = setting(
        (),
        "Domains whose authors are never rewritten: their signature is ours.",
        pattern=r"[A-Za-z0-9.-]{1,255}",
        words="a domain",
    )
    dkim_apply_on: tuple[str, ...] = setting(
        ("any",),
        "Which posts are signed where the domain has a key.",
        pattern=r"(any|none|md5_authenticated_messages|smime_authenticated_messages"
        r"|dkim_authenticated_messages|editor_validated_messages)",
        words="any, none, md5_authenticated_messages, smime_authenticated_messages,"
        " dkim_authenticated_messages or editor_validated_messages",
    )
    arc: bool = setting(default=False, about="Seal posts with ARC (RFC 8617).")
    one_click: bool = setting(
        default=True,
        about="Give each copy its own one-click unsubscription (RFC 8058), where the"
        " site has web pages.",
    )

    # --- how it sends -----------------------------------------------------------------
    verp_rate: Literal[0, 2, 5, 10, 20, 25, 33, 50, 100] = setting(
        100,
        "The share of recipients who get a reverse-path of their own (VERP).",
        unit="per cent",
    )
    tracking: bool = setting(
        default=False, about="Ask relays to report what became of each copy (DSN)."
    )
    archive: bool = setting(default=True, about="Keep posts in the archive.")
    archive_indexing: bool = setting(
        default=False,
        about="Let search engines list its archive, where everybody may read it.",
    )
    ignore_x_no_archive: bool = setting(
        default=False, about="Archive even posts whose header asks not to."
    )
    archive_quota: int = setting(
        0,
        "The most room that its archive takes; 0: any.",
        unit="kB",
        least=0,
        most=10**12,
    )
    archive_max_months: int = setting(
        0,
        "How many months its archive keeps, this one among them; 0: all.",
        unit="months",
        least=0,
        most=1200,
    )
    archive_crypted: Literal["original", "none"] = setting(
        "original",
        "What the archive keeps of encrypted posts: all as it came, or none.",
    )

    # --- members ----------------------------------------------------------------------
    receptions: tuple[str, ...] = setting(
        (
            "each",
            "digest",
            "digest_text",
            "index",
            "notice",
            "text",
            "html",
            "urlize",
            "not_me",
            "none",
        ),
        "The receptions that members may choose.",
        pattern=_RECEPTION,
        words="each, digest, digest_text, index, notice, text, html, urlize, not_me or"
        " none",
    )
    default_reception: Literal[
        "each", "digest", "digest_text", "index", "notice", "text", "html", "urlize"
    ] = setting("each", "The reception of new members.")
    default_concealed: bool = setting(
        default=False, about="Whether new members are hidden from other members."
    )
    max_members: int = setting(
        0,
        "The most members that it takes; 0: any number.",
        unit="members",
        least=0,
        most=100_000_000,
    )
    source_safety: int = setting(
        10,
        "When more of those whom sources gave would go in one round, it is stopped.",
        unit="per cent",
        least=0,
        most=100,
    )
    remind_task: Literal[
        "never",
        "monthly",
        "2month",
        "3month",
        "4month",
        "6month",
        "9month",
        "yearly",
    ] = setting(
        "never",
        "How often members are reminded of being such, from the list's first day on.",
    )
    attributes: tuple[str, ...] = setting(
        (),
        "What is asked of members, each as `id | name | type | optional`.",
        pattern=r"[a-z][a-z0-9_]{0,39}( *\|[^|\x00-\x1f\x7f-\x9f\u2028\u2029]{0,200}){0,3}",
        words="an attribute such as `room | Room number | string | optional`",
    )

    # --- digests ----------------------------------------------------------------------
    digest_days: tuple[str, ...] = setting(
        (),
        "The days on which digests go out; none: no digests.",
        pattern=r"(mon|tue|wed|thu|fri|sat|sun)",
        words="mon, tue, wed, thu, fri, sat or sun",
    )
    digest_hour: int = setting(
        7, "The hour at which digests go out.", unit="hour", least=0, most=23
    )
    digest_minute: int = setting(
        0, "The minute at which digests go out.", unit="minute", least=0, most=59
    )
    digest_max_size: int = setting(
        25,
        "The most messages of one digest; more make several.",
        unit="messages",
        least=1,
        most=1000,
    )
    digest_size_trigger: int = setting(
        0,
        "A digest also goes out once so many messages wait; 0: never.",
        unit="messages",
        least=0,
        most=1000,
    )
