"""Two people at once: one effect, and the other one is told; with real commits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
import pytest

from listhub.lists import (
    catalogue,
    file_versions,
    files,
    members,
    setting_changes,
    settings,
)
from listhub.lists.list_settings import ListSettings
from listhub.lists.mine import address
from listhub.lists.mine.visit import Visit
from listhub.lists.moderation import decide, senders
from listhub.lists.moderation.outcomes import Action, AlreadyDecided, Decided, Decision
from listhub.lists.posting import ListRow
from listhub.lists.roster import preview
from listhub.lists.setting_changes import Changed, StaleSettingsError
from listhub.lists.stale import StaleError
from tests.shelves import SITE, Driver, add_list, ask, subscribe

T = TypeVar("T")
ANN, NEW = "ann@a.example", "ann@new.example"


@pytest.fixture
def row(database_url: str) -> ListRow:
    with psycopg.connect(database_url) as conn:
        return add_list(conn)


def both(url: str, work: Callable[[Driver, int], T]) -> list[T | Exception]:
    """Do something twice at once, each on a connection of its own."""
    start = threading.Barrier(2)

    def one(number: int) -> T | Exception:
        with psycopg.connect(url) as conn:
            start.wait()
            try:
                return work(conn, number)
            except StaleError as error:
                conn.rollback()
                return error

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))


def test_two_owners_save_the_same_page(database_url: str, row: ListRow) -> None:
    """One is saved; the other one is told who was first, and what is otherwise."""

    def save(conn: Driver, number: int) -> Changed:
        level = settings.find_level(conn, address=row.address)
        return setting_changes.change(
            conn,
            level,
            {"subject": f"By {number}"},
            actor=f"owner{number}",
            how="web",
            expected=0,
        )

    done = both(database_url, save)
    [stale] = [one for one in done if isinstance(one, StaleSettingsError)]
    assert len([one for one in done if isinstance(one, Changed)]) == 1
    assert stale.differences[0].after == f"By {stale.by[-1]}"


def test_two_owners_write_the_same_text(database_url: str, row: ListRow) -> None:
    """The first one's text stands until the second one has seen it."""
    level = file_versions.level_of_list(row.id, row.address)

    def save(conn: Driver, number: int) -> int:
        return files.write(
            conn, "message_footer", str(number), level=level, actor="t", expected=0
        )

    done = both(database_url, save)
    assert sorted(type(one).__name__ for one in done) == ["StaleError", "int"]


def test_the_blocklist_loses_nobody(database_url: str, row: ListRow) -> None:
    """A moderator blocks somebody while an owner saves the whole file: none is lost."""
    level = file_versions.level_of_list(row.id, row.address)

    def work(conn: Driver, number: int) -> bool:
        if number:
            return senders.block(conn, row.id, "spammer@s.example", actor="mod")
        files.write(
            conn, senders.BLOCKED, "other@o.example\n", level=level, actor="owner",
            expected=0,
        )  # fmt: skip
        return True

    done = both(database_url, work)
    with psycopg.connect(database_url) as conn:
        opened = file_versions.current(conn, senders.BLOCKED, level=level)
    lines = (opened.content or "").split()
    assert "spammer@s.example" in lines
    told = [one for one in done if isinstance(one, StaleError)]
    assert ("other@o.example" in lines) is not bool(told)


def test_a_double_click_imports_once(database_url: str, row: ListRow) -> None:
    """Both orders say what was done; it was done by one of them."""
    content = b"".join(b"m%d@m.example\n" % n for n in range(500))
    with psycopg.connect(database_url) as conn:
        seen = preview.preview(conn, row, content, settings=ListSettings())

    def work(conn: Driver, _number: int) -> preview.Done:
        return preview.carry_out(
            conn,
            row,
            content,
            digest=seen.digest,
            settings=ListSettings(),
            actor="owner",
            how="web",
        )

    done = both(database_url, work)
    assert sorted((one.added, one.again) for one in done) == [(500, False), (500, True)]  # type: ignore[union-attr]
    with psycopg.connect(database_url) as conn:
        assert len(members.members(conn, row.id)) == 500
        assert catalogue.find_list(conn, row.address).members == 500


def test_an_address_moves_once(database_url: str, row: ListRow) -> None:
    """The link is pressed twice: one move, and the other one hears that it was done."""
    with psycopg.connect(database_url) as conn:
        subscribe(conn, row.id, ANN)
        visit = Visit(
            conn=conn,
            settings=SITE,
            ask=ask(),
            domain_id=row.domain_id,
            domain=row.domain,
            sender=ANN,
            auth="md5",
        )
        assert address.change_address(visit, NEW).state == "confirm"
        [number] = conn.execute("SELECT id FROM request").fetchone() or [0]

    def work(conn: Driver, _number: int) -> Any:
        return decide.decide(
            conn,
            number,
            Decision(action=Action.CONFIRM),
            by=NEW,
            how="web",
            settings=SITE,
        )

    done = both(database_url, work)
    assert {type(one) for one in done} == {Decided, AlreadyDecided}
    with psycopg.connect(database_url) as conn:
        found = [member.address for member in members.members(conn, row.id)]
    assert found == [NEW]
