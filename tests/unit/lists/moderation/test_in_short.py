"""Where a request stands in a few words, for each reader."""

from dataclasses import replace
from datetime import UTC, datetime

from listhub.lists.moderation import in_short
from listhub.lists.moderation.outcomes import Action
from listhub.lists.moderation.watching import Change

MOD, SECOND = "mod@a.example", "zed@b.example"
WAITS = Change(
    id=1,
    state="waiting",
    claimed_by=None,
    looking=(),
    decision=None,
    pending=None,
    pending_by=None,
    pending_until=None,
    decided_by=None,
    decided_how=None,
    decided_at=None,
    note_digest="",
)


def said(change: Change, reader: str = MOD) -> list[str]:
    return [str(each.text) for each in in_short.of_change(change, reader=reader)]


def test_what_waits_for_nobody_in_particular_says_nothing():
    """Nothing to tell, and oneself is no news."""
    assert said(WAITS) == []
    assert said(replace(WAITS, looking=[MOD])) == []


def test_others_are_named():
    """Who looks, who has claimed it, whose decision is on its way."""
    claimed = replace(WAITS, claimed_by=SECOND, looking=[SECOND])
    assert said(claimed) == ["claimed by zed@b.example", "zed@b.example is looking"]
    assert said(claimed, SECOND) == ["claimed by you"]
    pending = replace(claimed, pending=Action.REJECT, pending_by=SECOND, looking=())
    assert said(pending) == ["being rejected by zed@b.example"]


def test_who_decided_is_told_and_nothing_else():
    """After the decision only that counts."""
    decided = replace(
        WAITS,
        state="spam",
        decided_by=SECOND,
        decided_how="mail",
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
        looking=[SECOND],
    )
    assert said(decided) == ["reported as spam by zed@b.example, by mail"]
    assert said(replace(decided, state="expired", decided_how="clock")) == ["expired"]
