"""Settings in groups, as pages show them: what owners touch most comes first."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from listhub.i18n.text import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Settings that belong together; `rare` ones are for who knows why."""

    name: str
    title: str  #: marked for translation
    about: str  #: the same
    settings: tuple[str, ...]
    rare: tuple[str, ...] = ()


GROUPS: tuple[Group, ...] = (
    # What everybody sets once, and looks for first.
    Group(
        name="about",
        title=N_("The list"),
        about=N_("What it is about and how it speaks."),
        settings=("subject", "language", "timezone"),
    ),
    # The question behind most others.
    Group(
        name="rights",
        title=N_("Who may do what"),
        about=N_("Each is a scenario: rules that are tried in their order."),
        settings=(
            *("send", "subscribe", "unsubscribe", "visibility", "info", "review"),
            *("add", "delete", "invite", "remind", "tracking_access"),
        ),
        rare=("use_blocklist",),
    ),
    Group(
        name="moderation",
        title=N_("Moderation"),
        about=N_("How long things wait, and who hears of it."),
        settings=(
            *("moderation_days", "confirmation_days", "moderation_reminder"),
            *("tell_author_held", "posts_per_day", "repeats_per_day"),
        ),
    ),
    Group(
        name="intake",
        title=N_("What it takes"),
        about=N_("Posts that are too large, spam, or no posts at all."),
        settings=("max_size", "spam", "virus_notify"),
        rare=("reject_automates", "misaddressed_commands", "loop_prevention_regex"),
    ),
    Group(
        name="posts",
        title=N_("How posts look"),
        about=N_("What is done to a post before it is sent."),
        settings=(
            *("custom_subject", "reply_to", "reply_to_apply", "reply_to_other"),
            *("footer_type", "personalization"),
        ),
        rare=(
            *("anonymous_sender", "anonymous_headers", "custom_headers"),
            *("rfc2369_headers", "remove_headers", "remove_outgoing_headers"),
        ),
    ),
    Group(
        name="topics",
        title=N_("Topics"),
        about=N_("Members may choose the topics that they want to read."),
        settings=("topics", "topics_tagging", "topics_apply_on"),
    ),
    Group(
        name="members",
        title=N_("Members"),
        about=N_("What new members get, and what they may choose."),
        settings=(
            *("default_reception", "receptions", "default_concealed"),
            *("max_members", "attributes", "remind_task"),
        ),
        rare=("source_safety",),
    ),
    Group(
        name="digests",
        title=N_("Digests"),
        about=N_("Many posts in one mail, on fixed days."),
        settings=(
            *("digest_days", "digest_hour", "digest_minute"),
            *("digest_max_size", "digest_size_trigger"),
        ),
    ),
    Group(
        name="archive",
        title=N_("Archive"),
        about=N_("What is kept, for how long, and who may read it."),
        settings=(
            *("archive", "archive_web_access", "archive_mail_access"),
            *("archive_indexing", "archive_max_months", "archive_quota"),
        ),
        rare=("archive_crypted", "ignore_x_no_archive"),
    ),
    Group(
        name="bounces",
        title=N_("Members who cannot be reached"),
        about=N_("What is done when mail to members comes back."),
        settings=(
            *("bouncers_level1_rate", "bouncers_level1_action"),
            *("bouncers_level1_notification", "bouncers_level2_rate"),
            *("bouncers_level2_action", "bouncers_level2_notification"),
            *("bounce_warn_rate", "complaints", "suppression"),
        ),
        rare=(
            *("bounce_probe", "bounce_probe_days", "bounce_breaker_percent"),
            *("bounce_policy", "minimum_bouncing_count", "minimum_bouncing_period"),
            "bounce_delay",
        ),
    ),
    # Set by those who run the site, and rarely by owners.
    Group(
        name="delivery",
        title=N_("Delivery"),
        about=N_("Signatures, reverse-paths and what other sites look at."),
        settings=("one_click", "tracking", "urlize_min_size"),
        rare=(
            *("dmarc_mode", "dmarc_phrase", "dmarc_other_email"),
            *("dmarc_domain_regex", "dmarc_own_domains", "dkim_apply_on", "arc"),
            *("verp_rate", "priority"),
        ),
    ),
)

_BY_SETTING = MappingProxyType(
    {name: group for group in GROUPS for name in (*group.settings, *group.rare)}
)


def grouped(known: Mapping[str, object]) -> list[tuple[Group, tuple[str, ...]]]:
    """Return the groups with those of their settings that are known, the rare ones last.

    What is in no group stands in the last one: a newer setting must not be lost.
    """
    others = tuple(name for name in known if name not in _BY_SETTING)
    return [
        (
            group,
            tuple(name for name in (*group.settings, *group.rare) if name in known)
            + (others if group is GROUPS[-1] else ()),
        )
        for group in GROUPS
    ]
