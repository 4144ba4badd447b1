"""From a mail to the commands in it: pure, and of any bytes.

    subject  one command, after any "Re:"; then the body does not count
    body     else a command on each line, up to a signature, QUIT, or the first line
             that is none

Answers to mail of ours that bear a key in their subject are no commands:
`listhub.lists.moderation.reply` reads them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from listhub.commands import text
from listhub.commands.command import Argument, Command, Line
from listhub.i18n.text import N_, Text
from listhub.mail.headers import Headers
from listhub.mail.subject import REPLIES

#: Commands that one mail may hold.
MOST_COMMANDS = 50

TOO_MANY = N_("One mail may hold %(most)s commands; send the others in another one.")
TOO_LONG = N_("The line is longer than %(most)s characters.")
TURNED = N_("The line holds characters that change the direction of writing.")
UNKNOWN = N_("This is not a command; nothing from here on was read. Send HELP.")
MISSING = N_("%(name)s is missing. It is written: %(usage)s")
WRONG = N_("“%(value)s” is not %(words)s. It is written: %(usage)s")
SURPLUS = N_("“%(value)s” is too much. It is written: %(usage)s")
NO_TEXT = N_("Your mail holds no text; send commands as plain text.")

_REPLY = re.compile(
    rf"(?:(?:{'|'.join(map(re.escape, REPLIES))})(?:\s*[\[(]\d+[\])])?\s*[:：]\s*)+",  # noqa: RUF001 - the wide colon of East Asia
    re.IGNORECASE,
)
_WORD = re.compile(r'\s*(?:"([^"]*)"?|“([^”]*)”?|«\s*([^»]*?)\s*»|(\S+))')
_QUIET = "QUIET"
_SHOWN = 80  # characters of what somebody wrote, in an answer of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A line that is no command, or one with wrong arguments; reading ends there."""

    written: str
    reason: Text
    #: It begins as a command does.
    command: Command | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The commands of a mail in their order, and why reading ended if not at the end."""

    lines: tuple[Line, ...] = ()
    misread: Misread | None = None

    @property
    def recognised(self) -> bool:
        """Whether there is anything to answer but "no command"."""
        return bool(self.lines or (self.misread and self.misread.command))


class Vocabulary:
    """The words of all commands; synonyms stand for the same command."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._words: Mapping[str, Command] = {
            word: command
            for command in commands
            for word in (command.name, *command.synonyms)
        }

    def find(self, word: str) -> Command | None:
        """Return the command that a word stands for in any case, or None."""
        return self._words.get(word.upper())

    def read(self, written: str) -> Line | Misread:
        """Read one line: QUIET, a command, its arguments."""
        written = text.clean(written)
        word, _, rest = written.partition(" ")
        quiet = word.upper() == _QUIET and bool(rest)
        if quiet:
            written = rest
            word, _, rest = rest.partition(" ")
        shown = written[:_SHOWN]
        command = self.find(word)
        if command is None:
            return Misread(written=_visible(shown), reason=Text(UNKNOWN))
        if len(written) > text.LONGEST_LINE:
            reason = Text(TOO_LONG, most=text.LONGEST_LINE)
            return Misread(written=_visible(shown), reason=reason, command=command)
        if any(map(_turns, written)):
            return Misread(
                written=_visible(shown), reason=Text(TURNED), command=command
            )
        found = _arguments(command, rest)
        if isinstance(found, Text):
            return Misread(written=shown, reason=found, command=command)
        return Line(command=command, arguments=found, written=written, quiet=quiet)


def parse(raw: bytes, vocabulary: Vocabulary) -> Parsed:
    """Return the commands of a mail: that of its subject, or those of its body."""
    if line := in_subject(raw, vocabulary):
        return Parsed(lines=(line,))
    subject = vocabulary.read(subject_of(raw))
    found = text.of_mail(raw)
    if found is None:
        nothing = Misread(written="", reason=Text(NO_TEXT))
        return Parsed(misread=_better(subject, nothing))
    parsed = _body(found, vocabulary)
    if parsed.recognised:
        return parsed
    return Parsed(misread=_better(subject, parsed.misread))


def in_subject(raw: bytes, vocabulary: Vocabulary) -> Line | None:
    """Return the command that the subject is, or None; the body then does not count."""
    subject = vocabulary.read(subject_of(raw))
    if isinstance(subject, Line) and subject.command.name != "QUIT":
        return subject
    return None


def implied(raw: bytes, list_name: str) -> str | None:
    """Return the command of a mail to list-request@ whose subject is just that.

    `subscribe` or `unsubscribe`, alone or with the list's own name, as SmartList had it.
    """
    words = text.clean(Headers.parse(raw).text("Subject")).lower().split(" ")
    if words[0] not in {"subscribe", "unsubscribe"} or len(words) > 2:
        return None
    if len(words) == 2 and words[1].partition("@")[0] != list_name:
        return None
    return f"{words[0].upper()} {list_name}"


def subject_of(raw: bytes) -> str:
    """Return the subject without what marks an answer, in whichever language."""
    subject = text.clean(Headers.parse(raw).text("Subject"))
    return _REPLY.sub("", subject, count=1) if _REPLY.match(subject) else subject


def _body(found: str, vocabulary: Vocabulary) -> Parsed:
    read: list[Line] = []
    for line in text.lines(found):
        one = vocabulary.read(line)
        if isinstance(one, Misread):
            return Parsed(lines=tuple(read), misread=one)
        if one.command.name == "QUIT":
            break
        if len(read) == MOST_COMMANDS:
            reason = Text(TOO_MANY, most=MOST_COMMANDS)
            return Parsed(
                lines=tuple(read),
                misread=Misread(
                    written=one.written, reason=reason, command=one.command
                ),
            )
        read.append(one)
    return Parsed(lines=tuple(read))


def _better(subject: Line | Misread, body: Misread | None) -> Misread | None:
    """A subject that is nearly a command says more than a body that is none."""
    if isinstance(subject, Misread) and subject.command:
        return subject
    return body


def _arguments(command: Command, rest: str) -> dict[str, str] | Text:
    """Return the arguments by name, or what is wrong with them."""
    found: dict[str, str] = {}
    for argument in command.arguments:
        value, rest = _taken(argument, rest)
        if not value:
            if argument.optional:
                continue
            return Text(MISSING, name=argument.name, usage=command.usage)
        if not argument.pattern.fullmatch(value):
            return Text(
                WRONG,
                value=value[:_SHOWN],
                words=Text(argument.words),
                usage=command.usage,
            )
        found[argument.name] = value
    if rest:
        return Text(SURPLUS, value=rest[:_SHOWN], usage=command.usage)
    return found


def _taken(argument: Argument, rest: str) -> tuple[str, str]:
    """Return the next argument without its quotes, and what follows on it."""
    match = _WORD.match(rest)
    if match is None:
        return "", ""
    value = next(group for group in match.groups() if group is not None).strip()
    after = rest[match.end() :].strip()
    if argument.rest:
        return (value if not after else rest), ""
    return value, after


def _turns(character: str) -> bool:
    """Whether it makes a line look like another one (Unicode Annex #9)."""
    return character in "\u200e\u200f\u061c" or unicodedata.bidirectional(
        character
    ) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def _visible(written: str) -> str:
    return "".join("?" if _turns(character) else character for character in written)
