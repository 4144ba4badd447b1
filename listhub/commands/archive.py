"""INDEX, GET, LAST: the archive by mail."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from listhub.commands.arguments import LIST, MONTH
from listhub.commands.command import Command, Line
from listhub.commands.context import Context
from listhub.commands.judging import ListQuestion, judged
from listhub.commands.reply import Part, Refused, Reply
from listhub.i18n.text import N_, Text
from listhub.lists import greetings
from listhub.lists.notices import command_replies as replies
from listhub.policy.decision import Decision
from listhub.spool import bodies

#: Posts and bytes of one answer; a busy month is better read on the web.
MOST_POSTS, MOST_BYTES = 500, 5_000_000

NO_MONTH = N_("The archive of %(list)s has no posts of %(month)s.")
EMPTY = N_("The archive of %(list)s is empty.")
ON_ITS_WAY = N_("%(count)s posts of %(list)s are on their way to you.")
NOT_ALL = N_(
    "%(count)s posts of %(list)s are on their way to you; the others of the month are"
    " too much for one mail."
)

_MONTHS = """
SELECT to_char(sent_at AT TIME ZONE %(zone)s, 'YYYY-MM') AS month, count(*)
  FROM archive_message WHERE list_id = %(list_id)s GROUP BY month ORDER BY month
"""
_OF_MONTH = """
SELECT body_id FROM archive_message
 WHERE list_id = %(list_id)s AND sent_at >= %(since)s AND sent_at < %(until)s
 ORDER BY sent_at, id LIMIT %(limit)s
"""
_LAST = """
SELECT body_id FROM archive_message WHERE list_id = %s
 ORDER BY sent_at DESC, id DESC LIMIT 1
"""


def index(line: Line, context: Context) -> Reply:
    """Tell which months the archive has."""
    asked = _question(line, context)

    def tell(_decision: Decision) -> Reply:
        zone = {"zone": asked.settings.timezone, "list_id": asked.row.id}
        months = tuple(
            replies.Month(month=month, posts=posts)
            for month, posts in context.conn.execute(_MONTHS, zone).fetchall()
        )
        values = replies.Index(months=months)
        place = context.place(asked.row, asked.settings)
        return Reply(text=Part(notice=replies.INDEX, values=values, place=place))

    return judged(asked, line, context, tell)


def get(line: Line, context: Context) -> Reply:
    """Send the posts of a month."""
    asked = _question(line, context)
    month = line.get("MONTH").replace("/", "-")

    def send(_decision: Decision) -> Reply:
        since, until = _bounds(month, asked.settings.timezone)
        wanted = {
            "list_id": asked.row.id,
            "since": since,
            "until": until,
            "limit": MOST_POSTS + 1,
        }
        found = [body for (body,) in context.conn.execute(_OF_MONTH, wanted).fetchall()]
        if not found:
            raise Refused(NO_MONTH, list=asked.row.address, month=month)
        return _send(asked, context, found, month=month)

    return judged(asked, line, context, send)


def last(line: Line, context: Context) -> Reply:
    """Send the last post."""
    asked = _question(line, context)

    def send(_decision: Decision) -> Reply:
        found = context.conn.execute(_LAST, [asked.row.id]).fetchone()
        if found is None:
            raise Refused(EMPTY, list=asked.row.address)
        return _send(asked, context, [found[0]], month="")

    return judged(asked, line, context, send)


def _send(
    asked: ListQuestion, context: Context, found: list[int], *, month: str
) -> Reply:
    posts: list[bytes] = []
    size = 0
    for body_id in found[:MOST_POSTS]:
        raw = bodies.load(context.conn, body_id)
        size += len(raw)
        if posts and size > MOST_BYTES:
            break
        posts.append(raw)
    items = greetings.archived(
        context.desk, asked.row, context.sender, posts=posts, month=month
    )
    text = ON_ITS_WAY if len(posts) == len(found) else NOT_ALL
    return Reply(text=Text(text, count=len(posts), list=asked.row.address), items=items)


def _bounds(month: str, timezone: str) -> tuple[datetime, datetime]:
    """Return when a month begins and when it is over."""
    zone = ZoneInfo(timezone)
    year, number = map(int, month.split("-"))
    december = number == 12
    since = datetime(year, number, 1, tzinfo=zone)
    until = datetime(year + december, 1 if december else number + 1, 1, tzinfo=zone)
    return since.astimezone(UTC), until.astimezone(UTC)


def _question(line: Line, context: Context) -> ListQuestion:
    row = context.list_row(line.get("LIST"))
    settings = context.list_settings(row)
    return ListQuestion(
        operation="archive_mail_access",
        scenario=settings.archive_mail_access,
        row=row,
        settings=settings,
        command=" ".join(
            filter(None, (line.command.name, row.name, line.get("MONTH")))
        ),
    )


INDEX = Command(
    name="INDEX",
    about="Tells which months the archive of a list has.",
    right="the scenario `archive_mail_access`",
    synonyms=("IND",),
    arguments=(LIST,),
    results=("do_it", "request_auth", "reject"),
    run=index,
)
GET = Command(
    name="GET",
    about="Sends you the posts of a month from the archive of a list.",
    right="the scenario `archive_mail_access`",
    arguments=(LIST, MONTH),
    results=("do_it", "request_auth", "reject"),
    run=get,
)
LAST = Command(
    name="LAST",
    about="Sends you the last post of a list.",
    right="the scenario `archive_mail_access`",
    synonyms=("LAS",),
    arguments=(LIST,),
    results=("do_it", "request_auth", "reject"),
    run=last,
)
