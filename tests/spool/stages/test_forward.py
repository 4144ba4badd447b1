"""The forward stage: who gets mail to a role, how it looks, and what is dropped."""

import pytest

from tests.held import add_moderators
from tests.rooms import DOMAIN, Rooms, post_bytes

REQUEST = f"dev-request@{DOMAIN}"
EDITOR = f"dev-editor@{DOMAIN}"
LISTMASTER = f"listmaster@{DOMAIN}"


def forward(rooms: Rooms, raw: bytes, *, to: str = REQUEST) -> None:
    list_id = None if to == LISTMASTER else 1
    rooms.put("forward", raw, recipient=to, list_id=list_id)
    rooms.drain("forward")


def set_reception(rooms: Rooms, address: str, reception: str) -> None:
    rooms.conn.execute(
        "UPDATE role SET reception = %s WHERE person_id = %s",
        [reception, rooms.person(address)],
    )
    rooms.conn.commit()


def note(rooms: Rooms) -> tuple[str, str]:
    last = rooms.settled("forward")[-1]
    return last.verdict, last.note


def test_who_wants_no_mail_of_the_role_gets_none(rooms: Rooms):
    """Of two owners the one gets the mail who wants it."""
    rooms.add_list(owners=["o1@o.example", "o2@o.example"])
    set_reception(rooms, "o1@o.example", "none")

    forward(rooms, post_bytes())

    assert rooms.sent_to() == ["o2@o.example"]


def test_where_nobody_wants_it_all_get_it(rooms: Rooms):
    """Mail to a role is never lost to its holders' wishes, nor passed to other roles."""
    rooms.add_list(owners=["o@o.example"])
    add_moderators(rooms, 1, "m1@m.example", "m2@m.example", reception="none")

    forward(rooms, post_bytes(), to=EDITOR)

    assert rooms.sent_to() == ["m1@m.example", "m2@m.example"]


def test_one_message_for_all(rooms: Rooms):
    """All holders share one message: marked, from our own path, its body untouched."""
    rooms.add_list(owners=["o1@o.example", "o2@o.example"])
    raw = post_bytes(extra="Sender: s@a.example\r\nResent-Sender: r@a.example\r\n")

    forward(rooms, raw)

    [sent] = rooms.rows("SELECT * FROM outgoing")
    assert (sent.mode, sent.bounce_address) == ("forward", f"bounce+forward@{DOMAIN}")
    assert sent.treatment == {"sign": DOMAIN}
    assert sent.body_offset == raw.index(b"\r\n\r\n") + 4
    head = rooms.head()
    assert head.all("X-Loop") == (REQUEST.encode(),)
    assert head.all("Sender") == (f"sympa-request@{DOMAIN}".encode(),)
    assert head.get("Resent-Sender") is None
    assert head.get("From") == b"ann@a.example"


@pytest.mark.parametrize(
    ("address", "name"), [(REQUEST, "dev-request"), (EDITOR, "dev-editor")]
)
def test_from_names_the_address_that_was_written_to(
    rooms: Rooms, address: str, name: str
):
    """Where From is rewritten it is the role's, and answers go to the author."""
    rooms.add_list(owners=["o@o.example"], dmarc_mode=["all"])

    forward(rooms, post_bytes("Ann <ann@a.example>"), to=address)

    head = rooms.head()
    assert head.get("From") == f'"Ann (via {name})" <{address}>'.encode()
    assert head.get("Reply-To") == b"Ann <ann@a.example>"
    assert note(rooms) == ("done", "forwarded to 1, From rewritten: all authors")


def test_an_anonymous_list_hides_nobody_from_its_owners(rooms: Rooms):
    """Who writes to the owners is known to them, but protected like others."""
    rooms.add_list(
        owners=["o@o.example"], dmarc_mode=["all"], anonymous_sender=f"dev@{DOMAIN}"
    )

    forward(rooms, post_bytes())

    assert rooms.head().get("X-Original-From") == b"ann@a.example"


def test_listmasters_have_the_settings_of_their_domain(rooms: Rooms):
    """The domain's own level counts for mail to its listmasters."""
    rooms.add_list()
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person("lm@o.example")],
    )
    rooms.conn.execute(
        "INSERT INTO setting_version (scope, domain_id, version, values, changed_by)"
        " VALUES ('domain', 1, 1, '{\"dmarc_mode\": [\"all\"], \"newer\": 1}', 'test')"
    )
    rooms.conn.commit()

    forward(rooms, post_bytes(), to=LISTMASTER)

    assert rooms.sent_to() == ["lm@o.example"]
    assert rooms.head().get("From") == f'"ann (via listmaster)" <{LISTMASTER}>'.encode()


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (f"X-Loop: {REQUEST}\r\n", f"X-Loop: {REQUEST}"),
        ("X-Spam-Status: Yes, score=12\r\n", "marked as spam"),
        ("Auto-Submitted: auto-replied\r\n", "Auto-Submitted: auto-replied"),
        (
            "Auto-Submitted: auto-generated\r\nX-Autoreply: yes\r\n",
            "X-Autoreply",
        ),
        (
            "Content-Type: multipart/report; boundary=x\r\n",
            "Content-Type: multipart/report",
        ),
    ],
)
def test_what_would_go_round_is_dropped(rooms: Rooms, extra: str, why: str):
    """Loops, spam and the answers of programs end here, and nobody is told."""
    rooms.add_list(owners=["o@o.example"])

    forward(rooms, post_bytes(extra=extra))

    assert rooms.sent_to() == []
    assert note(rooms) == ("dropped", why)


@pytest.mark.parametrize(
    "extra",
    [
        "Auto-Submitted: auto-generated\r\n",
        "Precedence: bulk\r\n",
        "X-Spam-Status: No, score=0\r\n",
    ],
)
def test_what_programs_write_of_their_own_accord_passes(rooms: Rooms, extra: str):
    """The owners get the report of last night's job, and newsletters if need be."""
    rooms.add_list(owners=["o@o.example"])

    forward(rooms, post_bytes("cron@a.example", extra=extra))

    assert rooms.sent_to() == ["o@o.example"]


def test_a_list_that_ignores_marks_of_spam_gets_all(rooms: Rooms):
    """The list's setting counts for mail to its owners, too."""
    rooms.add_list(owners=["o@o.example"], spam="ignore")

    forward(rooms, post_bytes(extra="X-Spam-Status: Yes\r\n"))

    assert rooms.sent_to() == ["o@o.example"]


def test_the_same_text_passes_a_few_times(rooms: Rooms):
    """After as many as posts may repeat, an author's same text is dropped that day."""
    rooms.add_list(owners=["o@o.example"], repeats_per_day=2, posts_per_day=4)
    for number in range(3):
        forward(rooms, post_bytes(message_id=f"{number}@a.example"))
    assert note(rooms) == (
        "dropped",
        "the same text came 3 times today from ann@a.example",
    )

    forward(rooms, post_bytes(body="Another.\r\n"))
    forward(rooms, post_bytes("eve@a.example"))
    assert len(rooms.sent_to()) == 4
    forward(rooms, post_bytes(body="A third.\r\n"))
    assert note(rooms) == ("dropped", "5 mails of ann@a.example today")
