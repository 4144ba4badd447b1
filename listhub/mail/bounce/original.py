"""What tells in a returned mail whose copy it was: Message-ID, list, tokens of ours."""

import re
from collections.abc import Iterable, Iterator

from listhub.mail import encoded_words
from listhub.mail.address import mailboxes
from listhub.mail.bounce.report import Original
from listhub.mail.headers import Headers
from listhub.mail.message_id import message_id

_MOST = 10  # of each kind of token
_MOST_NOTED = 50  # fields
_SEARCHED = 65_536  # characters of a field
_ONE_CLICK = re.compile(r"/one-click/([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")
_LIST_ID = re.compile(r"<([^<>]{1,255})>[^<>]*\Z")
#: A VERP address of ours or of Sympa's form.
_VERP = re.compile(
    rb"bounce\+[^\s<>()\[\]\",;:@]{1,256}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253})",
    re.IGNORECASE,
)
_ENVELOPE_FIELDS = ("Return-Path", "X-Return-Path", "X-Envelope-From", "Errors-To")
#: Where hops note the reverse-path among other things.  Not To: and the like, for what
#: was sent to such an address is itself something that came back.
_NOTED_IN = ("Received-SPF", "Authentication-Results", "X-Received-SPF", "Received")
_SENT_TO = re.compile(rb"\bfor\s{1,9}<?bounce\+\S*", re.IGNORECASE)


def read(returned: Iterable[Headers], *, sender: str = "") -> Original:
    """Return what these header blocks tell; `sender` is a reverse-path told elsewhere."""
    blocks = tuple(returned)
    return Original(
        message_id=_first(map(message_id, blocks)),
        list_id=_first(map(_list_id, blocks)),
        reverse_paths=_unique([*_addresses(sender), *_reverse_paths(blocks)]),
        one_click=_unique(_tokens(blocks)),
        cfbl_address=_first(_addresses_of(blocks, "CFBL-Address")),
        feedback_ids=_unique(
            value
            for name in ("CFBL-Feedback-ID", "Feedback-ID")
            for block in blocks
            # RFC 9477 §3.2: blanks and folds in it mean nothing.
            if (value := "".join(block.text(name).split())[:255])
        ),
    )


def _list_id(headers: Headers) -> str:
    value = encoded_words.plain(headers.get("List-Id") or b"")
    match = _LIST_ID.search(value[:_SEARCHED])
    return match[1].strip().lower() if match else value.strip()[:255].lower()


def _tokens(blocks: Iterable[Headers]) -> Iterator[str]:
    for block in blocks:
        value = encoded_words.plain(block.get("List-Unsubscribe") or b"")
        # A folded line may have left blanks inside the address.
        yield from _ONE_CLICK.findall("".join(value[:_SEARCHED].split()))


def _reverse_paths(blocks: Iterable[Headers]) -> Iterator[str]:
    for name in _ENVELOPE_FIELDS:
        yield from _addresses_of(blocks, name)
    noted = [value for block in blocks for n in _NOTED_IN for value in block.all(n)]
    for value in noted[:_MOST_NOTED]:
        for found in _VERP.findall(_SENT_TO.sub(b"", value[:4096])):
            yield from _addresses(found.decode(errors="replace"))


def _addresses_of(blocks: Iterable[Headers], name: str) -> Iterator[str]:
    for block in blocks:
        value = (block.get(name) or b"")[:1024].partition(b";")[0]
        yield from _addresses(encoded_words.plain(value))


def _addresses(value: str) -> Iterator[str]:
    return (address for _, address in mailboxes(value))


def _first(values: Iterable[str]) -> str:
    return next(filter(None, values), "")


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))[:_MOST]
