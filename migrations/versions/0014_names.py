"""Members in the order of their names, and of the day on which they came.

Only adds indexes.

Revision: 0014   after: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INDEXES = """
CREATE INDEX person_name ON person (lower(display_name), address_key COLLATE "C");

CREATE INDEX subscription_since ON subscription (list_id, created_at, id);
"""


def upgrade() -> None:
    op.execute(INDEXES)


def downgrade() -> None:
    op.execute("DROP INDEX subscription_since, person_name;")
