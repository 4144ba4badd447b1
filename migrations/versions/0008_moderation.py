"""Moderation in the web: what makes requests alike, delayed decisions, who looks at what.

Only adds: the previous release writes requests without what makes them alike, which the
job describe-requests adds, and decides at once, as before.

Revision: 0008   after: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE request
    ADD COLUMN author_key TEXT,
    ADD COLUMN stem TEXT,
    ADD COLUMN relay TEXT,
    ADD COLUMN has_attachment BOOLEAN;

CREATE INDEX request_queue ON request (created_at, id) WHERE state = 'waiting' AND waits_for <> 'person';

CREATE INDEX request_author ON request (list_id, author_key);

CREATE INDEX request_claimed ON request (list_id) WHERE state = 'waiting' AND claimed_by IS NOT NULL;

CREATE INDEX request_undescribed ON request (id) WHERE author_key IS NULL;

CREATE INDEX audit_request ON audit (((detail ->> 'request')::bigint)) WHERE detail ? 'request';

CREATE INDEX archive_message_author ON archive_message (list_id, lower(author));
"""

TABLES = """
CREATE TABLE decision (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    action TEXT NOT NULL,
    options JSONB DEFAULT '{}' NOT NULL,
    selection JSONB DEFAULT '{}' NOT NULL,
    decided_by TEXT NOT NULL,
    decided_how TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    total BIGINT NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by TEXT,
    CONSTRAINT decision_pkey PRIMARY KEY (id)
);

CREATE INDEX decision_of_person ON decision (decided_by, id);

CREATE INDEX decision_created_at ON decision (created_at);

CREATE TABLE decision_request (
    decision_id BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    outcome TEXT DEFAULT 'pending' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT decision_request_pkey PRIMARY KEY (decision_id, request_id),
    CONSTRAINT decision_request_outcome_check CHECK (outcome IN ('pending', 'done', 'already', 'failed', 'undone')),
    CONSTRAINT decision_request_decision_id_fkey FOREIGN KEY(decision_id) REFERENCES decision (id) ON DELETE CASCADE,
    CONSTRAINT decision_request_request_id_fkey FOREIGN KEY(request_id) REFERENCES request (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX decision_request_pending ON decision_request (request_id) WHERE outcome = 'pending';

CREATE INDEX decision_request_request_id_idx ON decision_request (request_id);

CREATE TABLE watching (
    request_id BIGINT NOT NULL,
    person TEXT NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT watching_pkey PRIMARY KEY (request_id, person),
    CONSTRAINT watching_request_id_fkey FOREIGN KEY(request_id) REFERENCES request (id) ON DELETE CASCADE
);
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE watching, decision_request, decision;
        DROP INDEX archive_message_author, audit_request, request_undescribed,
                   request_claimed, request_author, request_queue;
        ALTER TABLE request
            DROP COLUMN author_key, DROP COLUMN stem, DROP COLUMN relay,
            DROP COLUMN has_attachment;
        """
    )
