r"""Families: templates of lists; lists that are made by their first post.

Only adds: the previous release knows no families, takes no mail for lists that are not
made yet, and judges the first posts of those that are without waiting for members.

Revision: 0011   after: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE family (
    name TEXT NOT NULL,
    domain_id BIGINT,
    pattern TEXT,
    expression TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT family_pkey PRIMARY KEY (name),
    CONSTRAINT family_pattern_and_expression_check CHECK ((pattern IS NULL) = (expression IS NULL)),
    CONSTRAINT family_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id) ON DELETE CASCADE
);

CREATE INDEX family_domain_id_idx ON family (domain_id);

CREATE TABLE family_version (
    family TEXT NOT NULL,
    version BIGINT NOT NULL,
    document JSONB NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT family_version_pkey PRIMARY KEY (family, version),
    CONSTRAINT family_version_family_fkey FOREIGN KEY(family) REFERENCES family (name) ON DELETE CASCADE
);

CREATE TABLE family_list (
    list_id BIGINT NOT NULL,
    family TEXT NOT NULL,
    given JSONB DEFAULT '{}' NOT NULL,
    version BIGINT NOT NULL,
    tried BIGINT NOT NULL,
    problem TEXT,
    automatic BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT family_list_pkey PRIMARY KEY (list_id),
    CONSTRAINT family_list_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT family_list_family_fkey FOREIGN KEY(family) REFERENCES family (name)
);

CREATE INDEX family_list_behind ON family_list (family, tried);
"""

# A constant default: the table is not written anew.
COLUMNS = """
ALTER TABLE mailing_list ADD COLUMN dormant BOOLEAN DEFAULT false NOT NULL;
"""

# The level of a family: what it makes of one list, below the list's own values.
_SCOPE = """
ALTER TABLE setting_version DROP CONSTRAINT setting_version_scope_check;
ALTER TABLE setting_version ADD CONSTRAINT setting_version_scope_check CHECK (
    CASE scope WHEN 'site' THEN domain_id IS NULL AND list_id IS NULL
               WHEN 'domain' THEN domain_id IS NOT NULL AND list_id IS NULL
               @family@WHEN 'list' THEN domain_id IS NULL AND list_id IS NOT NULL
               ELSE false END) NOT VALID;
ALTER TABLE setting_version VALIDATE CONSTRAINT setting_version_scope_check;
"""
_OR_FAMILY = (
    "WHEN 'family' THEN domain_id IS NULL AND list_id IS NOT NULL\n               "
)

# The one place that says which address would become a list: intake and Postfix ask it.
# The rules of names are those of listhub.mail.recipient, the last one that of
# listhub.lists.families.pattern; a test compares them.
AUTOMATIC = r"""
CREATE FUNCTION automatic_family(local text, of_domain bigint) RETURNS SETOF text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = public, pg_temp
AS $$
    SELECT f.name FROM family f
     WHERE f.expression IS NOT NULL
       AND (f.domain_id IS NULL OR f.domain_id = $2)
       AND $1 ~ '^[a-z0-9][a-z0-9.+_-]{0,51}$'
       AND $1 !~ '^bounce[+]|-(request|editor|subscribe|unsubscribe|owner)$'
       AND $1 NOT IN ('listmaster', 'bounce', 'mailer-daemon', 'sympa', 'listhub')
       AND strpos($1, '--') = 0
       AND $1 ~ f.expression
     ORDER BY f.domain_id IS NULL, f.name
     LIMIT 1
$$;
"""

_FUNCTION = r"""
CREATE OR REPLACE FUNCTION postfix_recipient(address text) RETURNS SETOF text
LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
SET search_path = public, pg_temp
AS $$
    WITH asked AS (
        SELECT lower($1) AS address,
               substring(lower($1) FROM '^(.+)@[^@]+$') AS local,
               substring(lower($1) FROM '^.+@([^@]+)$') AS domain
    )
    SELECT asked.address
      FROM asked JOIN domain d ON d.name = asked.domain
     WHERE asked.local IN ('listmaster', 'sympa', 'listhub')
        OR asked.local LIKE 'bounce+%'
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE m.address = asked.address AND m.status = 'open')
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE m.address = regexp_replace(asked.local, '-(request|editor|subscribe|unsubscribe)$', '') || '@' || asked.domain
                      AND m.status = 'open')
        -- late bounces of a closed list are still bounces
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE asked.local LIKE '%-owner'
                      AND m.address = regexp_replace(asked.local, '-owner$', '') || '@' || asked.domain)@automatic@
$$;
"""
_OR_AUTOMATIC = """
        -- a list that its first post would make
        OR (NOT EXISTS (SELECT FROM mailing_list m WHERE m.address = asked.address)
            AND EXISTS (SELECT FROM automatic_family(asked.local, d.id)))"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(COLUMNS)
    op.execute(_SCOPE.replace("@family@", _OR_FAMILY))
    op.execute(AUTOMATIC)
    op.execute(_FUNCTION.replace("@automatic@", _OR_AUTOMATIC))


def downgrade() -> None:
    op.execute(_FUNCTION.replace("@automatic@", ""))
    op.execute("DROP FUNCTION automatic_family(text, bigint)")
    op.execute("DELETE FROM setting_version WHERE scope = 'family'")
    op.execute(_SCOPE.replace("@family@", ""))
    op.execute("ALTER TABLE mailing_list DROP COLUMN dormant")
    op.execute("DROP TABLE family_list, family_version, family")
