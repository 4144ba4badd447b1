"""What is about something else, and names the person: a pseudonym takes their place."""

from listhub.lists.personal.own import ENVELOPE, IN_WORK
from listhub.lists.personal.place import Place

IN_FORCE_FILE = (
    "NOT EXISTS (SELECT FROM custom_file newer WHERE newer.id > custom_file.id"
    " AND newer.path = custom_file.path"
    " AND (newer.domain_id, newer.list_id, newer.family) IS NOT DISTINCT FROM"
    " (custom_file.domain_id, custom_file.list_id, custom_file.family))"
)
IN_FORCE_SETTING = (
    "NOT EXISTS (SELECT FROM setting_version newer"
    " WHERE newer.version > setting_version.version"
    " AND (newer.scope, newer.domain_id, newer.list_id) IS NOT DISTINCT FROM"
    " (setting_version.scope, setting_version.domain_id, setting_version.list_id))"
)
IN_FORCE_FAMILY = (
    "NOT EXISTS (SELECT FROM family_version newer"
    " WHERE newer.family = family_version.family"
    " AND newer.version > family_version.version)"
)

NAMED = (
    Place(
        table="audit",
        deed="rewrite",
        about="what they did, and what was done to them",
        why="who did what has to be accountable; the pseudonym cannot be turned back",
        columns=("actor", "object", "detail"),
        json=("detail",),
    ),
    Place(
        table="spool_history",
        deed="rewrite",
        about="mail of theirs or for them that was handled",
        why="what became of a mail is kept for its time, without who it was",
        columns=("reverse_path", "recipient", "message_id", "note", "meta"),
        json=("meta",),
        shown="item_id, settled_at, stage, verdict, note, list_id, message_id,"
        " reverse_path, recipient, meta",
    ),
    Place(
        table="spool_item",
        deed="rewrite",
        about="other mail in a room that names them",
        why="somebody else's mail; who approved it, say, is not needed to go on",
        columns=("message_id", "meta", "reason", "error"),
        json=("meta",),
        where=f"NOT {IN_WORK} AND NOT coalesce({ENVELOPE}, false)",
        shown="id, stage, state, list_id, message_id, meta, created_at",
    ),
    Place(
        table="spool_item",
        deed="keep",
        about="mail of theirs or for them that is being worked on",
        why="gone in a moment; run it again",
        where=f"{ENVELOPE} AND {IN_WORK}",
        shown="id, stage, list_id, message_id, reverse_path, recipient, created_at",
    ),
    Place(
        table="request",
        deed="rewrite",
        about="what they decided or wrote about others' requests",
        why="the decision is part of what somebody else asked for",
        columns=(
            *("decided_by", "claimed_by", "detail", "subject", "why", "note", "reason"),
            *("message_id", "reverse_path", "spam", "stem"),
        ),
        json=("detail",),
        shown="id, kind, state, list_id, decided_at, decided_by, decided_how, reason",
    ),
    Place(
        table="decision",
        deed="rewrite",
        about="what they decided about many at once, or undid",
        why="the decision is part of what others asked for",
        columns=("decided_by", "undone_by", "options", "selection"),
        json=("options", "selection"),
    ),
    Place(
        table="decision_request",
        deed="rewrite",
        about="why decisions were not carried out, where that names them",
        why="about somebody else's request",
        columns=("reason",),
    ),
    Place(
        table="bounce_event",
        deed="rewrite",
        about="bounces of others that name them",
        why="evidence about somebody else",
        columns=("diagnostic",),
        shown="id, list_id, at, diagnostic",
    ),
    Place(
        table="bounce_action",
        deed="rewrite",
        about="what they did about others' bounces",
        why="about somebody else",
        columns=("why", "undone_by", "before"),
        json=("before",),
        shown="id, list_id, at, action, why, undone_at, undone_by",
    ),
    Place(
        table="bounce_breaker",
        deed="rewrite",
        about="texts of bounces of many that name them",
        why="one example of what many were told",
        columns=("diagnostic", "alike"),
    ),
    Place(
        table="suppression",
        deed="rewrite",
        about="suppressions of others that they asked for",
        why="about somebody else",
        columns=("why",),
        shown="domain_id, why, created_at",
    ),
    Place(
        table="notice_waiting",
        deed="rewrite",
        about="notices to others that name them",
        why="about a list",
        columns=("detail",),
        json=("detail",),
    ),
    Place(
        table="job_run",
        deed="rewrite",
        about="results of jobs that name them",
        why="about a job",
        columns=("detail", "scope"),
    ),
    Place(
        table="job_pause",
        deed="rewrite",
        about="jobs that they paused",
        why="about a job",
        columns=("paused_by",),
    ),
    Place(
        table="source_sync",
        deed="rewrite",
        about="rounds of sources that name them",
        why="about a list",
        columns=("detail",),
        json=("detail",),
        shown="id, list_id, role, detail",
    ),
    Place(
        table="data_source",
        deed="rewrite",
        about="errors of sources that name them",
        why="about a source",
        columns=("last_error",),
        shown="id, list_id, name, last_error",
    ),
    Place(
        table="custom_file",
        deed="rewrite",
        about="who changed a file",
        why="a file has its history",
        columns=("changed_by",),
        shown="id, path, changed_by, changed_at",
    ),
    Place(
        table="custom_file",
        deed="rewrite",
        about="older versions of files that name them",
        why="not in force",
        columns=("content",),
        where=f"NOT {IN_FORCE_FILE}",
        shown="id, path, changed_at",
    ),
    Place(
        table="setting_version",
        deed="rewrite",
        about="who changed settings",
        why="settings have their history",
        columns=("changed_by",),
        shown="id, scope, version, changed_by, changed_at",
    ),
    Place(
        table="setting_version",
        deed="rewrite",
        about="older settings that name them",
        why="not in force",
        columns=("values",),
        json=("values",),
        where=f"NOT {IN_FORCE_SETTING}",
        shown="id, scope, version, changed_at",
    ),
    Place(
        table="family_version",
        deed="rewrite",
        about="who changed a family",
        why="families have their history",
        columns=("changed_by",),
        shown="family, version, changed_by, changed_at",
    ),
    Place(
        table="family_version",
        deed="rewrite",
        about="older versions of families that name them",
        why="not in force",
        columns=("document",),
        json=("document",),
        where=f"NOT {IN_FORCE_FAMILY}",
        shown="family, version, changed_at",
    ),
    Place(
        table="family_list",
        deed="rewrite",
        about="why lists cannot follow their family, where that names them",
        why="about a list",
        columns=("problem",),
        shown="list_id, family, problem",
    ),
)
