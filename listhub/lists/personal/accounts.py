"""How the person gets in, and what lets programs in for them: it goes."""

from listhub.lists.personal.place import Place, names

_THEIRS = "person_id = %(number)s"
_TOKENS = "SELECT id FROM api_token WHERE person_id = %(number)s"

ACCOUNTS = (
    Place(
        table="web_session",
        deed="delete",
        about="where they are signed in",
        why="who is not here is not signed in",
        columns=("user_agent", "came_from"),
        where=_THEIRS,
        shown="method, second_factor_at, user_agent, came_from, created_at, seen_at,"
        " expires_at",
    ),
    Place(
        table="sign_in_link",
        deed="delete",
        about="links to sign in that they asked for",
        why="their own",
        columns=("address", "next_path"),
        where="lower(address) = ANY (%(forms)s)",
        shown="address, next_path, created_at, expires_at, used_at",
    ),
    Place(
        table="password",
        deed="delete",
        about="their password, as a hash",
        why="their own",
        where=_THEIRS,
        shown="changed_at",
    ),
    Place(
        table="second_factor",
        deed="delete",
        about="their second factor",
        why="their own",
        where=_THEIRS,
        shown="created_at, confirmed_at",
    ),
    Place(
        table="recovery_code",
        deed="delete",
        about="codes for when the second factor is lost",
        why="their own",
        where=_THEIRS,
        shown="created_at",
    ),
    Place(
        table="identity",
        deed="delete",
        about="who they are at other providers",
        why="their own",
        columns=("issuer", "subject", "address"),
        where=f"{_THEIRS} OR lower(address) = ANY (%(forms)s)",
        shown="issuer, subject, address, created_at, seen_at",
    ),
    Place(
        table="api_answer",
        deed="delete",
        about="answers of the API to them, or that name them",
        why="kept for a day for calls that are repeated",
        columns=("key", "headers", "body"),
        where=f"token_id IN ({_TOKENS}) OR {names('key')} OR {names('body')}"
        f" OR {names('headers::text')}",
        shown="key, status, headers, body, created_at",
    ),
    Place(
        table="api_token",
        deed="delete",
        about="tokens of the API that act in their name",
        why="a token never may more than whoever made it",
        columns=("name",),
        where=_THEIRS,
        shown="id, name, rights, domain_id, list_id, created_at, expires_at, used_at,"
        " revoked_at, revoked_by",
    ),
    Place(
        table="api_token",
        deed="rewrite",
        about="tokens of others that they revoked, or whose name has theirs",
        why="somebody else's",
        columns=("name", "revoked_by"),
        shown="id, revoked_at, revoked_by",
    ),
    Place(
        table="rate_limit",
        deed="delete",
        about="how often they tried something of late",
        why="about them alone",
        columns=("subject",),
        where="lower(subject) = ANY (%(forms)s)",
    ),
)
