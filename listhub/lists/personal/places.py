"""Every place in the database where a person can be found, in the order of erasing.

What is about the person goes; what others did with them stays, under a pseudonym; what
others wrote stays as it is.  `erased_post` (list_id, message_id) and `erased_body` (id)
are the posts and the bytes that go, collected before anything else; see `erase`.
"""

from collections.abc import Mapping

from listhub.lists.personal.accounts import ACCOUNTS
from listhub.lists.personal.ledger import LEDGER
from listhub.lists.personal.named import (
    IN_FORCE_FAMILY,
    IN_FORCE_FILE,
    IN_FORCE_SETTING,
    NAMED,
)
from listhub.lists.personal.own import OWN
from listhub.lists.personal.place import Place

#: What stays as it is, and is told.
KEPT = (
    Place(
        table="archive_text",
        deed="keep",
        about="archived posts of others whose text names them",
        why="the words of others; `listhub archive erase --message` takes one out",
        columns=("content",),
        shown="id, list_id, sent_at",
    ),
    Place(
        table="custom_file",
        deed="keep",
        about="files in force that name them",
        why="a rule that somebody wrote and has to change, such as a blocklist",
        columns=("content",),
        where=IN_FORCE_FILE,
        shown="id, list_id, path, changed_at",
    ),
    Place(
        table="setting_version",
        deed="keep",
        about="settings in force that name them",
        why="a list would work otherwise without them: change the setting",
        columns=("values",),
        json=("values",),
        where=IN_FORCE_SETTING,
        shown="id, scope, list_id, version, changed_at",
    ),
    Place(
        table="data_source",
        deed="keep",
        about="sources of members whose settings name them",
        why="a source would work otherwise without them: change the source",
        columns=("config",),
        json=("config",),
        shown="id, list_id, name",
    ),
    Place(
        table="family_version",
        deed="keep",
        about="families that name them",
        why="lists would be made otherwise without them: change the family",
        columns=("document",),
        json=("document",),
        where=IN_FORCE_FAMILY,
        shown="family, version, changed_at",
    ),
    Place(
        table="family_list",
        deed="keep",
        about="lists whose family was told to name them",
        why="the list would be otherwise without them: change its line in the family",
        columns=("given",),
        json=("given",),
        shown="list_id, family",
    ),
)

PLACES: tuple[Place, ...] = (*ACCOUNTS, *OWN, *LEDGER, *NAMED, *KEPT)

#: Columns of text, octets or JSON that hold what others wrote.  They are not searched
#: for the address: a reply that quotes it, a member's To: field, are their words.
OTHERS_WORDS: Mapping[str, str] = {
    "archive_message.message_id": "of others' posts: their program made it",
    "archive_message.refs": "hashes of Message-IDs",
    "archive_message.subject": "of others' posts, as it stands in them",
    "archive_message.stem": "the same",
    "archive_text.words": "of others' posts; those of the person go with the post",
    "attachment.name": "of others' files",
    "body.content": "the mail of others; the person's own goes",
    "digest_entry.head": "of others' posts",
    "digest_entry.message_id": "of others' posts",
    "message_topic.message_id": "of others' posts",
}

_CODE = "a word of the program"
_HASH = "a hash, which cannot be turned back"
_HOST = "a host, a process or a domain of ours"
_LISTS = "what a list, a domain or a family is called"
_OWNERS = "words that owners chose from"

#: Columns that cannot hold anything of a person, and why.
IMPERSONAL: Mapping[str, str] = {
    "api_answer.request": _HASH,
    "api_token.digest": _HASH,
    "api_token.rights": _CODE,
    "archive_key.key": _HASH,
    "archive_message.permalink": _HASH,
    "archive_removed.permalink": _HASH,
    "archive_text.language": _CODE,
    "attachment.media_type": _CODE,
    "attachment.token_digest": _HASH,
    "audit.action": _CODE,
    "body.digest": _HASH,
    "bounce_action.action": _CODE,
    "bounce_action.outcome": _CODE,
    "bounce_breaker.destination": "the domain of many",
    "bounce_breaker.trouble": _CODE,
    "bounce_event.action": _CODE,
    "bounce_event.alike": _HASH,
    "bounce_event.detector": _CODE,
    "bounce_event.kind": _CODE,
    "bounce_event.proof": _CODE,
    "bounce_event.source": _CODE,
    "bounce_event.status": _CODE,
    "bounce_event.trouble": _CODE,
    "custom_file.family": _LISTS,
    "custom_file.path": "a name from a fixed set",
    "custom_file.scope": _CODE,
    "data_source.kind": _CODE,
    "data_source.name": "a name that an owner gave to a source",
    "data_source.role": _CODE,
    "decision.action": _CODE,
    "decision.decided_how": _CODE,
    "decision_request.outcome": _CODE,
    "digest_entry.topics": _OWNERS,
    "digest_issue.slot": "a date",
    "domain.name": _LISTS,
    "family.expression": _LISTS,
    "family.name": _LISTS,
    "family.pattern": _LISTS,
    "family_list.family": _LISTS,
    "family_version.family": _LISTS,
    "intake_retry.digest": _HASH,
    "job_pause.job": _CODE,
    "job_run.job": _CODE,
    "job_run.outcome": _CODE,
    "mailing_list.address": _LISTS,
    "mailing_list.family": _LISTS,
    "mailing_list.name": _LISTS,
    "mailing_list.status": _CODE,
    "message_topic.method": _CODE,
    "message_topic.topics": _OWNERS,
    "notice_count.kind": _CODE,
    "notice_waiting.audience": _CODE,
    "notice_waiting.kind": _CODE,
    "outcome.enhanced": _CODE,
    "outcome.host": _HOST,
    "outcome.relay": _HOST,
    "outcome.state": _CODE,
    "outgoing.mode": _CODE,
    "password.hash": _HASH,
    "person.language": _CODE,
    "rate_limit.name": _CODE,
    "recovery_code.digest": _HASH,
    "process.host": _HOST,
    "process.kind": _CODE,
    "process.name": _HOST,
    "process.pool": _CODE,
    "process.stage": _CODE,
    "process.version": _CODE,
    "process_minute.process": _HOST,
    "process_minute.stage": _CODE,
    "process_minute.what": _CODE,
    "request.decided_how": _CODE,
    "request.kind": _CODE,
    "request.relay": "the host that handed over a mail, or a domain",
    "request.state": _CODE,
    "request.topics": _OWNERS,
    "request.waits_for": _CODE,
    "request_key.action": _CODE,
    "request_key.digest": _HASH,
    "role.kind": _CODE,
    "role.profile": _CODE,
    "role.reception": _CODE,
    "second_factor.secret": "drawn at random, and encrypted",
    "setting_version.scope": _CODE,
    "sign_in_link.digest": _HASH,
    "source_sync.role": _CODE,
    "source_sync.state": _CODE,
    "spool_history.owner": _HOST,
    "spool_history.stage": _CODE,
    "spool_history.verdict": _CODE,
    "spool_item.owner": _HOST,
    "spool_item.stage": _CODE,
    "spool_item.state": _CODE,
    "subscription.reception": _CODE,
    "subscription.topics": _OWNERS,
    "web_session.digest": _HASH,
    "web_session.method": _CODE,
}
