"""What has ended goes; what lives stays."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.jobs.purge_sessions import JOB
from listhub.lists.accounts import (
    forgetting,
    limits,
    links,
    secret,
    sessions,
    tokens,
)

Driver = psycopg.Connection[Any]

#: What says in each table that a row has ended.
OLDEST = {
    "web_session": "seen_at",
    "api_token": "revoked_at",
    "rate_limit": "whole_at",
}


def test_what_has_ended_goes(driver: Driver, ann: int, settings: Settings) -> None:
    """Two of each, one past its time: one of each goes, once."""
    for _ in range(2):
        sessions.make(driver, ann, method="link", settings=settings)
        tokens.make(driver, ann, name="t", rights="read", settings=settings)
        links.make(driver, "bob@b.example")
        limits.take(driver, (limits.LINK_ADDRESS, secret.make()))
    links.make(driver, "bob@b.example", life=timedelta(days=-2))
    for table, column in OLDEST.items():
        driver.execute(
            f"UPDATE {table} SET {column} = now() - interval '200 days'"  # noqa: S608
            f" WHERE ctid = (SELECT min(ctid) FROM {table})"
        )
    gone = forgetting.forget(driver, settings=settings)
    assert gone == {
        "sessions": 1,
        "links": 1,
        "tokens": 1,
        "second factors": 0,
        "limits": 1,
        "answers": 0,
    }
    assert JOB.run(driver, settings).startswith("0 sessions, 0 links")


def test_half_made_second_factor(driver: Driver, ann: int, settings: Settings) -> None:
    """One that was never confirmed goes after a day, one that counts never."""
    driver.execute(
        "INSERT INTO second_factor (person_id, secret, created_at)"
        " VALUES (%s, 'x', now() - interval '2 days')",
        [ann],
    )
    assert forgetting.forget(driver, settings=settings)["second factors"] == 1
    driver.execute(
        "INSERT INTO second_factor (person_id, secret, created_at, confirmed_at)"
        " VALUES (%s, 'x', now() - interval '2 days', now())",
        [ann],
    )
    assert forgetting.forget(driver, settings=settings)["second factors"] == 0
