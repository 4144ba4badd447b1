"""All notices, in the order of docs/reference/notices.md.

To add one: its values and its line in a theme beside this module, a template, a line
below, its French words (`scripts/messages`), and the page (`python -m listhub.lists.notices.reference`).
"""

from typing import Any

from listhub.lists.notices import (
    accounts,
    administration as lists,
    command_replies as commands,
    confirmations,
    memberships as members,
    moderation,
    reports,
    requests,
    to_listmasters,
    to_owners,
)
from listhub.lists.notices.notice import Notice

NOTICES: tuple[Notice[Any], ...] = (
    # First, what asks for an answer: nothing goes on without one.
    confirmations.SEND_AUTH,
    confirmations.REQUEST_AUTH,
    moderation.REQUEST_TOPIC,
    moderation.MODERATE,
    moderation.MODERATION_REMINDER,
    moderation.MODERATION_DIGEST,
    requests.SUBREQUEST,
    requests.SIGREQUEST,
    requests.OWNER_REQUEST,
    lists.REQUEST_LIST_CREATION,
    lists.REQUEST_LIST_RENAMING,
    # What became of it.
    moderation.ALREADY_DECIDED,
    moderation.MESSAGE_REPORT,
    moderation.REJECTED,
    moderation.REJECT_OFFTOPIC,
    moderation.REJECT_HTML,
    moderation.REJECT_TOO_LARGE,
    moderation.REJECT_PRIVATE,
    moderation.EXPIRED_HELD,
    members.REQUEST_APPROVED,
    members.REQUEST_REJECTED,
    members.VAIN_REQUEST_BY_OTHER,
    lists.LIST_REJECTED,
    # Reports of delivery, by status.
    moderation.APPROVED,
    moderation.HELD_NOTICE,
    reports.LIST_NOT_MADE,
    reports.LIST_EMPTY,
    reports.NOT_NOW,
    reports.NO_LIST,
    reports.NO_DOMAIN,
    reports.TOO_LARGE,
    reports.NOBODY_IN_CHARGE,
    reports.INTERNAL,
    reports.BAD_FAMILY,
    reports.MISADDRESSED,
    reports.NO_COMMAND,
    reports.PERSONALISATION,
    reports.VIRUS,
    reports.REFUSED,
    # Members come, change and go.
    members.WELCOME,
    members.ADDED,
    members.INVITE,
    members.REMIND,
    members.OPTIONS_CHANGED,
    members.ADDRESS_CHANGED,
    members.DELETED_MSG_TOPICS,
    members.SUSPENDED,
    members.RESUMED,
    members.AUTO_NOTIFY_BOUNCERS,
    members.BOUNCE_PROBE,
    members.BYE,
    members.REMOVED,
    # How somebody gets in.
    accounts.SIGN_IN_LINK,
    accounts.ACCOUNT_CHANGED,
    # Answers to commands: the report first, then its parts.
    commands.COMMAND_REPORT,
    commands.HELP,
    commands.LISTS,
    commands.INFO,
    commands.REVIEW,
    commands.WHICH,
    commands.STATS,
    commands.INDEX,
    commands.MODINDEX,
    commands.VERIFY,
    commands.ARCHIVED,
    # Owners: who came and went, what their list suffers from.
    lists.ADDED_AS_LISTADMIN,
    lists.REMOVED_AS_LISTADMIN,
    lists.LIST_CREATED,
    lists.LIST_CLOSED,
    lists.LIST_CLOSED_FAMILY,
    requests.MEMBER_JOINED,
    requests.MEMBER_LEFT,
    to_owners.EXPIRED_RECIPIENTS,
    to_owners.BOUNCE_RATE,
    to_owners.AUTOMATIC_DEL,
    to_owners.AUTOMATIC_BOUNCE_MANAGEMENT,
    to_owners.BOUNCES_SET_ASIDE,
    to_owners.HUNDRED_PERCENT_ERROR,
    to_owners.ARC_QUOTA_95,
    to_owners.ARC_QUOTA_EXCEEDED,
    to_owners.BAD_NAMED_FILTER,
    to_owners.TEMPLATE_BROKEN,
    to_owners.FAILED_TO_CHANGE_INCLUDED_MEMBER,
    to_owners.SYNC_STOPPED,
    to_owners.FAMILY_RULES,
    to_listmasters.GATHERED_FOR_OWNERS,
    # Listmasters: what is broken and needs a person.
    lists.NEW_LIST,
    lists.LISTOWNER_EMAIL_CHANGED,
    to_listmasters.LOOP_COMMAND,
    to_listmasters.SCENARIO_BROKEN,
    to_listmasters.ERROR_PERFORMING_CONDITION,
    to_listmasters.VIRUS_SCAN_FAILED,
    to_listmasters.ARCHIVING_FAILED,
    to_listmasters.ITEM_BURIED,
    to_listmasters.ERROR_IN_TASK,
    to_listmasters.RELAYS_UNAVAILABLE,
    to_listmasters.AUTOMATIC_LIST_CREATION_FAILED,
    to_listmasters.SYNC_INCLUDE_FAILED,
    to_listmasters.EDIT_LIST_ERROR,
    to_listmasters.ARF_PROCESSING_FAILED,
    to_listmasters.TT2_ERROR,
    to_listmasters.GATHERED,
)


def by_name(name: str) -> Notice[Any] | None:
    """Return the notice of that name, or None."""
    return next((notice for notice in NOTICES if notice.name == name), None)
