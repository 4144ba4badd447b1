"""The MIME digest: contents, then every post whole (RFC 2046 §5.1.5)."""

from listhub.mail import mime
from listhub.mail.digest.index import contents, masthead
from listhub.mail.digest.issue import Issue, as_draft, message_of, text_part
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.mime import Part


def write(issue: Issue) -> Draft:
    """Return a mail that holds each post as it went out, and can be answered in it."""
    newline = issue.newline
    posts = [_holding(message_of(entry), newline=newline) for entry in issue.entries]
    text = masthead(issue) + contents(issue, permalinks=True)
    children = [text_part(text, newline=newline)]
    if posts:
        inner = _headers(newline)
        children.append(mime.multipart("multipart/digest", posts, headers=inner))
    if issue.footer.strip():
        children.append(text_part(issue.footer, newline=newline))
    whole = mime.multipart("multipart/mixed", children, headers=issue.headers())
    return as_draft(whole)


def _holding(message: bytes, *, newline: bytes) -> Part:
    headers = _headers(newline)
    headers.add("Content-Type", "message/rfc822")
    if not message.isascii():
        headers.add("Content-Transfer-Encoding", "8bit")
    return Part(headers=headers, body=message)


def _headers(newline: bytes) -> Headers:
    headers = Headers()
    headers.newline = newline
    return headers
