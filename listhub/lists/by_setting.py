"""Which lists have a setting: found in SQL, where reading each list's would take long.

    query = f"SELECT list.id, list.address AS name FROM ({having('remind_task')}) AS list"

What a list does not set itself comes from its domain, then from the site; lists with
the default alone are not among the rows.
"""

from listhub.lists.settings import SPECS

_HAVING = """
WITH newest AS (
    SELECT DISTINCT ON (scope, coalesce(domain_id, 0), coalesce(list_id, 0))
           scope, domain_id, list_id, "values"->'{name}' AS value
      FROM setting_version
     ORDER BY scope, coalesce(domain_id, 0), coalesce(list_id, 0), version DESC
)
SELECT list.id, list.address, list.status, list.created_at,
       coalesce(own.value, above.value, common.value) AS value
  FROM mailing_list AS list
  LEFT JOIN newest AS own ON own.scope = 'list' AND own.list_id = list.id
  LEFT JOIN newest AS above
    ON above.scope = 'domain' AND above.domain_id = list.domain_id
  LEFT JOIN newest AS common ON common.scope = 'site'
 WHERE coalesce(own.value, above.value, common.value) IS NOT NULL
"""


def having(name: str) -> str:
    """Return the query for lists with a setting: id, address, status, created_at, value.

    `value` is JSON as it is stored.  KeyError if lists have no such setting.
    """
    SPECS[name]
    return _HAVING.replace("{name}", name)
