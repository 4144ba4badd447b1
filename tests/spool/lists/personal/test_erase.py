"""A person's life on the system, told in full, and then erased from every table."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from listhub.jobs import make_digests_due
from listhub.lists import files
from listhub.lists.personal import erase as erasing, export as exporting
from listhub.lists.personal.places import OTHERS_WORDS
from tests.held import add_moderators, mails
from tests.rooms import DOMAIN, Rooms, post_bytes
from tests.world import Letter, World, bouncing, world

ANN, NAME = "Ann.Marr@a.example", "Ann Marr-Quux"
BOB, OWNER = "bob@b.example", "owner@c.example"
#: Not hers, though it holds her address's letters.
JOANN = "jo-ann.marr@a.example"

COLUMNS = """
SELECT c.relname, a.attname, t.typname
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t
    ON t.oid = a.atttypid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
   AND t.typname IN ('text', '_text', 'bytea', 'json', 'jsonb', 'tsvector', 'varchar')
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A row that names somebody."""

    column: str
    row: str


def traces_of(rooms: Rooms, *words: str) -> list[Hit]:
    """Search every column of every table that can hold text or octets."""
    found = []
    for table, column, kind in rooms.rows(COLUMNS):
        text = f"encode({column}, 'escape')" if kind == "bytea" else f"{column}::text"
        for word in words:
            query = (
                f"SELECT left({text}, 20000) AS text FROM {table}"  # noqa: S608
                f" WHERE strpos(lower({text}), lower(%s)) > 0"
            )
            found += [
                Hit(column=f"{table}.{column}", row=row.text)
                for row in rooms.rows(query, word)
            ]
    return found


def hers(rooms: Rooms) -> list[Hit]:
    return [
        hit
        for word in (ANN, ANN.replace("@", "="), NAME)
        for hit in traces_of(rooms, word)
        if JOANN not in hit.row.lower().replace("=", "@")
    ]


@pytest.fixture
def here(database_url: str) -> Iterator[World]:
    with world(database_url) as here:
        yield here


def mail(here: World, author: str, to: str, **more: str) -> None:
    raw = post_bytes(f'"{NAME}" <{author}>' if author == ANN else author, to=to, **more)
    here.post(Letter(reverse_path=author, recipient=to, content=raw))
    here.run()


def live(here: World) -> None:
    """Subscribe, post, be answered, moderate, be digested, bounce, and be spoken of."""
    rooms = here.rooms
    dev = rooms.add_list(
        members=[BOB, JOANN],
        owners=[OWNER],
        subscribe="open",
        send="private",
        digest_days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    )
    rooms.subscribe(dev, "dig@d.example", reception="digest")
    held = rooms.add_list("held", owners=[ANN, OWNER], members=[BOB], send="editorkey")
    add_moderators(rooms, held, ANN)
    command = f"sympa@{DOMAIN}"
    body = f"subscribe dev {NAME}\r\n"
    mail(here, ANN, command, subject="", body=body, message_id="s@a.example")
    mail(here, ANN, f"dev@{DOMAIN}", message_id="post@a.example")
    quoted = f"{ANN} wrote:\r\n> Hello,\r\nHello!\r\n"
    mail(here, BOB, f"dev@{DOMAIN}", message_id="re@b.example", body=quoted)
    mail(here, BOB, f"held@{DOMAIN}", message_id="wait@b.example")
    key = next(m.key for m in mails(rooms) if m.to == ANN and "[" in m.subject)
    text = f"distribute held {key}"
    mail(here, ANN, command, subject=text, body="", message_id="d@a.example")
    mail(here, ANN, f"dev-owner@{DOMAIN}", message_id="o@a.example")
    rooms.add_list("slow", owners=[OWNER], send="editorkey")
    mail(here, ANN, f"slow@{DOMAIN}", message_id="waits@a.example")
    rooms.conn.execute("UPDATE digest_entry SET created_at = now() - interval '2 days'")
    make_digests_due.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()
    here.run()
    here.people = {ANN: bouncing}
    mail(here, BOB, f"dev@{DOMAIN}", message_id="again@b.example")
    rooms.conn.execute(
        "INSERT INTO audit (actor, action, object, list_id, detail)"
        " VALUES (%(a)s, 'x', %(a)s, %(l)s, jsonb_build_object('a', %(a)s::text,"
        " 'name', %(n)s::text, 'other', %(j)s::text))",
        {"a": ANN, "l": dev, "n": NAME, "j": JOANN},
    )
    rooms.conn.commit()


def test_a_person_is_told_and_erased(here: World) -> None:
    """After a life on the system no table names the person, but in the words of others."""
    live(here)
    rooms = here.rooms
    before = {hit.column for hit in hers(rooms)}
    assert {"audit.actor", "packet.recipients", "bounce_event.address"} <= before

    told = exporting.export(rooms.conn, ANN)
    rooms.conn.commit()
    assert (told.address, told.name) == (ANN, NAME)
    tables = {group.table for group in told.groups}
    assert {c.partition(".")[0] for c in before} - {"body"} <= tables | {"digest_entry"}
    assert json.dumps(told.groups, default=str)
    assert b"post@a.example" in b"".join(exporting.posts(rooms.conn, ANN))

    report = erasing.erase(rooms.conn, ANN, actor=ANN, dry_run=True)
    rooms.conn.commit()
    assert {hit.column for hit in hers(rooms)} == before
    again = erasing.erase(rooms.conn, ANN.lower(), actor="cli:root")
    rooms.conn.commit()
    assert [line.rows for line in again.lines] == [line.rows for line in report.lines]

    left = hers(rooms)
    assert {hit.column for hit in left} <= {*OTHERS_WORDS, "archive_text.content"}
    assert all(
        "bob@b.example" in hit.row for hit in left if hit.column == "body.content"
    )
    assert [line.table for line in again.kept] == ["archive_text"]
    assert erasing.erase(rooms.conn, ANN, actor="cli:root").erased == ()


def test_others_keep_what_is_theirs(here: World) -> None:
    """Neighbours in packets, audit and archive, and similar addresses, are as before."""
    live(here)
    rooms = here.rooms
    count = "SELECT count(*) AS n FROM packet"
    packets = rooms.rows(count)[0].n
    joann = {hit.column for hit in traces_of(rooms, JOANN)}
    erasing.erase(rooms.conn, ANN, actor="cli:root")
    rooms.conn.commit()
    assert rooms.rows(count)[0].n == packets
    assert {hit.column for hit in traces_of(rooms, JOANN)} >= joann - {"body.content"}
    archived = rooms.rows("SELECT message_id FROM archive_message ORDER BY id")
    assert {row.message_id for row in archived} == {
        *("re@b.example", "wait@b.example", "again@b.example"),
    }
    assert len(rooms.rows("SELECT * FROM archive_removed")) == 1
    [row] = rooms.rows("SELECT * FROM audit WHERE action = 'person.erase'")
    assert row.object.endswith("@erased.invalid")
    assert row.actor == "cli:root"


def test_what_is_in_force_is_told_and_left(rooms: Rooms) -> None:
    """A blocklist goes on blocking; its older versions and its author are rewritten."""
    number = rooms.add_list(owners=[ANN], reply_to_other=ANN)
    conn = rooms.conn
    level = files.Level(scope="list", list_id=number, name=f"dev@{DOMAIN}")
    for text in (f"{ANN}\nold@x.example\n", f"{ANN}\n"):
        files.write(conn, "search_filters/b.txt", text, level=level, actor=ANN)
    conn.commit()
    report = erasing.erase(conn, ANN, actor="cli:root")
    conn.commit()
    assert [line.table for line in report.kept] == ["custom_file", "setting_version"]
    assert report.without_owner == (f"dev@{DOMAIN}",)
    old, new = rooms.rows("SELECT content, changed_by FROM custom_file ORDER BY id")
    assert old.content == f"{report.pseudonym}\nold@x.example\n"
    assert new.content == f"{ANN}\n"
    assert old.changed_by == new.changed_by == report.pseudonym
    assert rooms.rows("SELECT FROM mailing_list WHERE id = %s", number)


def test_a_stranger(rooms: Rooms) -> None:
    """Of whom nothing is stored nothing is told, and nothing is written down."""
    assert exporting.export(rooms.conn, "nobody@x.example").groups == ()
    assert erasing.erase(rooms.conn, "nobody@x.example", actor="cli:root").lines == ()
    rooms.conn.commit()
    assert rooms.rows("SELECT FROM audit") == []
