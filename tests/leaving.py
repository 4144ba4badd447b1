"""Many messages through one list at once, and each copy as its relay got it.

The real way: put, distribute (as approved by a moderator, so that nothing is held or
dropped), digest, send.  A copy is known by the envelope id that its list asks for.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from listhub.delivery import keys
from listhub.lists import files
from listhub.lists.files import Level
from listhub.mail.headers import Headers
from listhub.mail.message_id import message_id
from listhub.mail.signing.keys import KeyType, SigningKey
from listhub.spool import bodies, store
from listhub.spool.items import NewItem
from tests import signing
from tests.relay_thread import relay_in_thread
from tests.rooms import DOMAIN, Rooms, open_rooms
from tests.smtp_server import ALL, Received, Script

_ENVELOPE = re.compile(r" ENVID=(\d+)")
_BY_OUTGOING = "SELECT id, trace, mode FROM outgoing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of list: its settings, its texts by file, its members by reception."""

    settings: Mapping[str, object] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    receptions: tuple[str, ...] = ("each",)
    keys: tuple[KeyType, ...] = ()
    web: bool = True
    #: Who let the posts in, and as whom.
    let_in: Mapping[str, str] = field(
        default_factory=lambda: {"approved_by": "mod@m.example"}
    )

    @property
    def one_click(self) -> bool:
        """Whether copies have an address that unsubscribes."""
        return self.web and bool(self.settings.get("one_click", True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A copy that has left; `name` is that of its message, "" for a digest."""

    name: str
    mode: str
    content: bytes
    headers: Headers

    @property
    def body(self) -> bytes:
        return self.content[self.headers.body_offset :]


def key(kind: KeyType) -> SigningKey:
    """Return a key of the domain that the lists are in."""
    return replace(signing.key(kind), domain=DOMAIN)


def txt(name: bytes, **_options: object) -> bytes | None:
    """Answer as the DNS of that domain would."""
    records = {f"{key(kind).name}.": key(kind).record for kind in ("rsa", "ed25519")}
    record = records.get(name.decode())
    return record.encode() if record else None


def leave(
    url: str, directory: Path, kind: Kind, messages: Mapping[str, bytes]
) -> list[Left]:
    """Post all messages to a list of this kind; return the copies that came."""
    with relay_in_thread(Script(extensions=(*ALL, "DSN"))) as relay:
        address = f"smtp://127.0.0.1:{relay.port}"
        with _site(url, address, directory, kind) as rooms:
            number = _list(rooms, kind)
            traces = _put(rooms, number, messages, kind.let_in)
            _empty(rooms, "distribute")
            digest = NewItem(
                stage="digest",
                trace=uuid.uuid4(),
                list_id=number,
                meta={"slot": "now"},
            )
            store.put(rooms.conn, [digest])
            rooms.conn.commit()
            _empty(rooms, "digest")
            _empty(rooms, "send")
            _all_is_settled(rooms)
            known = {
                row.id: (traces.get(row.trace, ""), row.mode)
                for row in rooms.rows(_BY_OUTGOING)
            }
        return [_left(mail, known) for mail in relay.received]


@contextmanager
def _site(url: str, relay: str, directory: Path, kind: Kind) -> Iterator[Rooms]:
    for each in kind.keys:
        keys.write_key(directory, key(each))
    with open_rooms(url, relays=(relay,)) as plain:
        given = plain.host.settings
        settings = replace(
            given,
            web=replace(given.web, url="https://l.example" if kind.web else ""),
            dkim=replace(given.dkim, directory=str(directory)),
        )
        host = replace(plain.host, settings=settings, flows={}, _links=[])
        try:
            yield replace(plain, host=host)
        finally:
            host.close()


def _list(rooms: Rooms, kind: Kind) -> int:
    wanted: dict[str, Any] = {
        "tracking": True,
        "dmarc_mode": [],
        "verp_rate": 0,
        **kind.settings,
    }
    number = rooms.add_list(send="public", max_size=100_000_000, **wanted)
    for reception in kind.receptions:
        rooms.subscribe(number, f"{reception}@m.example", reception=reception)
    for path, text in kind.texts.items():
        level = Level(scope="list", list_id=number, name="dev")
        files.write(rooms.conn, path, text, level=level, actor="test")
    rooms.conn.commit()
    return number


def _put(
    rooms: Rooms, number: int, messages: Mapping[str, bytes], let_in: Mapping[str, str]
) -> dict[uuid.UUID, str]:
    stored = bodies.store(
        rooms.conn, [(bodies.digest(raw), raw) for raw in messages.values()]
    )
    traces = {uuid.uuid4(): name for name in messages}
    items = [
        NewItem(
            stage="distribute",
            trace=trace,
            list_id=number,
            body_id=stored[bodies.digest(messages[name])],
            message_id=message_id(Headers.parse(messages[name])),
            reverse_path="ann@a.example",
            recipient=f"dev@{DOMAIN}",
            meta=let_in,
        )
        for trace, name in traces.items()
    ]
    store.put(rooms.conn, items)
    rooms.conn.commit()
    return traces


def _empty(rooms: Rooms, stage: str) -> None:
    """Drain a room, as often as it takes: one drain ends after some time."""
    while rooms.drain(stage):
        pass


def _all_is_settled(rooms: Rooms) -> None:
    """Nothing waits, nothing is buried, and nobody was refused."""
    left = rooms.rows("SELECT stage, state, reason FROM spool_item")
    assert [
        item for item in left if item.stage in {"distribute", "digest", "send"}
    ] == []
    ended = rooms.rows(
        "SELECT stage, verdict, note FROM spool_history WHERE verdict <> 'done'"
    )
    assert ended == []
    lost = rooms.rows("SELECT state, reply FROM outcome WHERE state <> 'delivered'")
    assert lost == []


def _left(mail: Received, known: Mapping[int, tuple[str, str]]) -> Left:
    asked = _ENVELOPE.search(mail.mail)
    assert asked is not None
    name, mode = known[int(asked[1])]
    return Left(
        name=name, mode=mode, content=mail.content, headers=Headers.parse(mail.content)
    )
