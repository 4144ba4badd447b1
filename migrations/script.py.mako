"""${message}

Must work with the previous release still running: expand now (new tables, nullable
columns, indexes built CONCURRENTLY in a migration of their own), contract one release
later.  Never rename, never change a type in place, never hold a lock on a hot table
while rewriting it.

Revision: ${up_revision}   after: ${down_revision | comma,n}
"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
