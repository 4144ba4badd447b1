"""What people are told when a scenario rejects: one sentence for each reason.

The sentences are message ids: `listhub.i18n` translates them.  A reason that a site's
own scenario made up is not here; `sentence` says something for it all the same.
"""

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no-rule-match": "No rule of the list allows this.",
        "error-performing-condition": "This could not be decided because of a mistake in the configuration; the listmasters have been told.",
        "list-no-open": "The list is closed.",
        "send_closed": "This list takes no posts.",
        "send_editor": "Only moderators may post to this list.",
        "send_owner": "Only owners may post to this list.",
        "send_subscriber": "Only members may post to this list.",
        "send_subscriber_smime": "Only members who sign with S/MIME may post to this list.",
        "send_multipart": "This list takes no attachments and no other mail of several parts.",
        "subscribe_closed": "Nobody can subscribe to this list.",
        "subscribe_smime": "To subscribe to this list, sign your request with S/MIME.",
        "unsub_closed": "Nobody can leave this list by themselves; write to its owners.",
        "add_owner": "Only owners of the list may add members.",
        "del_owner": "Only owners of the list may remove members.",
        "del_closed": "Nobody may remove members of this list.",
        "invite_closed": "Nobody may invite people to this list.",
        "invite_owner": "Only owners of the list may invite people.",
        "invite_subscriber": "Only members of the list may invite people.",
        "review_closed": "Nobody may see the members of this list.",
        "review_listmaster": "Only listmasters may see the members of this list.",
        "review_owner": "Only owners may see the members of this list.",
        "review_subscriber": "Only members may see the members of this list.",
        "info_subscriber": "Only members may see what this list is about.",
        "remind_listmaster": "Only listmasters may remind the members of this list.",
        "remind_owner": "Only owners may remind the members of this list.",
        "global_remind_listmaster": "Only listmasters may remind the members of all lists.",
        "web_archive_closed": "The archive of this list is closed.",
        "web_archive_listmaster": "Only listmasters may read the archive of this list.",
        "web_archive_owner": "Only owners may read the archive of this list.",
        "web_archive_subscriber": "Only members may read the archive of this list.",
        "mail_archive_closed": "The archive of this list is not sent by mail.",
        "mail_archive_owner": "Only owners may get the archive of this list by mail.",
        "mail_archive_subscriber": "Only members may get the archive of this list by mail.",
        "tracking_owner": "Only owners may see what became of a post.",
        "tracking_subscriber": "Only members may see what became of a post.",
        "d_read_owner": "Only owners may read the documents of this list.",
        "d_read_subscriber": "Only members may read the documents of this list.",
        "d_read_subscriber_https": "Only members with a certificate may read the documents of this list.",
        "d_edit_owner": "Only owners may change the documents of this list.",
        "d_edit_subscriber": "Only members may change the documents of this list.",
        "_edit_subscriber_https": "Only members with a certificate may change the documents of this list.",
        "create_list_listmaster": "Only listmasters may create lists.",
        "automatic_list_creation_family_owner": "Only owners of the family may have a list made.",
        "automatic_list_creation_listmaster": "Only listmasters may have a list made.",
        "family_signoff_closed": "Nobody can leave all lists of this family at once.",
        "move_user_closed": "Addresses cannot be changed here.",
        "move_user_listmaster": "Only listmasters may change addresses.",
        "topic_identified": "Log in to see this topic.",
        "topic_listmaster": "Only listmasters may see this topic.",
    }
)

#: The same for templates: `reject(tt2='name')`.
TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "add_closed": "Nobody may add members to this list.",
        "create_list_closed": "Nobody may create lists here.",
    }
)

ANY = "This is not allowed here."


def sentence(*, reason: str = "", template: str = "") -> str:
    """Return what to tell people of a rejection, in English."""
    return REASONS.get(reason) or TEMPLATES.get(template) or ANY
