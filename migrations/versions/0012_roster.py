"""What owners look at: members in the order of their addresses, and what did not arrive.

Only adds indexes.  That of the ledger holds what was not delivered, a small part; it is
built while nothing is written there, for about a second for each ten million answers.

Revision: 0012   after: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEXES = """
CREATE INDEX person_order ON person (address_key COLLATE "C");

CREATE INDEX outcome_other ON outcome (packet_id) WHERE state <> 'delivered';

CREATE INDEX audit_address ON audit ((detail ->> 'address'), id)
 WHERE detail ? 'address';
"""


def upgrade() -> None:
    op.execute(INDEXES)


def downgrade() -> None:
    op.execute("DROP INDEX audit_address, outcome_other, person_order;")
