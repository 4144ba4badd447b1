"""A domain of two thousand lists: LISTS answers while a person would wait for it."""

import time

from psycopg.types.json import Jsonb

from tests.rooms import Rooms
from tests.spool.stages.asking import ask, report

MANY = 2000
#: It takes one on the machine where it was written; others share theirs.
SECONDS = 5.0

_LISTS = """
INSERT INTO mailing_list (domain_id, name, address)
SELECT id, 'l' || n, 'l' || n || '@' || name FROM domain, generate_series(2, %s) AS n
"""
_SETTINGS = """
INSERT INTO setting_version (scope, list_id, version, values, changed_by)
SELECT 'list', id, 1, %s, 'test' FROM mailing_list WHERE id %% 2 = %s
"""


def test_two_thousand_lists_are_told(rooms: Rooms) -> None:
    """Those that anybody may see are all there, and the others are not."""
    rooms.add_list()
    rooms.conn.execute(_LISTS, [MANY])
    for odd, visibility in enumerate(("conceal", "noconceal")):
        rooms.conn.execute(_SETTINGS, [Jsonb({"visibility": visibility}), odd])
    rooms.conn.commit()

    begun = time.perf_counter()
    ask(rooms, "x@y.example", "LISTS")
    took = time.perf_counter() - begun

    assert report(rooms).count("@lists.example") >= MANY // 2
    assert took < SECONDS
