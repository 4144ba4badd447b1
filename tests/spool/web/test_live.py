"""News of what others do: by asking, and by streams that end as they should."""

import json
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from psycopg_pool import ConnectionPool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from listhub.lists.moderation.outcomes import Action
from listhub.web.door import connections
from listhub.web.door.door import Door
from listhub.web.pages import live
from listhub.web.streams import Streams
from tests import lively
from tests.held import add_moderators, decide, hold_post
from tests.lively import PEOPLE
from tests.rooms import Rooms, post_bytes
from tests.web_client import Client, statements

SECOND = "second@m.example"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    add_moderators(rooms, 1, SECOND)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.moderator)
        yield client


@pytest.fixture
def pool(site: Rooms) -> "Iterator[ConnectionPool[Any]]":
    with connections.pool(site.host.settings.database) as pool:
        yield pool


def words(answer: dict[str, Any]) -> dict[int, list[str]]:
    return {
        each["id"]: [phrase["text"] for phrase in each["phrases"]]
        for each in answer["requests"]
    }


def test_what_others_do_is_told_in_the_readers_language(client: Client, site: Rooms):
    """Looked at, claimed, being decided, decided: each at the next question."""
    with Client(site.host.settings) as other:
        other.sign_in(SECOND)
        other.get("/held/1")
        assert other.post("/held/1/look").status == 204
        other.post("/held/2/claim")
        other.get("/held/3")
        other.post("/held/3", {"do": "reject"})
        other.get("/held/4")
        other.post("/held/4", {"do": "approve"})
        answer = client.get("/live/queue?ids=1,2,3,4,5").response.json()
        assert words(answer) == {
            1: [f"{SECOND} is looking"],
            2: [f"claimed by {SECOND}"],
            3: [f"being rejected by {SECOND}"],
            4: [f"approved by {SECOND}, by web"],
            5: [],
        }
        still_open = [each["id"] for each in answer["requests"] if each["open"]]
        assert still_open == [1, 2, 5]
        other.get("/held/1")
        other.post("/held/1/look", {"do": "leave"})
    answer = client.get("/live/queue?ids=1").response.json()
    assert words(answer) == {1: []}


def test_nothing_new_costs_nothing(client: Client):
    """204 at the mark that was given, and a bounded number of statements."""
    mark = client.get("/live/queue?ids=1,2").response.json()["mark"]
    with statements() as seen:
        assert client.get(f"/live/queue?ids=1,2&since={mark}").status == 204
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 3, asked


@pytest.mark.parametrize(
    "ids", ["", "x", "1,,-2,99999999999999999999", ",".join("7" * 999)]
)
def test_odd_numbers_are_answered(client: Client, ids: str):
    """Whatever is asked for."""
    assert client.get(f"/live/queue?ids={ids}").status == 200


def test_nothing_is_told_of_others_lists(client: Client, site: Rooms):
    """Numbers of requests that are not theirs to decide are left out."""
    other = site.add_list("other")
    theirs = hold_post(site, other, post_bytes(message_id="o@a.example")).request_id
    answer = client.get(f"/live/queue?ids=1,{theirs}").response.json()
    assert [each["id"] for each in answer["requests"]] == [1]


def request_of(client: Client, query: str, **headers: str) -> Request:
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    given = {"cookie": cookie, "accept-language": "en", **headers}

    async def receive() -> dict[str, Any]:
        await anyio.sleep_forever()  # the reader stays
        return {}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/live/queue/events",
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in given.items()],
        "client": ("127.0.0.1", 1),
        "path_params": {},
    }
    return Request(scope, receive)


def data_of(chunk: str) -> dict[str, Any]:
    [line] = [each for each in chunk.splitlines() if each.startswith("data: ")]
    found: dict[str, Any] = json.loads(line.removeprefix("data: "))
    return found


def test_a_stream_tells_changes_and_ends_with_the_session(
    client: Client, site: Rooms, pool: "ConnectionPool[Any]"
):
    """At once where things stand, then what changes; signed out, nothing more."""
    streams = Streams(Door(site.host.settings, pool), live.QUEUE, pace=0.01)

    async def follow() -> None:
        answer = await streams.endpoint(request_of(client, "ids=1,2"))
        assert isinstance(answer, StreamingResponse)
        assert answer.media_type == "text/event-stream"
        chunks = aiter(answer.body_iterator)
        assert str(await anext(chunks)).startswith("retry:")
        assert words(data_of(str(await anext(chunks)))) == {1: [], 2: []}
        assert streams.open == 1
        assert str(await anext(chunks)).startswith(":")
        # Between two looks no connection is held.
        assert pool.get_stats()["pool_available"] == pool.get_stats()["pool_size"]
        decide(site, 1, Action.APPROVE, by=SECOND, how="mail")
        told = await until_data(chunks)
        assert words(told)[1] == [f"approved by {SECOND}, by mail"]
        site.conn.execute("DELETE FROM web_session")
        site.conn.commit()
        async for chunk in chunks:
            assert str(chunk).startswith(":")
        assert streams.open == 0

    anyio.run(follow)


async def until_data(chunks: Any) -> dict[str, Any]:
    async for chunk in chunks:
        if "data: " in chunk:
            return data_of(chunk)
    raise AssertionError("the stream has ended")


def test_a_stream_goes_on_where_it_ended(
    client: Client, site: Rooms, pool: "ConnectionPool[Any]"
):
    """Last-Event-ID is the mark: what is known is not told again, by any process."""
    mark = client.get("/live/queue?ids=1").response.json()["mark"]
    streams = Streams(Door(site.host.settings, pool), live.QUEUE, pace=0.01, life=0.0)

    async def follow() -> list[str]:
        request = request_of(client, "ids=1", **{"last-event-id": mark})
        answer = await streams.endpoint(request)
        assert isinstance(answer, StreamingResponse)
        return [str(each) async for each in answer.body_iterator]

    assert [each[:2] for each in anyio.run(follow)] == ["re", ": "]
    assert streams.open == 0


def test_streams_are_for_who_may_and_bounded(
    client: Client, site: Rooms, pool: "ConnectionPool[Any]"
):
    """Visitors are sent to sign in, members refused, and too many told to poll."""
    streams = Streams(Door(site.host.settings, pool), live.QUEUE, most=0)

    async def status() -> int:
        return (await streams.endpoint(request_of(client, "ids=1"))).status_code

    assert anyio.run(status) == 503
    response = client.raw("GET", "/live/queue/events?ids=1", headers={"cookie": ""})
    client.sign_in(PEOPLE.member)
    assert client.raw("GET", "/live/queue/events?ids=1").status_code == 403
    client.cookies.clear()
    response = client.raw("GET", "/live/queue/events?ids=1")
    assert response.headers["location"].startswith("/sign-in")
