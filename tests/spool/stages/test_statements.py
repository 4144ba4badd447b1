"""How many statements the usual post costs: each is a round trip to the database."""

from typing import Any

import psycopg
import pytest
from typing_extensions import override

from tests.rooms import Rooms, post_bytes

ANN = "ann@a.example"
#: From the claim to the settling, and the claim that finds the room empty.
MOST = 11
MOST_FILING = 12


def noting(asked: list[str]) -> type[psycopg.Cursor[Any]]:
    """Return a kind of cursor that writes down what it is asked."""

    class Noting(psycopg.Cursor[Any]):
        @override
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            asked.append(" ".join(str(query).split())[:60])
            return super().execute(query, *args, **kwargs)

        @override
        def executemany(self, query: Any, *args: Any, **kwargs: Any) -> None:
            asked.append(" ".join(str(query).split())[:60])
            super().executemany(query, *args, **kwargs)

    return Noting


def test_a_members_post_costs_few_statements(rooms: Rooms) -> None:
    """A post to a plain list takes no more than eleven, whatever number of members."""
    rooms.add_list(members=[ANN, *(f"m{n}@b{n}.example" for n in range(50))])
    asked: list[str] = []
    rooms.host.connection().cursor_factory = noting(asked)
    for number in range(2):
        asked.clear()
        raw = post_bytes(ANN, message_id=f"{number}@a.example", body=f"{number}\r\n")
        rooms.put("distribute", raw)
        rooms.drain("distribute")

    assert [row.verdict for row in rooms.settled("distribute")] == ["done", "done"]
    assert 0 < len(asked) <= MOST, "\n".join(asked)


@pytest.mark.parametrize("posts", [1, 20])
def test_filing_costs_the_same_for_one_post_and_for_twenty(
    rooms: Rooms, posts: int
) -> None:
    """What waits for the archive is filed all at once, whatever lists it is of."""
    for number in range(posts):
        list_id = rooms.add_list(f"l{number}")
        raw = post_bytes(message_id=f"{number}@a.example")
        rooms.put("archive", raw, list_id=list_id)
    asked: list[str] = []
    rooms.host.connection().cursor_factory = noting(asked)
    rooms.drain("archive")

    assert len(rooms.settled("archive")) == posts
    assert 0 < len(asked) <= MOST_FILING, "\n".join(asked)
