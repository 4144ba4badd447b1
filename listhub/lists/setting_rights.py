"""Who may change which setting of a list: owners most, listmasters all.

Sympa has a file for this, edit_list.conf, with a word for each parameter and role.  Here
a setting is its owners' to change unless a row below says why it is not.  The rule is
asked where settings are written (`setting_changes`), so pages and the API obey it alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from listhub.i18n.text import N_, Text
from listhub.lists.accounts.standing import Standing

#: What somebody is for a list, from the least to the most.
Rank = Literal["owner", "privileged", "listmaster"]
RANKS: tuple[Rank, ...] = get_args(Rank)

_ONLY: Mapping[Rank, str] = {
    "owner": N_("Owners change this. %(why)s"),
    "privileged": N_("Only privileged owners and listmasters change this. %(why)s"),
    "listmaster": N_("Only listmasters change this. %(why)s"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """Settings that take more than an owner, and why they do."""

    rank: Rank
    why: str  #: marked for translation
    settings: tuple[str, ...]

    @property
    def sentence(self) -> Text:
        """Who may change them, and why nobody else."""
        return Text(_ONLY[self.rank], why=Text(self.why))


RESERVED: tuple[Reserved, ...] = (
    # One list would be served before the others, or vouched for by all of them.
    Reserved(
        rank="listmaster",
        why=N_("It touches the mail of other lists, and what other sites think of us."),
        settings=(
            *("priority", "verp_rate", "one_click", "dkim_apply_on", "arc"),
            *("dmarc_mode", "dmarc_phrase", "dmarc_other_email"),
            *("dmarc_domain_regex", "dmarc_own_domains", "suppression"),
        ),
    ),
    # What holds off a flood or a loop must not be switched off by who is in it.
    Reserved(
        rank="listmaster",
        why=N_("It guards the site against floods, loops and mail to dead addresses."),
        settings=(
            *("max_size", "reject_automates", "loop_prevention_regex"),
            *("misaddressed_commands", "virus_notify", "posts_per_day"),
            *("repeats_per_day", "bounce_policy", "bounce_probe", "bounce_probe_days"),
            *("bounce_breaker_percent", "minimum_bouncing_count"),
            *("minimum_bouncing_period", "bounce_delay"),
        ),
    ),
    Reserved(
        rank="listmaster",
        why=N_("It takes room that all lists share."),
        settings=("max_members", "archive_quota"),
    ),
    # Authors have not agreed to it, and cannot see it before they post.
    Reserved(
        rank="privileged",
        why=N_("It changes what authors wrote, or keeps it against their wish."),
        settings=(
            *("anonymous_sender", "anonymous_headers", "custom_headers"),
            *("remove_headers", "remove_outgoing_headers", "rfc2369_headers"),
            *("ignore_x_no_archive", "archive_crypted"),
        ),
    ),
    # A slip here lets in what was kept out, or throws hundreds of members out.
    Reserved(
        rank="privileged",
        why=N_("It takes away what protects the list and its members."),
        settings=("use_blocklist", "source_safety"),
    ),
)

_BY_SETTING: Mapping[str, Reserved] = MappingProxyType(
    {name: row for row in RESERVED for name in row.settings}
)


def rank_of(who: Standing, *, list_id: int, domain_id: int) -> Rank | None:
    """Return what somebody is for a list; None: nobody who changes settings."""
    if who.runs(domain_id):
        return "listmaster"
    if who.owns_privileged(list_id):
        return "privileged"
    return "owner" if who.owns(list_id) else None


def reserved(name: str, rank: Rank) -> Text | None:
    """Return why somebody of a rank may not change a setting; None: they may."""
    row = _BY_SETTING.get(name)
    if row is None or RANKS.index(rank) >= RANKS.index(row.rank):
        return None
    return row.sentence


def forbidden(names: Iterable[str], rank: Rank) -> dict[str, Text]:
    """Return those of these settings that a rank may not change, each with the reason."""
    return {name: why for name in names if (why := reserved(name, rank)) is not None}
