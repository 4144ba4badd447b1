"""What a reply to our mail says: the key of its subject and the verb it begins with.

Pure reading.  Quoted text, attributions and signatures are not the answer.  A decision
stands for ever, so a line that says more than its verb is not taken for one: "accept"
is an answer, "accept, but only if he rewrites it" is not.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

from typing_extensions import override

from listhub.mail import encoded_words, mime, screening
from listhub.mail.headers import Headers


class Verb(StrEnum):
    """What an answer asks for."""

    APPROVE = "approve"
    ALLOW = "allow"
    REJECT = "reject"
    DISCARD = "discard"
    SPAM = "spam"
    BLOCK = "block"
    NOTE = "note"
    CONFIRM = "confirm"


#: Words by verb, without accents; the first is the one that people are told.
VERBS: Mapping[Verb, tuple[str, ...]] = {
    Verb.APPROVE: (
        *("accept", "approve", "approved", "distribute", "ok", "okay", "yes"),
        *("accepter", "accepte", "approuver", "approuve", "diffuser", "distribuer"),
        *("oui", "d'accord"),
    ),
    Verb.ALLOW: ("allow", "always", "toujours", "autoriser"),
    Verb.REJECT: ("reject", "refuse", "deny", "rejeter", "refuser", "rejet", "refus"),
    Verb.DISCARD: ("discard", "drop", "ignore", "jeter", "supprimer", "ignorer"),
    Verb.SPAM: ("spam", "pourriel", "indesirable"),
    Verb.BLOCK: ("block", "ban", "bloquer", "bannir"),
    Verb.NOTE: ("note", "remarque"),
    Verb.CONFIRM: ("confirm", "confirmer", "confirme"),
}
_BY_WORD = {word: verb for verb, words in VERBS.items() for word in words}

#: What is written to people, not to us.
_EXPLAINED = frozenset({Verb.REJECT, Verb.NOTE})
_POLITE = frozenset(
    [
        "please",
        "thanks",
        "thank",
        "you",
        "it",
        "this",
        "post",
        "merci",
        "svp",
        "s'il",
        "vous",
        "plait",
    ]
)

_KEY = re.compile(r"\[\s*([0-9a-f]{32})\s*\]", re.IGNORECASE)
_READ = 100_000  # characters of a text that are looked at
_SIGNATURE = re.compile(r"--\s?")  # RFC 3676 §4.3, and what mail programs make of it
_ORIGINAL = re.compile(
    r"-{2,}\s*\w[^-]{2,60}-{2,}|_{10,}|(?:from|de|sent|envoyé)\s?:\s.+"
    r"|(?:sent from|envoyé (?:de|depuis|à partir)) .+",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"(?:on|le)\b.{4,300}?(?:wrote|écrit)\s*:", re.IGNORECASE | re.DOTALL
)
_MOST_ATTRIBUTED = 4  # lines that an attribution may be wrapped into


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer by mail; without a verb it was empty or not understood."""

    key: str
    verb: Verb | None = None
    #: A reason for the author, or a note for the others.
    text: str = ""
    #: The line that should have begun with a verb.
    written: str = ""


def read(headers: Headers, body: bytes) -> Reply | None:
    """Return what a mail answers; None if it bears no key or a program wrote it."""
    subject = encoded_words.decode(headers.get("Subject") or b"")
    found = _KEY.findall(subject)
    if not found or screening.automatic(headers):
        return None
    lines = list(own_lines(_text(headers, body)))
    first = lines[0] if lines else ""
    word, _, rest = first.partition(" ")
    verb = _BY_WORD.get(_plain(word))
    rest = rest.strip(" :-")
    if verb not in _EXPLAINED and not _only_polite(rest):
        verb = None
    text = "\n".join([rest, *lines[1:]]).strip() if verb in _EXPLAINED else ""
    return Reply(key=found[-1].lower(), verb=verb, text=text, written=first[:200])


def own_lines(text: str) -> Iterator[str]:
    """Yield the lines that somebody wrote above or below what they quote."""
    lines = [line.strip("\ufeff\u200b ") for line in text[:_READ].splitlines()]
    at, begun = 0, False
    while at < len(lines):
        line = lines[at]
        if _SIGNATURE.fullmatch(line) or _ORIGINAL.fullmatch(line):
            return
        if taken := _attribution(lines[at : at + _MOST_ATTRIBUTED]):
            at += taken
            if not _quote_follows(lines[at:]):
                return
            continue
        if not line.startswith(">") and (line or begun):
            begun = True
            yield line
        at += 1


def _attribution(lines: Sequence[str]) -> int:
    """Return how many of these lines say whose words follow, 0 for none."""
    for count in range(1, len(lines) + 1):
        if _ATTRIBUTION.fullmatch(" ".join(lines[:count])):
            return count
    return 0


def _quote_follows(lines: Sequence[str]) -> bool:
    return next((line.startswith(">") for line in lines if line), False)


def _only_polite(rest: str) -> bool:
    return all(_plain(word) in _POLITE for word in rest.split() if _plain(word))


def _plain(word: str) -> str:
    """Return a word without accents, case and punctuation around it."""
    apart = unicodedata.normalize("NFKD", word.replace("\u2019", "'")).casefold()
    kept = "".join(char for char in apart if not unicodedata.combining(char))
    return kept.strip(".,;:!?()[]\"'*_-")


def _text(headers: Headers, body: bytes) -> str:
    """Return the text that a reader would see first."""
    tree = mime.parse(headers.to_bytes() + body)
    leaves = [part for part in tree.walk() if not part.children]
    for kind in ("text/plain", "text/html"):
        for part in leaves:
            if part.kind == kind and not part.is_attachment:
                text = _decoded(part)
                return text if kind == "text/plain" else _Stripper.strip(text)
    return ""


def _decoded(part: mime.Part) -> str:
    text = part.text
    return text if text is not None else (part.content or b"").decode(errors="replace")


class _Stripper(HTMLParser):
    """Takes the text out of HTML; what is quoted there is left out."""

    _BREAKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "td"})
    _LEFT_OUT = frozenset({"script", "style", "head", "title", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._inside = 0

    @classmethod
    def strip(cls, html: str) -> str:
        """Return the text of a page, a line for each block."""
        parser = cls()
        parser.feed(html[:_READ])
        parser.close()
        return "".join(parser._pieces)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._LEFT_OUT:
            self._inside += 1
        elif tag in self._BREAKS:
            self._pieces.append("\n")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in self._LEFT_OUT and self._inside:
            self._inside -= 1
        elif tag in self._BREAKS:
            self._pieces.append("\n")

    @override
    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._pieces.append(" ".join(data.split()))
