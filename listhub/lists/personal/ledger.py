"""What the ledger of sending says of a person: who else got what has to stay."""

from listhub.lists.personal.place import Place, names, names_octets

_SENT = (
    "NOT EXISTS (SELECT FROM packet"
    " WHERE packet.outgoing_id = outgoing.id AND packet.settled_at IS NULL)"
)
_NAMED_IN_COPY = (
    "(lower(author) = ANY (%(forms)s)"  # noqa: S608 - no values in it
    # Texts may be encoded: what has their posts in it is known by its trace.
    " OR trace IN (SELECT trace FROM erased_trace)"
    f" OR {names_octets('head')} OR {names('treatment::text')}"
    " OR EXISTS (SELECT FROM packet p WHERE p.outgoing_id = outgoing.id"
    f" AND outgoing.recipients = 1 AND {names('p.recipients[1]')})"
    " OR EXISTS (SELECT FROM body b WHERE b.id = outgoing.body_id"
    f" AND {names_octets('b.content')}))"
)

LEDGER = (
    Place(
        table="outgoing",
        deed="empty",
        about="copies that were sent and name them",
        why="the content goes, theirs or not; how many got one and when stays",
        columns=("head", "author", "treatment", "message_id", "bounce_address"),
        values="head = '', body_id = NULL, body_offset = 0, treatment = '{}',"
        " author = CASE WHEN lower(author) = ANY (%(forms)s) THEN %(pseudonym)s"
        " ELSE author END",
        where=f"head <> '' AND {_SENT} AND {_NAMED_IN_COPY}",
        shown="id, list_id, message_id, sequence, author, mode, recipients, created_at",
    ),
    Place(
        table="outgoing",
        deed="rewrite",
        about="envelopes and Message-IDs of copies that were sent",
        why="one line of a ledger that is otherwise about others",
        columns=("message_id", "bounce_address"),
        where=_SENT,
        shown="id, list_id, message_id, bounce_address",
        exported=False,
    ),
    Place(
        table="outgoing",
        deed="keep",
        about="copies that are being sent",
        why="emptied when it is run again after they are sent",
        where=f"NOT {_SENT} AND {_NAMED_IN_COPY}",
        shown="id, list_id, message_id, sequence, author, mode, recipients, created_at",
    ),
    Place(
        table="packet",
        deed="rewrite",
        about="packets of recipients in which they are",
        why="others' places in a packet count from its first",
        columns=("recipients",),
        arrays=("recipients",),
        where="settled_at IS NOT NULL",
        shown="id, outgoing_id, created_at, settled_at",
    ),
    Place(
        table="packet",
        deed="empty",
        about="packets that begin or end with them",
        why="a limit that still holds between it what it held",
        columns=("first_key", "last_key"),
        # "domain local", in the order of code points: wider is safe.
        values="first_key = CASE WHEN lower(first_key) = ANY (%(keys)s)"
        " THEN split_part(first_key, ' ', 1) ELSE first_key END,"
        " last_key = CASE WHEN lower(last_key) = ANY (%(keys)s)"
        " THEN split_part(last_key, ' ', 1) || ' ' || chr(1114111) ELSE last_key END",
        where="settled_at IS NOT NULL AND"
        " (lower(first_key) = ANY (%(keys)s) OR lower(last_key) = ANY (%(keys)s))",
        shown="id",
        exported=False,
    ),
    Place(
        table="packet",
        deed="keep",
        about="packets under way in which they are",
        why="rewritten when it is run again after they are sent",
        columns=("recipients",),
        arrays=("recipients",),
        where="settled_at IS NULL",
        shown="id, outgoing_id, created_at",
    ),
    Place(
        table="outcome",
        deed="rewrite",
        about="answers of relays that name them",
        why="what a relay said of a run of recipients",
        columns=("reply",),
        shown="packet_id, first, last, state, at, reply",
    ),
)
