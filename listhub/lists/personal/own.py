"""What is about the person alone: it goes."""

from listhub.lists.personal.place import Place, names

_POST = (
    "EXISTS (SELECT FROM erased_post e WHERE e.list_id = {0}.list_id"
    " AND e.message_id = {0}.message_id)"
)
IN_WORK = "(lease_until IS NOT NULL AND lease_until >= clock_timestamp())"
ENVELOPE = (
    "(lower(reverse_path) = ANY (%(forms)s) OR lower(recipient) = ANY (%(forms)s))"
)

OWN = (
    Place(
        table="archive_message",
        deed="delete",
        about="posts of theirs in archives",
        why="what they wrote; its permalink answers that it was taken out",
        columns=("message_id", "author", "author_name", "subject", "stem"),
        where="lower(author) = ANY (%(forms)s)",
        shown="id, list_id, message_id, permalink, sequence, sent_at, author,"
        " author_name, subject, size, attachments, archived_at",
        by_code=True,
    ),
    Place(
        table="spool_item",
        deed="delete",
        about="mail of theirs or for them that waits in a room",
        why="they want nothing of it done any more",
        columns=("reverse_path", "recipient", "message_id"),
        where=f"stage <> 'send' AND NOT {IN_WORK}"
        f" AND ({ENVELOPE} OR {_POST.format('spool_item')})",
        shown="id, stage, state, list_id, message_id, reverse_path, recipient, meta,"
        " created_at",
    ),
    Place(
        table="attachment",
        deed="delete",
        about="files taken out of their posts",
        why="part of a post of theirs",
        columns=("message_id", "name"),
        where=_POST.format("attachment"),
        shown="id, list_id, message_id, name, media_type, size, created_at",
    ),
    Place(
        table="message_topic",
        deed="delete",
        about="topics of their posts",
        why="part of a post of theirs",
        columns=("message_id",),
        where=_POST.format("message_topic"),
    ),
    Place(
        table="digest_entry",
        deed="delete",
        about="their posts on the way into a digest",
        why="a post of theirs",
        columns=("message_id", "author"),
        where=f"lower(author) = ANY (%(forms)s) OR {_POST.format('digest_entry')}",
        shown="id, list_id, issue_id, message_id, sequence, author, topics, created_at",
    ),
    Place(
        table="request_key",
        deed="delete",
        about="keys that were mailed to them",
        why="who is not here decides nothing",
        columns=("holder",),
        where="lower(holder) = ANY (%(forms)s)",
        shown="request_id, action, holder, created_at",
    ),
    Place(
        table="request",
        deed="delete",
        about="what they asked for, and what was asked about them",
        why="about them alone; what still waits is withdrawn by it",
        columns=("author", "person", "reverse_path", "author_key"),
        where="lower(author) = ANY (%(forms)s) OR lower(person) = ANY (%(forms)s)",
    ),
    Place(
        table="watching",
        deed="delete",
        about="what they have before their eyes",
        why="gone in a minute anyway",
        columns=("person",),
        where="lower(person) = ANY (%(forms)s)",
    ),
    Place(
        table="bounce_event",
        deed="delete",
        about="bounces of their address",
        why="evidence about them alone",
        columns=("address",),
        where="lower(address) = ANY (%(forms)s)",
    ),
    Place(
        table="bounce_action",
        deed="delete",
        about="what was done because of those",
        why="about them alone",
        columns=("address", "before"),
        where="lower(address) = ANY (%(forms)s)",
    ),
    Place(
        table="suppression",
        deed="delete",
        about="domains whose lists must not write to them",
        why="nothing is sent to whom no list knows",
        columns=("address_key",),
        where="address_key = ANY (%(forms)s)",
    ),
    Place(
        table="exclusion",
        deed="delete",
        about="lists whose sources must not bring them back",
        why="names them; where a source still has them, the report says so",
        columns=("address_key",),
        where="address_key = ANY (%(forms)s)",
    ),
    Place(
        table="inclusion",
        deed="keep",
        about="sources that give them",
        why="the next round brings them back: take them out of the source",
        where="person_id = %(number)s",
        shown="source_id, (SELECT list_id FROM data_source d WHERE d.id = source_id)",
    ),
    Place(
        table="notice_count",
        deed="delete",
        about="how many answers of ours they got, by day",
        why="about them alone",
        columns=("address_key",),
        where="address_key = ANY (%(forms)s)",
    ),
    Place(
        table="seen",
        deed="delete",
        about="Message-IDs that hold the address",
        why="names them; a copy that comes again is judged as a new post",
        columns=("message_id",),
        where=names("message_id"),
    ),
    Place(
        table="subscription",
        deed="delete",
        about="their subscriptions, with options and attributes",
        why="their own",
        columns=("attributes",),
        where="person_id = %(number)s",
    ),
    Place(
        table="role",
        deed="delete",
        about="lists and domains that they look after",
        why="their own; a list that has no owner left is told",
        columns=("info",),
        where="person_id = %(number)s",
    ),
    Place(
        table="person",
        deed="delete",
        about="their name, address and language",
        why="their own",
        columns=("address", "address_key", "display_name"),
        where="id = %(number)s",
    ),
)
