"""The first schema: the domain, the spool, what leaves, the ledger.

Revision: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    list_id BIGINT,
    detail JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (id)
);

CREATE INDEX audit_at_idx ON audit (at);

CREATE INDEX audit_list_id_idx ON audit (list_id);

CREATE TABLE body (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    digest BYTEA NOT NULL,
    size BIGINT NOT NULL,
    content BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_put TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT body_pkey PRIMARY KEY (id),
    CONSTRAINT body_digest_key UNIQUE (digest)
);

CREATE INDEX body_last_put_idx ON body (last_put);

CREATE TABLE domain (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT domain_pkey PRIMARY KEY (id),
    CONSTRAINT domain_lower_case_check CHECK (name = lower(name)),
    CONSTRAINT domain_name_key UNIQUE (name)
);

CREATE TABLE intake_retry (
    digest BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT intake_retry_pkey PRIMARY KEY (digest)
);

CREATE INDEX intake_retry_at_idx ON intake_retry (at);

CREATE TABLE job_run (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    job TEXT NOT NULL,
    scope TEXT DEFAULT 'site' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT,
    detail TEXT,
    CONSTRAINT job_run_pkey PRIMARY KEY (id)
);

CREATE INDEX job_run_finished_at ON job_run (finished_at);

CREATE UNIQUE INDEX job_run_once ON job_run (job, scope, due_at);

CREATE TABLE outcome (
    packet_id BIGINT NOT NULL,
    first SMALLINT NOT NULL,
    last SMALLINT NOT NULL,
    state TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    attempt SMALLINT NOT NULL,
    relay TEXT NOT NULL,
    code SMALLINT NOT NULL,
    enhanced TEXT NOT NULL,
    reply TEXT NOT NULL,
    host TEXT NOT NULL,
    CONSTRAINT outcome_state_check CHECK (state IN ('delivered', 'deferred', 'refused', 'expired', 'possible_duplicate'))
)
 PARTITION BY RANGE (at);

CREATE INDEX outcome_packet ON outcome (packet_id);

CREATE TABLE person (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    address TEXT NOT NULL,
    address_key TEXT NOT NULL,
    display_name TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT person_pkey PRIMARY KEY (id),
    CONSTRAINT person_address_key_key UNIQUE (address_key)
);

CREATE TABLE seen (
    list_id BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT seen_pkey PRIMARY KEY (list_id, message_id)
);

CREATE INDEX seen_at_idx ON seen (at);

CREATE TABLE spool_history (
    item_id BIGINT NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    stage TEXT NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    owner TEXT,
    attempts SMALLINT NOT NULL,
    priority SMALLINT NOT NULL,
    list_id BIGINT,
    body_id BIGINT,
    ref BIGINT,
    trace UUID NOT NULL,
    message_id TEXT,
    reverse_path TEXT,
    recipient TEXT,
    meta JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT spool_history_pkey PRIMARY KEY (item_id, settled_at)
)
 PARTITION BY RANGE (settled_at);

CREATE INDEX spool_history_settled ON spool_history USING brin (settled_at);

CREATE INDEX spool_history_message_id ON spool_history (message_id);

CREATE INDEX spool_history_trace ON spool_history (trace);

CREATE TABLE spool_item (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    stage TEXT NOT NULL,
    state TEXT DEFAULT 'ready' NOT NULL,
    priority SMALLINT DEFAULT 5 NOT NULL,
    rank TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    lease_until TIMESTAMP WITH TIME ZONE,
    token UUID,
    owner TEXT,
    attempts SMALLINT DEFAULT 0 NOT NULL,
    list_id BIGINT,
    body_id BIGINT,
    ref BIGINT,
    trace UUID NOT NULL,
    message_id TEXT,
    reverse_path TEXT,
    recipient TEXT,
    meta JSONB DEFAULT '{}' NOT NULL,
    reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT spool_item_pkey PRIMARY KEY (id),
    CONSTRAINT spool_item_state_check CHECK (state IN ('ready', 'deferred', 'parked', 'held', 'buried'))
);

CREATE INDEX spool_item_aside ON spool_item (stage, state) WHERE state IN ('parked', 'held', 'buried');

CREATE INDEX spool_item_due ON spool_item (stage, due_at) WHERE state = 'deferred';

CREATE INDEX spool_item_ready ON spool_item (stage, rank, id) WHERE state = 'ready';

CREATE TABLE mailing_list (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    domain_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    status TEXT DEFAULT 'open' NOT NULL,
    sequence BIGINT DEFAULT 0 NOT NULL,
    send_clock TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT mailing_list_pkey PRIMARY KEY (id),
    CONSTRAINT mailing_list_status_check CHECK (status IN ('open', 'closed')),
    CONSTRAINT mailing_list_lower_case_check CHECK (address = lower(address)),
    CONSTRAINT mailing_list_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id),
    CONSTRAINT mailing_list_address_key UNIQUE (address)
);

CREATE INDEX mailing_list_domain_id_idx ON mailing_list (domain_id);

CREATE TABLE archive_message (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    permalink TEXT NOT NULL,
    sequence BIGINT,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    author TEXT DEFAULT '' NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    body_id BIGINT NOT NULL,
    trace UUID NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT archive_message_pkey PRIMARY KEY (id),
    CONSTRAINT archive_message_list_id_message_id_key UNIQUE (list_id, message_id),
    CONSTRAINT archive_message_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT archive_message_body_id_fkey FOREIGN KEY(body_id) REFERENCES body (id)
);

CREATE INDEX archive_message_body_id_idx ON archive_message (body_id);

CREATE INDEX archive_message_date ON archive_message (list_id, sent_at);

CREATE INDEX archive_message_hash ON archive_message (list_id, permalink);

CREATE TABLE bounce_event (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT,
    subscription_id BIGINT,
    address TEXT NOT NULL,
    outgoing_id BIGINT,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    source TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    diagnostic TEXT NOT NULL,
    body_id BIGINT,
    trace UUID NOT NULL,
    CONSTRAINT bounce_event_pkey PRIMARY KEY (id),
    CONSTRAINT bounce_event_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT bounce_event_body_id_fkey FOREIGN KEY(body_id) REFERENCES body (id)
);

CREATE INDEX bounce_event_at ON bounce_event (at);

CREATE INDEX bounce_event_body_id_idx ON bounce_event (body_id);

CREATE INDEX bounce_event_list ON bounce_event (list_id, at);

CREATE UNIQUE INDEX bounce_event_once ON bounce_event (source, source_id, address);

CREATE INDEX bounce_event_subscription ON bounce_event (subscription_id, at);

CREATE INDEX bounce_event_trace ON bounce_event (trace);

CREATE TABLE outgoing (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT,
    trace UUID NOT NULL,
    message_id TEXT NOT NULL,
    sequence BIGINT,
    head BYTEA NOT NULL,
    body_id BIGINT,
    body_offset BIGINT DEFAULT 0 NOT NULL,
    bounce_address TEXT NOT NULL,
    author TEXT DEFAULT '' NOT NULL,
    mode TEXT DEFAULT 'each' NOT NULL,
    recipients BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT outgoing_pkey PRIMARY KEY (id),
    CONSTRAINT outgoing_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE SET NULL,
    CONSTRAINT outgoing_body_id_fkey FOREIGN KEY(body_id) REFERENCES body (id)
);

CREATE INDEX outgoing_body_id_idx ON outgoing (body_id);

CREATE INDEX outgoing_created_at ON outgoing (created_at);

CREATE INDEX outgoing_list ON outgoing (list_id, created_at);

CREATE INDEX outgoing_message_id ON outgoing (message_id);

CREATE INDEX outgoing_trace ON outgoing (trace);

CREATE TABLE role (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT,
    domain_id BIGINT,
    person_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT role_pkey PRIMARY KEY (id),
    CONSTRAINT role_kind_check CHECK (kind IN ('owner', 'moderator', 'listmaster')),
    CONSTRAINT role_scope_check CHECK (CASE kind WHEN 'listmaster' THEN list_id IS NULL ELSE list_id IS NOT NULL AND domain_id IS NULL END),
    CONSTRAINT role_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT role_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id) ON DELETE CASCADE,
    CONSTRAINT role_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE INDEX role_domain_id_idx ON role (domain_id);

CREATE INDEX role_list_id_idx ON role (list_id);

CREATE UNIQUE INDEX role_once ON role (person_id, kind, coalesce(list_id, 0), coalesce(domain_id, 0));

CREATE TABLE setting_version (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    scope TEXT NOT NULL,
    domain_id BIGINT,
    list_id BIGINT,
    version BIGINT NOT NULL,
    values JSONB NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT setting_version_pkey PRIMARY KEY (id),
    CONSTRAINT setting_version_scope_check CHECK (CASE scope WHEN 'site' THEN domain_id IS NULL AND list_id IS NULL WHEN 'domain' THEN domain_id IS NOT NULL AND list_id IS NULL WHEN 'list' THEN domain_id IS NULL AND list_id IS NOT NULL ELSE false END),
    CONSTRAINT setting_version_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id) ON DELETE CASCADE,
    CONSTRAINT setting_version_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX setting_version_newest ON setting_version (scope, coalesce(domain_id, 0), coalesce(list_id, 0), version);

CREATE TABLE subscription (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    reception TEXT DEFAULT 'each' NOT NULL,
    own_posts BOOLEAN DEFAULT true NOT NULL,
    concealed BOOLEAN DEFAULT false NOT NULL,
    suspended_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT subscription_pkey PRIMARY KEY (id),
    CONSTRAINT subscription_list_id_person_id_key UNIQUE (list_id, person_id),
    CONSTRAINT subscription_reception_check CHECK (reception IN ('each', 'digest', 'digest_text', 'index', 'notice', 'text', 'urlize', 'none')),
    CONSTRAINT subscription_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT subscription_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE INDEX subscription_person_id_idx ON subscription (person_id);

CREATE TABLE packet (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    outgoing_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    verp BOOLEAN NOT NULL,
    recipients TEXT[] NOT NULL,
    subscriptions BIGINT[] NOT NULL,
    first_key TEXT NOT NULL,
    last_key TEXT NOT NULL,
    tries SMALLINT DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT packet_pkey PRIMARY KEY (id),
    CONSTRAINT packet_outgoing_id_fkey FOREIGN KEY(outgoing_id) REFERENCES outgoing (id) ON DELETE CASCADE
)
 WITH (fillfactor = 90);

CREATE INDEX packet_outgoing ON packet (outgoing_id, n);
"""

# The bytes are stored as they are: compressing 10 KB costs more than writing them.
# The hot rows are updated in place (HOT) and vacuumed by count, not by share of a
# table whose size swings between nothing and a million.
TUNING = """
ALTER TABLE body ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE spool_item SET (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0.1,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 5000,
    autovacuum_vacuum_cost_limit = 2000
);
ALTER TABLE mailing_list SET (fillfactor = 70);
CREATE TABLE spool_history_default PARTITION OF spool_history DEFAULT;
CREATE TABLE outcome_default PARTITION OF outcome DEFAULT;
"""

POSTFIX = r"""
-- What Postfix may ask (listhub postfix config prints the pgsql: maps for it).
-- Two functions instead of views: a view over "every address that exists" cannot be indexed.
-- SETOF, so that "not known" is zero rows: Postfix warns about an empty or NULL value.
-- SECURITY DEFINER, so that Postfix's role needs EXECUTE on these two and no table at all.
-- Only what intake serves is named: what Postfix takes and we then refuse becomes backscatter.

CREATE FUNCTION postfix_domain(name text) RETURNS SETOF text
LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
SET search_path = public, pg_temp
AS $$
    SELECT d.name FROM domain d WHERE d.name = lower($1)
$$;

CREATE FUNCTION postfix_recipient(address text) RETURNS SETOF text
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
     WHERE asked.local = 'listmaster'
        OR asked.local LIKE 'bounce+%'
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE m.address = asked.address AND m.status = 'open')
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE m.address = regexp_replace(asked.local, '-(request|editor)$', '') || '@' || asked.domain
                      AND m.status = 'open')
        -- late bounces of a closed list are still bounces
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE asked.local LIKE '%-owner'
                      AND m.address = regexp_replace(asked.local, '-owner$', '') || '@' || asked.domain)
$$;

REVOKE ALL ON FUNCTION postfix_domain(text), postfix_recipient(text) FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(TUNING)
    op.execute(POSTFIX)


def downgrade() -> None:
    op.execute("DROP FUNCTION postfix_domain(text), postfix_recipient(text)")
    op.execute(
        """
        DROP TABLE archive_message, audit, body, bounce_event, domain, intake_retry,
            job_run, mailing_list, outcome, outgoing, packet, person, role, seen,
            setting_version, spool_history, spool_item, subscription
        """
    )
