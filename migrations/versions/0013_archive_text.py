"""The words of posts may be written before the posts themselves, in one transaction.

Changes one constraint, which holds at the commit as before; no row is looked at.

Revision: 0013   after: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE archive_text ALTER CONSTRAINT archive_text_id_fkey"
        " DEFERRABLE INITIALLY DEFERRED"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE archive_text ALTER CONSTRAINT archive_text_id_fkey NOT DEFERRABLE"
    )
