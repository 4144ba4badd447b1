"""An issue of a digest and its entries, and how both are written for people."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from listhub.i18n.text import N_, Text
from listhub.mail import encoded_words, mime, transfer
from listhub.mail.address import mailboxes
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.mime import Part

_TITLE = N_("%(list)s digest, number %(number)s")
_TITLE_OF_PART = N_("%(list)s digest, number %(number)s, part %(part)s of %(parts)s")
_REPLY = re.compile(r"\A(?:re(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_NO_SUBJECT = N_("(no subject)")
_MOST_ADDRESSES = 5
_LONGEST_LINK = 1500  # characters; longer ones are cut by those who should follow them


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One post as it went out, and where the archive has it ("" where it has not)."""

    headers: Headers
    body: bytes
    sequence: int
    permalink: str = ""

    @property
    def author(self) -> str:
        """The author's name, or address without one."""
        found = mailboxes(self.headers.get("From") or b"")
        return (found[0][0] or found[0][1]) if found else self.headers.text("From")

    @property
    def answered(self) -> tuple[str, ...]:
        """The addresses that an answer goes to."""
        value = self.headers.get("Reply-To") or self.headers.get("From") or b""
        return tuple(address for _, address in mailboxes(value))

    def subject(self, language: str) -> str:
        """Return the subject as people read it."""
        return self.headers.text("Subject").strip() or Text(_NO_SUBJECT).into(language)

    def reply_link(self, to: str = "") -> str:
        """Return a mailto: that answers this post (RFC 6068), "" where nobody can be.

        It goes where Reply-To says, or else to the author, or to the address given.
        """
        where = (to,) if to else self.answered[:_MOST_ADDRESSES]
        to = ",".join(quote(address, safe="@") for address in where)
        subject = _REPLY.sub("", self.headers.text("Subject").strip())
        link = f"mailto:{to}?subject={quote(f'Re: {subject}'[:200], safe='')}"
        if message_id := self.headers.text("Message-ID").strip():
            link += f"&In-Reply-To={quote(message_id, safe='')}"
        return link if to and len(link) <= _LONGEST_LINK else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What one digest mail says; `part` of `parts` where an issue is more than one."""

    list_name: str
    number: int
    at: datetime
    entries: tuple[Entry, ...]
    part: int = 1
    parts: int = 1
    language: str = "en"
    #: Where members may post, "" on a list on which they may not.
    post_address: str = ""
    footer: str = ""

    @property
    def title(self) -> str:
        """The subject; a part is counted only where there is more than one."""
        words = Text(
            _TITLE_OF_PART if self.parts > 1 else _TITLE,
            list=self.list_name,
            number=self.number,
            part=self.part,
            parts=self.parts,
        )
        return encoded_words.safe(words.into(self.language))

    @property
    def newline(self) -> bytes:
        """The line end of the mail: that of its first post."""
        return self.entries[0].headers.newline if self.entries else b"\r\n"

    def headers(self) -> Headers:
        """Return the header of the mail, as far as it is the digest's."""
        headers = Headers()
        headers.newline = self.newline
        headers.add("Subject", encoded_words.encode(self.title))
        headers.add("MIME-Version", "1.0")
        return headers

    def links(self, entry: Entry) -> list[str]:
        """Return the lines below an entry: where it is, and how to answer it."""
        lines = [entry.permalink] if entry.permalink else []
        if link := entry.reply_link():
            lines.append(Text(N_("Reply: %(link)s"), link=link).into(self.language))
        to = self.post_address
        if to and (link := entry.reply_link(to)) and not self._answers_list(entry):
            words = Text(N_("Reply to the list: %(link)s"), link=link)
            lines.append(words.into(self.language))
        return [encoded_words.safe(line) for line in lines]

    def _answers_list(self, entry: Entry) -> bool:
        return self.post_address.lower() in {a.lower() for a in entry.answered}


def text_part(text: str, *, newline: bytes, headers: Headers | None = None) -> Part:
    """Return a part that holds a text, in 7 bits."""
    headers = headers or Headers()
    headers.newline = newline
    headers.add("Content-Type", "text/plain; charset=utf-8")
    content = transfer.with_line_ends(text.encode(errors="replace"), newline)
    encoding = "7bit" if transfer.fits(content, "7bit") else "quoted-printable"
    headers.add("Content-Transfer-Encoding", encoding)
    body = transfer.encode(content, encoding, newline=newline)
    return Part(headers=headers, body=body)


def as_draft(part: Part) -> Draft:
    """Return a part as a message in work."""
    return Draft(headers=part.headers, body=part.body_bytes())


def message_of(entry: Entry) -> bytes:
    """Return an entry as a whole message, byte for byte as it went out."""
    part = mime.Part(headers=entry.headers.copy())
    part.set_body(entry.body)
    return part.to_bytes()
