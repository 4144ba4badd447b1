"""Failures told in the words of a mail server: what flufl.bounce knows, and plain text.

flufl.bounce gives addresses alone, and its patterns take a time that grows faster than
the text; so it sees a short, mended copy of what people are told, and what the text says
of each address is read here.
"""

import logging
import re
from email.message import Message

from flufl.bounce import all_failures

import listhub.log
from listhub.mail import encoded_words
from listhub.mail.address import key, mailboxes, parse_addr_spec
from listhub.mail.bounce import transcript
from listhub.mail.bounce.anatomy import Anatomy
from listhub.mail.bounce.report import Action, Reported

log = listhub.log.get(__name__)

_MOST = 100  # addresses of one report
# What flufl.bounce is shown; its worst pattern is cubic in the length of a line.
_LINES = 300
_LINE = 240  # characters
_TEXT = 16_384
_SIGNS = 8  # of "<" or "@" in one line
_WORD = re.compile(r"[^\s@]{80,}")
_BLANKS = re.compile(r"[ \t]{16,}")

_SERVER = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|post-?master|mdaemon|mail\.?delivery"
    r"|microsoftexchange[0-9a-f]*|mail-?system)(?:@|\Z)",
    re.IGNORECASE,
)
#: Who else sends reports, and other mail as well.
_SENDER = re.compile(r"(?:bounces?|nobody|root|admin|administrator)@", re.IGNORECASE)
_SUBJECT = re.compile(
    r"\A\W{0,3}(?:permanent |temporary )?(?:undeliver|undelivered|returned mail|failure notice|mail (?:delivery )?(?:failed|failure|error|warning)"
    r"|delivery (?:status|failure|failed|error|problem|report|has|delayed)|failed delivery|message (?:delivery |not )?(?:failed|failure|undeliverable|delivered)"
    r"|warning: (?:message|could not)|non[- ]?delivery|nondeliverable|delivery notification|rejected|failed mail|processing error|could not (?:deliver|send)|mail could not|error sending"
    r"|unzustellbar|fehler|nicht zustellbar|zustellung|nachricht nicht"
    r"|non remis|échec|courrier non|message non|non[- ]distribu"
    r"|no se puede entregar|error de entrega|mensaje devuelto|mancata consegna|impossibile recapitare|não entreg|mensagem não|falha"
    r"|onbestelbaar|niet bezorgd|niedostarcz|zwrot|nedoručiteln|kan inte leverera|ej levererat"
    r"|недоставлен|сообщение не доставлено|ошибка доставки|退信|系统退信|无法投递|未能送达|配信|エラーメール|반송)",
    re.IGNORECASE,
)


def read(mail: Anatomy) -> tuple[Reported, ...]:
    """Return what a report in words says of its recipients, () if it is none."""
    if not _is_report(mail):
        return ()
    return _failed_field(mail) or _flufl(mail) or _words(mail)


def is_from_server(mail: Anatomy) -> bool:
    """Say whether a mail server is the author: it answers nothing, it reports."""
    if mail.kind == "multipart/report":
        return True
    sender = _authors(mail) or [mail.headers.text("From")[:80].strip(' "<>')]
    return any(map(_SERVER.match, sender))


def _is_report(mail: Anatomy) -> bool:
    """Say whether it may be a report; what people write is full of addresses."""
    headers = mail.headers
    if headers.get("X-Failed-Recipients") is not None or is_from_server(mail):
        return True
    if headers.get("List-Id") or headers.get("List-Unsubscribe"):
        return False
    subject = _SUBJECT.match(headers.text("Subject")[:200])
    return subject is not None or any(map(_SENDER.match, _authors(mail)))


def _authors(mail: Anatomy) -> list[str]:
    return [a for _, a in mailboxes((mail.headers.get("From") or b"")[:1024])]


def _failed_field(mail: Anatomy) -> tuple[Reported, ...]:
    """Exim and others write down for whom it failed."""
    values = mail.headers.all("X-Failed-Recipients")
    named = [address for value in values for _, address in mailboxes(value[:32_768])]
    return tuple(
        transcript.describe(
            mail.told, address, action="failed", detector="x-failed-recipients"
        )
        for address in list(dict.fromkeys(named))[:_MOST]
    )


def _flufl(mail: Anatomy) -> tuple[Reported, ...]:
    library = logging.getLogger("flufl.bounce")
    if library.level == logging.NOTSET:
        # It has a line for each of its detectors; its faults are told below.
        library.setLevel(logging.CRITICAL)
    try:
        delayed, failed = all_failures(_shown(mail))
    except Exception as error:  # noqa: BLE001 - the library's faults are not the mail's
        log.warning("flufl.bounce failed", error=repr(error))
        return ()
    besides = _parties(mail)
    found: dict[str, Action] = dict.fromkeys(_valid(failed, besides), "failed")
    found.update(dict.fromkeys(_valid(delayed, besides), "delayed"))
    if transcript.is_delay(mail.told):
        found = dict.fromkeys(found, "delayed")
    return tuple(
        transcript.describe(mail.told, address, action=action, detector="flufl.bounce")
        for address, action in found.items()
    )


def _words(mail: Anatomy) -> tuple[Reported, ...]:
    return transcript.find(mail.told, besides=_parties(mail), detector="text")


def _valid(found: object, besides: frozenset[str]) -> list[str]:
    """Return the addresses among what was found, in an order that does not change."""
    assert isinstance(found, frozenset)  # noqa: S101 - as its type says
    texts = {encoded_words.plain(each) for each in found if isinstance(each, bytes)}
    valid = sorted(text for text in texts if parse_addr_spec(text))
    return [text for text in valid if key(text) not in besides][:_MOST]


def _parties(mail: Anatomy) -> frozenset[str]:
    """Return the keys of those that the report comes from and goes to."""
    values = [mail.headers.get(name) or b"" for name in ("From", "To", "Sender")]
    return frozenset(key(a) for value in values for _, a in mailboxes(value[:4096]))


def _shown(mail: Anatomy) -> Message:
    """Return the copy for flufl.bounce: its header, its shape, its texts made tame."""
    message = Message()
    for name in ("From", "Subject", "X-Mailer"):
        message[name] = mail.headers.text(name)[:500]
    text = Message()
    text["Content-Type"] = "text/plain"
    # The detector for Postfix goes by this.
    text["Content-Description"] = "Notification"
    text.set_payload(_tamed(mail.told))
    if not mail.kind.startswith("multipart/"):
        message["Content-Type"] = "text/plain"
        message.set_payload(text.get_payload())
        return message
    message["Content-Type"] = mail.kind
    returned = Message()
    returned["Content-Type"] = "application/octet-stream"
    returned.set_payload("")
    message.set_payload([text, returned])
    return message


def _tamed(told: str) -> str:
    lines = told[:_TEXT].split("\n")[:_LINES]
    return "\n".join(map(_tamed_line, lines)) + "\n"


def _tamed_line(line: str) -> str:
    line = _BLANKS.sub(" " * 16, line)
    line = _WORD.sub(lambda word: word[0][:80], line)[:_LINE]
    crowded = line.count("<") > _SIGNS or line.count("@") > _SIGNS
    return "" if crowded else line
