"""Bounces: classes and proofs of events, actions, probes, breakers, suppression.

Only adds: the previous release goes on writing events, which count for no removal until
their copies are reported again.

Revision: 0006   after: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The columns have constant defaults: no table is written anew.
COLUMNS = """
ALTER TABLE bounce_event
    ADD COLUMN kind TEXT DEFAULT 'bounce' NOT NULL,
    ADD COLUMN trouble TEXT DEFAULT '' NOT NULL,
    ADD COLUMN detector TEXT DEFAULT '' NOT NULL,
    ADD COLUMN proof TEXT DEFAULT 'claim' NOT NULL,
    ADD COLUMN alike TEXT DEFAULT '' NOT NULL;

CREATE INDEX bounce_event_outgoing ON bounce_event (outgoing_id);
"""

TABLES = """
CREATE TABLE bounce_action (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT NOT NULL,
    subscription_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    why TEXT NOT NULL,
    level BIGINT DEFAULT 0 NOT NULL,
    score BIGINT DEFAULT 0 NOT NULL,
    before JSONB DEFAULT '{}' NOT NULL,
    outgoing_id BIGINT,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    outcome TEXT DEFAULT '' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by TEXT,
    CONSTRAINT bounce_action_pkey PRIMARY KEY (id),
    CONSTRAINT bounce_action_action_check CHECK (action IN ('none', 'notify', 'probe', 'suspend', 'remove', 'reset')),
    CONSTRAINT bounce_action_outcome_check CHECK (outcome IN ('', 'confirmed', 'cleared', 'unclear')),
    CONSTRAINT bounce_action_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE INDEX bounce_action_subscription ON bounce_action (subscription_id, at);

CREATE INDEX bounce_action_list ON bounce_action (list_id, at);

CREATE INDEX bounce_action_at ON bounce_action (at);

CREATE INDEX bounce_action_probe ON bounce_action (outgoing_id);

CREATE UNIQUE INDEX bounce_action_open_probe ON bounce_action (subscription_id) WHERE action = 'probe' AND outcome = '';

CREATE TABLE bounce_breaker (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    list_id BIGINT NOT NULL,
    alike TEXT NOT NULL,
    outgoing_id BIGINT,
    destination TEXT DEFAULT '' NOT NULL,
    day DATE NOT NULL,
    trouble TEXT NOT NULL,
    diagnostic TEXT NOT NULL,
    bounced BIGINT NOT NULL,
    recipients BIGINT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT bounce_breaker_pkey PRIMARY KEY (id),
    CONSTRAINT bounce_breaker_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX bounce_breaker_once ON bounce_breaker (list_id, alike, coalesce(outgoing_id, 0), destination, day);

CREATE TABLE suppression (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    domain_id BIGINT NOT NULL,
    address_key TEXT NOT NULL,
    why TEXT NOT NULL,
    action_id BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT suppression_pkey PRIMARY KEY (id),
    CONSTRAINT suppression_domain_id_address_key_key UNIQUE (domain_id, address_key),
    CONSTRAINT suppression_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id) ON DELETE CASCADE
);

CREATE INDEX suppression_action_id_idx ON suppression (action_id);
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE suppression, bounce_breaker, bounce_action;
        DROP INDEX bounce_event_outgoing;
        ALTER TABLE bounce_event
            DROP COLUMN kind, DROP COLUMN trouble, DROP COLUMN detector,
            DROP COLUMN proof, DROP COLUMN alike;
        """
    )
