"""Postfix learns the addresses that take commands: sympa@, list-subscribe@ and others.

Only the function changes; the previous release refuses such mail itself.

Revision: 0003   after: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What both releases know; what stands between @ differs.
_FUNCTION = r"""
CREATE OR REPLACE FUNCTION postfix_recipient(address text) RETURNS SETOF text
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
     WHERE asked.local IN (@own@)
        OR asked.local LIKE 'bounce+%'
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE m.address = asked.address AND m.status = 'open')
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE m.address = regexp_replace(asked.local, '-(@suffixes@)$', '') || '@' || asked.domain
                      AND m.status = 'open')
        -- late bounces of a closed list are still bounces
        OR EXISTS (SELECT FROM mailing_list m
                    WHERE asked.local LIKE '%-owner'
                      AND m.address = regexp_replace(asked.local, '-owner$', '') || '@' || asked.domain)
$$;
"""


def _function(*, own: str, suffixes: str) -> str:
    return _FUNCTION.replace("@own@", own).replace("@suffixes@", suffixes)


def upgrade() -> None:
    op.execute(
        _function(
            own="'listmaster', 'sympa', 'listhub'",
            suffixes="request|editor|subscribe|unsubscribe",
        )
    )


def downgrade() -> None:
    op.execute(_function(own="'listmaster'", suffixes="request|editor"))
