"""Statistics of lists by day, rounds of reminders, and an index over jobs in trouble.

Only adds.

Revision: 0009   after: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE list_day (
    list_id BIGINT NOT NULL,
    day DATE NOT NULL,
    posts BIGINT DEFAULT 0 NOT NULL,
    bytes_in BIGINT DEFAULT 0 NOT NULL,
    delivered BIGINT DEFAULT 0 NOT NULL,
    failed BIGINT DEFAULT 0 NOT NULL,
    deferred BIGINT DEFAULT 0 NOT NULL,
    joined_self BIGINT DEFAULT 0 NOT NULL,
    joined_owner BIGINT DEFAULT 0 NOT NULL,
    joined_source BIGINT DEFAULT 0 NOT NULL,
    left_self BIGINT DEFAULT 0 NOT NULL,
    left_owner BIGINT DEFAULT 0 NOT NULL,
    left_bounces BIGINT DEFAULT 0 NOT NULL,
    left_source BIGINT DEFAULT 0 NOT NULL,
    held BIGINT DEFAULT 0 NOT NULL,
    approved BIGINT DEFAULT 0 NOT NULL,
    rejected BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT list_day_pkey PRIMARY KEY (list_id, day),
    CONSTRAINT list_day_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE INDEX list_day_day_idx ON list_day (day);

CREATE TABLE counted_day (
    day DATE NOT NULL,
    counted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT counted_day_pkey PRIMARY KEY (day)
);

CREATE TABLE reminder_round (
    list_id BIGINT NOT NULL,
    period DATE NOT NULL,
    trace UUID NOT NULL,
    after BIGINT DEFAULT 0 NOT NULL,
    reminded BIGINT DEFAULT 0 NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT reminder_round_pkey PRIMARY KEY (list_id, period),
    CONSTRAINT reminder_round_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);
"""

# Few rows are in it: those that a look for trouble is after.
INDEX = """
CREATE INDEX job_run_trouble ON job_run (job, scope) WHERE outcome IN ('failing', 'failed');
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(INDEX)


def downgrade() -> None:
    op.execute(
        """
        DROP INDEX job_run_trouble;
        DROP TABLE reminder_round, counted_day, list_day;
        """
    )
