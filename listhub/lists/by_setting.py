"""Which lists have a setting: found in SQL, where reading each list's would take long.

    query = f"SELECT list.id, list.address AS name FROM ({having('remind_task')}) AS list"

What a list does not set itself comes from its family, its domain, then the site; lists
with the default alone are not among the rows.
"""

from listhub.lists.settings import SPECS

# Each level by itself: the planner knows then that a list has one row of it at most.
_HAVING = """
SELECT list.id, list.address, list.status, list.created_at,
       coalesce(own.value, family.value, above.value, common.value) AS value
  FROM mailing_list AS list
  LEFT JOIN (SELECT DISTINCT ON (list_id) list_id, "values"->'{name}' AS value
               FROM setting_version WHERE scope = 'list'
              ORDER BY list_id, version DESC) AS own ON own.list_id = list.id
  LEFT JOIN (SELECT DISTINCT ON (list_id) list_id, "values"->'{name}' AS value
               FROM setting_version WHERE scope = 'family'
              ORDER BY list_id, version DESC) AS family
    ON family.list_id = list.id
  LEFT JOIN (SELECT DISTINCT ON (domain_id) domain_id, "values"->'{name}' AS value
               FROM setting_version WHERE scope = 'domain'
              ORDER BY domain_id, version DESC) AS above
    ON above.domain_id = list.domain_id
  LEFT JOIN (SELECT "values"->'{name}' AS value
               FROM setting_version WHERE scope = 'site'
              ORDER BY version DESC LIMIT 1) AS common ON true
 WHERE coalesce(own.value, family.value, above.value, common.value) IS NOT NULL
"""


def having(name: str) -> str:
    """Return the query for lists with a setting: id, address, status, created_at, value.

    `value` is JSON as it is stored.  KeyError if lists have no such setting.
    """
    SPECS[name]
    return _HAVING.replace("{name}", name)
