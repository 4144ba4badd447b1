"""Members, owners and moderators from sources; jobs that pause and fan out.

Only adds: for the previous release whoever a source gave is a member like any other.

Revision: 0005   after: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE data_source (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT NOT NULL,
    role TEXT DEFAULT 'member' NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    config JSONB DEFAULT '{}' NOT NULL,
    from_list_id BIGINT,
    enabled BOOLEAN DEFAULT true NOT NULL,
    ttl BIGINT DEFAULT 3600 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_ok_at TIMESTAMP WITH TIME ZONE,
    last_rows BIGINT,
    last_refused BIGINT,
    last_error TEXT,
    CONSTRAINT data_source_pkey PRIMARY KEY (id),
    CONSTRAINT data_source_list_id_role_name_key UNIQUE (list_id, role, name),
    CONSTRAINT data_source_role_check CHECK (role IN ('member', 'owner', 'moderator')),
    CONSTRAINT data_source_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT data_source_from_list_id_fkey FOREIGN KEY(from_list_id) REFERENCES mailing_list (id)
);

CREATE INDEX data_source_from_list_id_idx ON data_source (from_list_id);

CREATE TABLE source_sync (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    state TEXT DEFAULT 'new' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    item_id BIGINT,
    failures BIGINT DEFAULT 0 NOT NULL,
    last_ok_at TIMESTAMP WITH TIME ZONE,
    detail JSONB DEFAULT '{}' NOT NULL,
    approved BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT source_sync_pkey PRIMARY KEY (id),
    CONSTRAINT source_sync_list_id_role_key UNIQUE (list_id, role),
    CONSTRAINT source_sync_role_check CHECK (role IN ('member', 'owner', 'moderator')),
    CONSTRAINT source_sync_state_check CHECK (state IN ('new', 'ok', 'failing', 'stopped')),
    CONSTRAINT source_sync_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE INDEX source_sync_due_at_idx ON source_sync (due_at);

CREATE TABLE inclusion (
    source_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    CONSTRAINT inclusion_pkey PRIMARY KEY (source_id, person_id),
    CONSTRAINT inclusion_source_id_fkey FOREIGN KEY(source_id) REFERENCES data_source (id) ON DELETE CASCADE,
    CONSTRAINT inclusion_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE INDEX inclusion_person_id_idx ON inclusion (person_id);

CREATE TABLE exclusion (
    list_id BIGINT NOT NULL,
    address_key TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT exclusion_pkey PRIMARY KEY (list_id, address_key),
    CONSTRAINT exclusion_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE INDEX exclusion_address_key_idx ON exclusion (address_key);

CREATE TABLE job_pause (
    job TEXT NOT NULL,
    paused_by TEXT NOT NULL,
    paused_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT job_pause_pkey PRIMARY KEY (job)
);
"""

# The columns have constant defaults: no table is written anew.
COLUMNS = """
ALTER TABLE subscription ADD COLUMN subscribed BOOLEAN DEFAULT true NOT NULL;
ALTER TABLE role ADD COLUMN granted BOOLEAN DEFAULT true NOT NULL;
ALTER TABLE job_run ADD COLUMN attempts SMALLINT DEFAULT 0 NOT NULL;
ALTER TABLE job_run ADD COLUMN item_id BIGINT;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(COLUMNS)


def downgrade() -> None:
    op.execute(
        """
        ALTER TABLE job_run DROP COLUMN attempts, DROP COLUMN item_id;
        ALTER TABLE role DROP COLUMN granted;
        ALTER TABLE subscription DROP COLUMN subscribed;
        DROP TABLE job_pause, exclusion, inclusion, source_sync, data_source;
        """
    )
