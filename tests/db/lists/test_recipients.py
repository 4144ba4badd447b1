"""Who gets a post: looked at one by one, or all at once on a small list."""

from typing import Any

import psycopg
import pytest

from listhub.lists import recipients
from listhub.lists.recipients import Audience
from tests.archived import add_list

Driver = psycopg.Connection[Any]
AUTHOR = "M3@b3.example"
_MEMBER = """
WITH new AS (INSERT INTO person (address, address_key) VALUES (%s, lower(%s)) RETURNING id)
INSERT INTO subscription (list_id, person_id, reception, own_posts, topics, suspended_at,
                          suspended_until)
SELECT %s, id, %s, %s, %s, %s, %s FROM new
"""


def add_members(driver: Driver, list_id: int, count: int) -> None:
    """Subscribe people of several receptions, with own wishes and holidays."""
    for number in range(count):
        address = f"M{number}@b{number % 7}.example"
        since = "2026-01-01" if number % 5 == 0 else None
        until = "2026-02-01" if number % 10 == 0 else None
        topics = ["x"] if number % 4 == 0 else ["y"] if number % 4 == 1 else []
        reception = ("each", "digest", "text")[number % 3 if number > 3 else 0]
        values = [address, address, list_id, reception, number != 3]
        driver.execute(_MEMBER, [*values, topics, since, until])


@pytest.mark.parametrize("topics", [None, ("x",), ("other",)])
@pytest.mark.parametrize("members", [0, 1, 40, 100, 101])
def test_a_small_list_is_looked_at_once(
    driver: Driver, members: int, topics: tuple[str, ...] | None
) -> None:
    """What is known at once is what each reception would be told, in the same order."""
    list_id = add_list(driver)
    add_members(driver, list_id, members)
    add_members_of_another(driver)
    found = recipients.look(driver, list_id=list_id, author=AUTHOR, topics=topics)

    assert found.counts == recipients.count(driver, list_id=list_id, topics=topics)
    assert members <= 100 or found.few is None
    for reception in ("each", "digest", "text"):
        audience = Audience(
            list_id=list_id, receptions=(reception,), author=AUTHOR, topics=topics
        )
        told = list(recipients.stream(driver, audience, name="x", expected=1))
        if found.few is not None:
            assert [who for mode, who in found.few if mode == reception] == told


def add_members_of_another(driver: Driver) -> None:
    """Subscribe the same people to a second list."""
    other = add_list(driver, "other")
    driver.execute(
        "INSERT INTO subscription (list_id, person_id) SELECT %s, id FROM person",
        [other],
    )
