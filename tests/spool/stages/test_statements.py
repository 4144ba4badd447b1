"""How many statements the usual post costs: each is a round trip to the database."""

from typing import Any

import psycopg
from typing_extensions import override

from tests.rooms import Rooms, post_bytes

ANN = "ann@a.example"
#: From the claim to the settling, and the claim that finds the room empty.
MOST = 13


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
    """A post to a plain list takes no more than a dozen, whatever number of members."""
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
