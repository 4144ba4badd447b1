"""The digest as a list of subjects with links: reception `index`, and contents."""

from listhub.i18n.formats import day
from listhub.i18n.text import N_, Text
from listhub.mail.digest.issue import Issue, as_draft, text_part
from listhub.mail.draft import Draft

_TOPICS = N_("In this digest:")


def write(issue: Issue) -> Draft:
    """Return a mail that names each post, says where it is, and how to answer it."""
    blocks = [
        "\n".join(
            [_line(issue, number), *(f"   {link}" for link in issue.links(entry))]
        )
        for number, entry in enumerate(issue.entries)
    ]
    text = masthead(issue) + "\n\n".join(blocks) + "\n"
    if issue.footer.strip():
        text += "\n" + issue.footer.strip("\r\n") + "\n"
    return as_draft(text_part(text, newline=issue.newline, headers=issue.headers()))


def masthead(issue: Issue) -> str:
    """Return the lines above everything."""
    topics = Text(_TOPICS).into(issue.language)
    return f"{issue.title}\n{day(issue.at, issue.language)}\n\n{topics}\n\n"


def contents(issue: Issue, *, permalinks: bool = False) -> str:
    """Return a line for each post, and one for where it is if that is wanted."""
    lines: list[str] = []
    for number, entry in enumerate(issue.entries):
        lines.append(_line(issue, number))
        if permalinks and entry.permalink:
            lines.append(f"   {entry.permalink}")
    return "".join(f"{line}\n" for line in lines)


def _line(issue: Issue, number: int) -> str:
    entry = issue.entries[number]
    return f"{number + 1}. {entry.subject(issue.language)} ({entry.author})"
