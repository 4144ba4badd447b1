"""What leaves is valid, signed, the list's, and untouched where nothing touches it.

Every message of the corpus goes to every kind of list; see `tests.leaving`.
"""

import email
import functools
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from email import policy
from pathlib import Path

import dkim
import pytest

from listhub.mail import one_click
from listhub.mail.headers import Headers
from listhub.mail.message_id import message_id
from listhub.mail.signing.keys import KeyType
from tests import corpora, leaving, untouched
from tests.leaving import Kind, Left
from tests.rooms import DOMAIN, post_bytes
from tests.signing import on_the_wire

FOOTER = {"message_footer": "Posts of dev go to its members."}
TEXTS = {"message_header": "A post of dev.", **FOOTER}
PERSONAL = {"message_footer": "For {{ user.email }} of {{ list.address }}."}
KEYS: tuple[KeyType, ...] = ("rsa", "ed25519")
KINDS: Mapping[str, Kind] = {
    "plain": Kind(),
    "fields": Kind(
        settings={
            "custom_subject": "[{name}:{sequence}]",
            "reply_to": "list",
            "custom_headers": ["X-Campus: North", "Organization: Us"],
        },
        keys=KEYS,
    ),
    "anonymous": Kind(
        settings={"anonymous_sender": f"dev@{DOMAIN}", "custom_subject": "{name}"},
        keys=("ed25519",),
    ),
    "munged": Kind(settings={"dmarc_mode": ["all"], "language": "fr"}, keys=KEYS),
    "footer part": Kind(texts=TEXTS, web=False),
    "footer text": Kind(
        texts=TEXTS, settings={"footer_type": "append"}, keys=("ed25519",)
    ),
    "personal": Kind(
        texts=PERSONAL,
        settings={"personalization": "footer", "footer_type": "append"},
        keys=KEYS,
    ),
    "verp": Kind(settings={"verp_rate": 100, "one_click": False}, keys=("rsa",)),
    "receptions": Kind(
        texts=FOOTER,
        receptions=("text", "html", "notice", "urlize"),
        settings={"urlize_min_size": 1},
        keys=("ed25519",),
    ),
    "digests": Kind(
        texts=PERSONAL,
        receptions=("digest", "digest_text", "index"),
        settings={"digest_days": ["mon"], "personalization": "footer"},
        keys=KEYS,
    ),
    "sealed by ARC": Kind(settings={"arc": True}, keys=KEYS),
}
#: What we write; what an author has written there is not ours.
OURS = ("From", "Reply-To", "Sender", "MIME-Version", "List-Id", "List-Unsubscribe",
        "Content-Type", "Content-Transfer-Encoding")  # fmt: skip
ONCE = (*OURS, "Subject", "Date", "To", "Cc", "Message-ID", "List-Post", "List-Help",
        "Errors-To", "List-Unsubscribe-Post")  # fmt: skip
MARKS = (one_click.MARK.encode(), b"{{", b"{%", b"user.email", b"list.address")
#: RFC 5322 §4.5 lets old mail have blanks before the colon, which dkimpy does not know;
#: of a lone CR verifiers think differently: a blank, an end of a line, or an octet.
NOT_READ_ALIKE = re.compile(rb"^[!-9;-~]+[ \t]+:|\r(?!\n)", re.MULTILINE)
QUIET = logging.Logger("dkimpy", level=logging.CRITICAL + 1)  # noqa: LOG001


@pytest.mark.parametrize("name", KINDS)
def test_what_leaves(database_url: str, tmp_path: Path, name: str):
    """Each copy of each message of the corpus holds every promise, on this list."""
    kind, messages = KINDS[name], _messages(name)
    left = leaving.leave(database_url, tmp_path, kind, messages)

    if name == "digests":
        assert {copy.mode for copy in left} == {*kind.receptions}
        assert _not_in_digests(left, messages) == []
    else:
        assert Counter((copy.name, copy.mode) for copy in left) == {
            (each, mode): 1 for each in messages for mode in kind.receptions
        }
    wrong = [
        f"{copy.name or 'digest'} ({copy.mode}): {what}"
        for copy in left
        for what in _wrong(copy, kind, messages)
    ]
    assert not wrong, "\n".join(wrong)


def test_an_anonymous_list_names_nobody(database_url: str, tmp_path: Path):
    """Not who confirmed the post, who sent it, nor whose signature it had."""
    kind = Kind(
        settings={
            "anonymous_sender": f"dev@{DOMAIN}",
            "personalization": "footer",
            "arc": True,
        },
        texts={"message_footer": "Sent by {{ sender }}, {{ headers.from }}."},
        keys=("ed25519",),
        let_in={"confirmed_by": "zoe@hidden.example"},
    )
    post = post_bytes(
        author="Zoe <zoe@hidden.example>",
        message_id="1@hidden.example",
        extra="Received: from mx.hidden.example by a.example; x\r\n",
    )
    [copy] = leaving.leave(database_url, tmp_path, kind, {"post": post})

    assert b"hidden" not in copy.content
    assert b"Zoe" not in copy.content
    assert f"Sent by dev@{DOMAIN}".encode() in copy.content


def _messages(name: str) -> dict[str, bytes]:
    """Return the corpus; of its many bounces a few do, but for one list."""
    every = corpora.every_message()
    bounces = [each for each in every if each.startswith("bounces/")]
    spared = set() if name == "plain" else {*bounces} - {*bounces[::8]}
    return {each: raw for each, raw in every.items() if each not in spared}


def _not_in_digests(left: list[Left], messages: Mapping[str, bytes]) -> list[str]:
    """Return the posts that are not as they came in a MIME digest."""
    digests = [copy for copy in left if copy.mode == "digest"]
    ids = {name: message_id(Headers.parse(raw)) for name, raw in messages.items()}
    known = Counter(ids.values())
    return [
        name
        for name, raw in messages.items()
        # Posts of the same name are one post to a list.
        if known[ids[name]] == 1 and not untouched.in_digest(digests, raw)
    ]


def _wrong(copy: Left, kind: Kind, messages: Mapping[str, bytes]) -> Iterator[str]:
    """Say what is wrong with a copy."""
    originals = [messages[copy.name]] if copy.name else [*messages.values()]
    came = Headers.parse(originals[0]) if copy.name else Headers()
    yield from _form(copy, came, [on_the_wire(raw) for raw in originals])
    yield from _fields(copy, came, kind)
    yield from _signatures(copy, came, kind)
    for mark in MARKS:
        if mark in copy.content and not any(mark in raw for raw in originals):
            yield f"{mark!r} is left over"
    if copy.name:
        yield from _name(copy, came, kind)
        yield from untouched.missing(copy, kind, originals[0])


def _form(copy: Left, came: Headers, originals: Sequence[bytes]) -> Iterator[str]:
    """The standard library finds nothing new to say, and lines are short enough."""
    if new := _defects(copy.content).difference(*map(_defects, originals)):
        yield f"defects {sorted(new)}"
    if _long_lines(copy.content).difference(*map(_long_lines, originals)):
        yield "a line is too long"
    if not copy.content[: copy.headers.body_offset].endswith(b"\r\n\r\n"):
        yield "no empty line ends the header"
    for name in OURS:
        value = copy.headers.get(name)
        if value is None or value == came.get(name):
            continue
        if found := policy.default.header_factory(name, value.decode()).defects:
            yield f"{name}: {found}"


@functools.cache
def _defects(raw: bytes) -> frozenset[str]:
    try:
        parts = email.message_from_bytes(raw).walk()
        return frozenset(type(each).__name__ for part in parts for each in part.defects)
    except RecursionError:
        return frozenset({"RecursionError"})


@functools.cache
def _long_lines(raw: bytes) -> frozenset[bytes]:
    return frozenset(line for line in raw.split(b"\r\n") if len(line) > 998)


def _fields(copy: Left, came: Headers, kind: Kind) -> Iterator[str]:
    """It is this list's, says so once, and offers one click where the list does."""
    headers = copy.headers
    wanted = {
        "List-Id": (f"<dev.{DOMAIN}>".encode(),),
        "List-Post": (f"<mailto:dev@{DOMAIN}>".encode(),),
        "List-Unsubscribe-Post": (b"List-Unsubscribe=One-Click",) * kind.one_click,
    }
    for name, values in wanted.items():
        if headers.all(name) != values:
            yield f"{name}: {headers.all(name)}"
    if f"dev@{DOMAIN}".encode() not in headers.all("X-Loop"):
        yield "no X-Loop"
    for name in ONCE:
        if len(headers.all(name)) > max(1, len(came.all(name))):
            yield f"{name} more than once"


def _name(copy: Left, came: Headers, kind: Kind) -> Iterator[str]:
    """It keeps its Message-ID, or has none of its author's on an anonymous list."""
    before, now = message_id(came), message_id(copy.headers)
    if not now:
        yield "no Message-ID"
    if "anonymous_sender" in kind.settings:
        if before == now or copy.headers.get("From") != f"dev@{DOMAIN}".encode():
            yield "its author can be known"
    elif before and before != now:
        yield f"Message-ID {before!r} has become {now!r}"


def _signatures(copy: Left, came: Headers, kind: Kind) -> Iterator[str]:
    """Each key of the domain has signed, soundly, what a signature has to cover."""
    headers = copy.headers
    ours = [
        each
        for each in headers.all("DKIM-Signature")
        if f"d={DOMAIN};".encode() in each
    ]
    if len(ours) != len(kind.keys):
        yield f"{len(ours)} signatures"
    alike = not NOT_READ_ALIKE.search(headers.to_bytes())
    for index, value in enumerate(ours):
        if alike and not _verifies(copy.content, index):
            yield "a signature does not verify"
        names = value.partition(b"h=")[2].partition(b";")[0].translate(None, b" \t")
        covered = Counter(names.lower().split(b":"))
        if covered[b"from"] != len(headers.all("From")) + 1:
            yield "From is not oversigned"
        if not covered[b"list-unsubscribe"]:
            yield "List-Unsubscribe is not signed"
        if covered[b"list-unsubscribe-post"] < kind.one_click:
            yield "List-Unsubscribe-Post is not signed"
    if "arc" in kind.settings and alike and came.get("ARC-Seal") is None:
        cv, _, why = dkim.ARC(copy.content, logger=QUIET).verify(leaving.txt)
        if cv != b"pass":
            yield f"the seal is no good: {why}"


def _verifies(raw: bytes, index: int) -> bool:
    try:
        verifier = dkim.DKIM(raw, logger=QUIET)
        return bool(verifier.verify(idx=index, dnsfunc=leaving.txt))
    except dkim.DKIMException:
        return False
