"""What operators look at: processes and their figures, errors, arrivals, the audit.

Only adds: rows that the previous release writes have no `since` and no `error`, and its
processes are not seen.

Revision: 0010   after: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Neither column is in an index: a claim writes `since` and stays a heap-only update.
COLUMNS = """
ALTER TABLE spool_item
    ADD COLUMN since TIMESTAMP WITH TIME ZONE,
    ADD COLUMN error TEXT;

UPDATE spool_item SET error = left(split_part(reason, E'\n', 1), 200)
 WHERE state = 'buried' AND reason IS NOT NULL;
"""

# Arrivals by time, packets apart; the packet of an address without its neighbours.
INDEXES = """
CREATE INDEX spool_history_arrived ON spool_history (created_at, item_id)
 WHERE meta ? 'via';

CREATE INDEX packet_key ON packet (outgoing_id, verp, first_key COLLATE "C");

CREATE INDEX audit_actor ON audit (actor, id);

CREATE INDEX audit_object ON audit (object, id);

CREATE INDEX audit_action ON audit (action text_pattern_ops, id);

CREATE INDEX audit_how ON audit ((detail ->> 'how'), id);
"""

TABLES = """
CREATE TABLE process (
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    kind TEXT NOT NULL,
    pool TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    stage TEXT,
    stage_since TIMESTAMP WITH TIME ZONE,
    memory BIGINT,
    CONSTRAINT process_pkey PRIMARY KEY (name)
);

CREATE TABLE process_minute (
    minute TIMESTAMP WITH TIME ZONE NOT NULL,
    process TEXT NOT NULL,
    stage TEXT NOT NULL,
    what TEXT NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT process_minute_pkey PRIMARY KEY (minute, process, stage, what)
);
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(INDEXES)
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE process_minute, process;
        DROP INDEX audit_how, audit_action, audit_object, audit_actor, packet_key,
                   spool_history_arrived;
        ALTER TABLE spool_item DROP COLUMN error, DROP COLUMN since;
        """
    )
