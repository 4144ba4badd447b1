"""What a list does and who may ask for what: requests, files, topics, digests, notices.

Only adds: the previous release goes on working on this schema.  Settings that got
other names are copied, and the old ones stay for the previous release.

Revision: 0002   after: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE custom_file (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    scope TEXT NOT NULL,
    domain_id BIGINT,
    list_id BIGINT,
    family TEXT,
    path TEXT NOT NULL,
    content TEXT,
    changed_by TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT custom_file_pkey PRIMARY KEY (id),
    CONSTRAINT custom_file_scope_check CHECK (CASE scope WHEN 'site' THEN num_nonnulls(domain_id, list_id, family) = 0 WHEN 'domain' THEN domain_id IS NOT NULL AND num_nonnulls(list_id, family) = 0 WHEN 'family' THEN family IS NOT NULL AND list_id IS NULL WHEN 'list' THEN list_id IS NOT NULL AND num_nonnulls(domain_id, family) = 0 ELSE false END),
    CONSTRAINT custom_file_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id) ON DELETE CASCADE,
    CONSTRAINT custom_file_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE INDEX custom_file_domain_id_idx ON custom_file (domain_id);

CREATE INDEX custom_file_list_id_idx ON custom_file (list_id);

CREATE INDEX custom_file_newest ON custom_file (path, id);

CREATE TABLE request (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    waits_for TEXT NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    list_id BIGINT,
    domain_id BIGINT NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    author TEXT DEFAULT '' NOT NULL,
    person TEXT DEFAULT '' NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    body_id BIGINT,
    message_id TEXT,
    reverse_path TEXT,
    size BIGINT,
    spam TEXT,
    topics TEXT[] DEFAULT '{}' NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    trace UUID NOT NULL,
    claimed_by TEXT,
    claimed_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reminded_at TIMESTAMP WITH TIME ZONE,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by TEXT,
    decided_how TEXT,
    reason TEXT DEFAULT '' NOT NULL,
    CONSTRAINT request_pkey PRIMARY KEY (id),
    CONSTRAINT request_waits_for_check CHECK (waits_for IN ('moderators', 'owners', 'listmasters', 'person')),
    CONSTRAINT request_state_check CHECK (state IN ('waiting', 'approved', 'rejected', 'discarded', 'spam', 'confirmed', 'expired', 'withdrawn')),
    CONSTRAINT request_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT request_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id) ON DELETE CASCADE,
    CONSTRAINT request_body_id_fkey FOREIGN KEY(body_id) REFERENCES body (id)
);

CREATE INDEX request_waiting ON request (list_id, kind, created_at) WHERE state = 'waiting';

CREATE INDEX request_expiry ON request (expires_at) WHERE state = 'waiting';

CREATE INDEX request_decided ON request (decided_at) WHERE state <> 'waiting';

CREATE INDEX request_domain_id_idx ON request (domain_id);

CREATE INDEX request_list_id_idx ON request (list_id);

CREATE INDEX request_body_id_idx ON request (body_id);

CREATE INDEX request_trace_idx ON request (trace);

CREATE TABLE request_key (
    digest BYTEA NOT NULL,
    request_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    holder TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT request_key_pkey PRIMARY KEY (digest),
    CONSTRAINT request_key_request_id_fkey FOREIGN KEY(request_id) REFERENCES request (id) ON DELETE CASCADE
);

CREATE INDEX request_key_request_id_idx ON request_key (request_id);

CREATE TABLE notice_count (
    address_key TEXT NOT NULL,
    day DATE NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    answers BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT notice_count_pkey PRIMARY KEY (address_key, day, kind)
);

CREATE INDEX notice_count_day_idx ON notice_count (day);

CREATE TABLE notice_waiting (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    audience TEXT NOT NULL,
    list_id BIGINT,
    domain_id BIGINT,
    kind TEXT NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    trace UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT notice_waiting_pkey PRIMARY KEY (id),
    CONSTRAINT notice_waiting_audience_check CHECK (audience IN ('listmasters', 'owners', 'moderators')),
    CONSTRAINT notice_waiting_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT notice_waiting_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id) ON DELETE CASCADE
);

CREATE INDEX notice_waiting_domain_id_idx ON notice_waiting (domain_id);

CREATE INDEX notice_waiting_list_id_idx ON notice_waiting (list_id);

CREATE INDEX notice_waiting_created_at_idx ON notice_waiting (created_at);

CREATE INDEX notice_waiting_unsent ON notice_waiting (id) WHERE sent_at IS NULL;

CREATE TABLE message_topic (
    list_id BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    topics TEXT[] NOT NULL,
    method TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT message_topic_pkey PRIMARY KEY (list_id, message_id),
    CONSTRAINT message_topic_method_check CHECK (method IN ('auto', 'sender', 'editor')),
    CONSTRAINT message_topic_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE INDEX message_topic_at_idx ON message_topic (at);

CREATE TABLE digest_issue (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    slot TEXT NOT NULL,
    messages BIGINT NOT NULL,
    trace UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT digest_issue_pkey PRIMARY KEY (id),
    CONSTRAINT digest_issue_list_id_slot_key UNIQUE (list_id, slot),
    CONSTRAINT digest_issue_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE TABLE digest_entry (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT NOT NULL,
    issue_id BIGINT,
    message_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    head BYTEA NOT NULL,
    body_id BIGINT NOT NULL,
    body_offset BIGINT DEFAULT 0 NOT NULL,
    author TEXT DEFAULT '' NOT NULL,
    topics TEXT[] DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT digest_entry_pkey PRIMARY KEY (id),
    CONSTRAINT digest_entry_list_id_message_id_key UNIQUE (list_id, message_id),
    CONSTRAINT digest_entry_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT digest_entry_issue_id_fkey FOREIGN KEY(issue_id) REFERENCES digest_issue (id) ON DELETE CASCADE,
    CONSTRAINT digest_entry_body_id_fkey FOREIGN KEY(body_id) REFERENCES body (id)
);

CREATE INDEX digest_entry_body_id_idx ON digest_entry (body_id);

CREATE INDEX digest_entry_issue_id_idx ON digest_entry (issue_id);

CREATE INDEX digest_entry_waiting ON digest_entry (list_id, id) WHERE issue_id IS NULL;

CREATE TABLE attachment (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    token_digest BYTEA NOT NULL,
    list_id BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT attachment_pkey PRIMARY KEY (id),
    CONSTRAINT attachment_token_digest_key UNIQUE (token_digest),
    CONSTRAINT attachment_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE,
    CONSTRAINT attachment_body_id_fkey FOREIGN KEY(body_id) REFERENCES body (id)
);

CREATE INDEX attachment_body_id_idx ON attachment (body_id);

CREATE INDEX attachment_list_id_idx ON attachment (list_id, message_id);
"""

# The columns have constant defaults: no table is written anew, and the checks read
# some hundred thousand rows once.
COLUMNS = """
ALTER TABLE mailing_list ADD COLUMN family TEXT;
ALTER TABLE mailing_list DROP CONSTRAINT mailing_list_status_check;
ALTER TABLE mailing_list ADD CONSTRAINT mailing_list_status_check
    CHECK (status IN ('open', 'closed', 'pending'));

ALTER TABLE person ADD COLUMN language TEXT;

ALTER TABLE role ADD COLUMN profile TEXT DEFAULT 'normal' NOT NULL;
ALTER TABLE role ADD COLUMN reception TEXT DEFAULT 'mail' NOT NULL;
ALTER TABLE role ADD COLUMN concealed BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE role ADD COLUMN info TEXT DEFAULT '' NOT NULL;
ALTER TABLE role ADD CONSTRAINT role_profile_check
    CHECK (profile IN ('normal', 'privileged'));
ALTER TABLE role ADD CONSTRAINT role_reception_check
    CHECK (reception IN ('mail', 'none'));

ALTER TABLE subscription ADD COLUMN suspended_until TIMESTAMP WITH TIME ZONE;
ALTER TABLE subscription ADD COLUMN topics TEXT[] DEFAULT '{}' NOT NULL;
ALTER TABLE subscription ADD COLUMN attributes JSONB DEFAULT '{}' NOT NULL;
ALTER TABLE subscription ADD COLUMN changed_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE subscription DROP CONSTRAINT subscription_reception_check;
ALTER TABLE subscription ADD CONSTRAINT subscription_reception_check
    CHECK (reception IN ('each', 'digest', 'digest_text', 'index', 'notice', 'text', 'html', 'urlize', 'none'));

ALTER TABLE outgoing ADD COLUMN treatment JSONB DEFAULT '{}' NOT NULL;
"""

# Settings under their new names beside the old ones; older versions are history.
SETTINGS = """
UPDATE setting_version SET values = values || jsonb_strip_nulls(jsonb_build_object(
    'send', CASE values->>'post' WHEN 'open' THEN 'public' WHEN 'members' THEN 'private'
                                 WHEN 'closed' THEN 'closed' END,
    'rfc2369_headers', CASE WHEN values->>'list_headers' = 'false'
                            THEN '[]'::jsonb END))
 WHERE values ?| ARRAY['post', 'list_headers'];
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(COLUMNS)
    op.execute(SETTINGS)


def downgrade() -> None:
    op.execute(
        """
        ALTER TABLE outgoing DROP COLUMN treatment;
        UPDATE subscription SET reception = 'each' WHERE reception = 'html';
        ALTER TABLE subscription DROP CONSTRAINT subscription_reception_check;
        ALTER TABLE subscription ADD CONSTRAINT subscription_reception_check
            CHECK (reception IN ('each', 'digest', 'digest_text', 'index', 'notice', 'text', 'urlize', 'none'));
        ALTER TABLE subscription DROP COLUMN suspended_until, DROP COLUMN topics,
            DROP COLUMN attributes, DROP COLUMN changed_at;
        ALTER TABLE role DROP COLUMN profile, DROP COLUMN reception,
            DROP COLUMN concealed, DROP COLUMN info;
        ALTER TABLE person DROP COLUMN language;
        UPDATE mailing_list SET status = 'closed' WHERE status = 'pending';
        ALTER TABLE mailing_list DROP CONSTRAINT mailing_list_status_check;
        ALTER TABLE mailing_list ADD CONSTRAINT mailing_list_status_check
            CHECK (status IN ('open', 'closed'));
        ALTER TABLE mailing_list DROP COLUMN family;
        DROP TABLE attachment, digest_entry, digest_issue, message_topic,
            notice_waiting, notice_count, request_key, request, custom_file;
        """
    )
