"""A site with something on every page: lists, people of each role, posts, trouble.

For tests that open all pages, and for looking at them.  Posts go the way of real ones
through the rooms; what is hostile about them is in their words.
"""

from dataclasses import dataclass

from listhub.spool.errors import alike
from tests.held import add_moderators, hold_post
from tests.rooms import DOMAIN, Rooms, post_bytes

LIST = f"dev@{DOMAIN}"

#: What a stranger might write anywhere to become a script in somebody's page.
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """One address for each role; the domain's listmaster has no other."""

    site: str = "lise@admin.example"
    domain: str = "dora@admin.example"
    privileged: str = "olga@o.example"
    owner: str = "otto@o.example"
    moderator: str = "mona@m.example"
    member: str = "mia@a.example"
    #: Signed in, and nothing more.
    person: str = "vera@v.example"

    def all(self) -> dict[str, str]:
        """Return the addresses by role, from the mightiest down."""
        return {
            "site": self.site,
            "domain": self.domain,
            "privileged": self.privileged,
            "owner": self.owner,
            "moderator": self.moderator,
            "member": self.member,
            "person": self.person,
        }


PEOPLE = People()

_SUBJECTS = (
    "Meeting on Thursday",
    "Re: Meeting on Thursday",
    "Release 2.1 is out",
    "Question about quotas",
    "Réunion du comité: ordre du jour",
)
_SPAM = "You have won a prize"


def fill(rooms: Rooms, *, mark: str = HOSTILE) -> int:
    """Make the site in an empty database; return the number of its first list.

    `mark` stands where strangers could write anything.
    """
    list_id = rooms.add_list(
        "dev",
        members=[PEOPLE.member, *(f"m{n}@a.example" for n in range(30))],
        send="public",
        subject="Development of the example",
        archive_web_access="public",
    )
    news = rooms.add_list("news", members=["m1@a.example"], send="editorkey")
    rooms.add_list("board", send="private", visibility="conceal")
    _roles(rooms, list_id)
    _roles(rooms, news)
    _posts(rooms, list_id, mark)
    _held(rooms, list_id, mark)
    _trouble(rooms, list_id, mark)
    return list_id


def _roles(rooms: Rooms, list_id: int) -> None:
    add_moderators(rooms, list_id, PEOPLE.moderator)
    for address, profile in (
        (PEOPLE.privileged, "privileged"),
        (PEOPLE.owner, "normal"),
    ):
        rooms.conn.execute(
            "INSERT INTO role (list_id, person_id, kind, profile)"
            " VALUES (%s, %s, 'owner', %s)",
            [list_id, rooms.person(address), profile],
        )
    for address, domain in ((PEOPLE.site, None), (PEOPLE.domain, DOMAIN)):
        rooms.conn.execute(
            "INSERT INTO role (person_id, kind, domain_id) VALUES (%s, 'listmaster',"
            " (SELECT id FROM domain WHERE name = %s)) ON CONFLICT DO NOTHING",
            [rooms.person(address), domain],
        )
    rooms.person(PEOPLE.person)
    rooms.conn.commit()


def _posts(rooms: Rooms, list_id: int, mark: str) -> None:
    """Let posts through to the archive and to their copies."""
    before = ""
    for number, subject in enumerate((*_SUBJECTS, mark or "Minutes")):
        answer = f"In-Reply-To: <{before}>\r\n" if subject.startswith("Re:") else ""
        before = f"post{number}@a.example"
        rooms.put(
            "distribute",
            post_bytes(
                author=f"Ann Author <m{number}@a.example>",
                subject=subject.encode("ascii", "replace").decode(),
                message_id=before,
                extra=answer,
                body=f"Hello all,\r\n\r\n{mark or 'see below.'}\r\n\r\n> quoted\r\n> lines\r\n",
            ),
            list_id=list_id,
        )
    for stage in ("distribute", "archive"):
        rooms.drain(stage)


def _held(rooms: Rooms, list_id: int, mark: str) -> None:
    for number in range(12):
        spam = number % 3 == 0
        hold_post(
            rooms,
            list_id,
            post_bytes(
                author=f"s{number % 4}@spam.example"
                if spam
                else f"m{number}@a.example",
                subject=_SPAM if spam else f"Held post {number} {mark}".strip(),
                message_id=f"held{number}@a.example",
            ),
        )
    rooms.conn.commit()


def _trouble(rooms: Rooms, list_id: int, mark: str) -> None:
    """Bury an item, and leave one that waits."""
    buried = rooms.put("distribute", post_bytes(message_id="b1@a.example"))
    reason = f"ValueError: {mark}\nTraceback (most recent call last):\n  {HOSTILE}"
    rooms.conn.execute(
        "UPDATE spool_item SET state = 'buried', attempts = 10, reason = %s, error = %s"
        " WHERE id = %s",
        [reason, alike(reason), buried],
    )
    rooms.put("distribute", post_bytes(message_id="w1@a.example"), list_id=list_id)
    rooms.conn.commit()
