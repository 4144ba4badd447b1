"""Mail that was caught: an index of transactions, and each content once.

    DIR/index.jsonl             one line per transaction, in the order of the answers
    DIR/messages/ab/abcd….eml   the content, named by its SHA-256, bytes as they came

A line holds `time` (UTC), `reverse_path`, `recipients`, `message_id`, `subject`,
`list_id`, `x_sequence`, `x_loop`, `size` (bytes), `digest` and `file`.
"""

import contextlib
import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from listhub import clock
from listhub.errors import UsageError

INDEX = "index.jsonl"
MESSAGES = "messages"

_REMEMBERED = 10_000
_HEADERS = {
    b"message-id": "message_id",
    b"subject": "subject",
    b"list-id": "list_id",
    b"x-sequence": "x_sequence",
    b"x-loop": "x_loop",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One MAIL … DATA that was accepted, for one recipient or many."""

    time: datetime
    reverse_path: str
    recipients: tuple[str, ...]
    message_id: str
    subject: str
    list_id: str
    x_sequence: str
    x_loop: tuple[str, ...]
    size: int
    digest: str
    file: str


class Keeper:
    """The writing side: appends to the index, keeps contents that are new."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._index = -1

    def __enter__(self) -> Self:
        for first in range(256):
            folder = self._directory / MESSAGES / f"{first:02x}"
            folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        self._index = os.open(self._directory / INDEX, flags, 0o600)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._index)

    def keep(
        self, content: bytes, *, reverse_path: bytes, recipients: Sequence[bytes]
    ) -> str:
        """Write one transaction and return the content's digest; raises OSError."""
        digest = hashlib.sha256(content).hexdigest()
        line = {
            "time": clock.now().isoformat(),
            "reverse_path": _text(reverse_path),
            "recipients": [_text(address) for address in recipients],
            **self._facts(content, digest),
        }
        # One write to a file opened for appending: lines of two writers do not mix.
        os.write(self._index, json.dumps(line).encode("ascii") + b"\n")
        return digest

    def _facts(self, content: bytes, digest: str) -> dict[str, Any]:
        """Return what is the same for all transactions of a content; write it once."""
        facts = self._known.get(digest)
        if facts is None:
            name = f"{MESSAGES}/{digest[:2]}/{digest}.eml"
            self._write(self._directory / name, content)
            facts = {
                **_headers(content),
                "size": len(content),
                "digest": digest,
                "file": name,
            }
            self._known[digest] = facts
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return facts

    def _write(self, path: Path, content: bytes) -> None:
        try:
            with path.open("xb") as stream:
                stream.write(content)
        except FileExistsError:
            # From an earlier run; one that was killed may have left half a file.
            if path.stat().st_size != len(content):
                path.write_bytes(content)


def caught(
    directory: Path,
    *,
    recipient: str = "",
    message_id: str = "",
    list_name: str = "",
) -> Iterator[Transaction]:
    """Iterate over what was caught, oldest first.

    Each filter that is not empty must hold: `recipient` is one of the addresses (in
    any case), `message_id` is the Message-ID (with or without angle brackets),
    `list_name` is in the List-Id.  A last line that is being written is left out.
    Raises UsageError when a line is broken.
    """
    wanted_id = message_id.strip("<>")
    for one in _read(directory):
        if recipient and recipient.lower() not in map(str.lower, one.recipients):
            continue
        if wanted_id and one.message_id.strip("<>") != wanted_id:
            continue
        if list_name and not _is_list(one.list_id, list_name):
            continue
        yield one


def show(directory: Path, digest: str) -> bytes:
    """Return the content whose digest begins with these (4 or more) hex digits.

    Raises UsageError when there is none or more than one.
    """
    found = []
    if len(digest) >= 4 and digest.isalnum():
        folder = directory / MESSAGES / digest[:2].lower()
        found = sorted(folder.glob(f"{digest.lower()}*.eml"))
    if len(found) != 1:
        what = "No" if not found else "More than one"
        raise UsageError(
            f"{what} caught message has a digest that begins with {digest!r}; "
            "`listhub caught ls` shows the digests.",
        )
    return found[0].read_bytes()


def _read(directory: Path) -> Iterator[Transaction]:
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context((directory / INDEX).open("rb"))
        except FileNotFoundError:
            return
        for number, line in enumerate(stream, 1):
            if line.endswith(b"\n"):
                yield _transaction(line, where=f"line {number} of {directory / INDEX}")


def _transaction(line: bytes, *, where: str) -> Transaction:
    try:
        fields = json.loads(line)
        fields["time"] = datetime.fromisoformat(fields["time"])
        fields["recipients"] = tuple(fields["recipients"])
        fields["x_loop"] = tuple(fields["x_loop"])
        return Transaction(**fields)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"The {where} is broken; remove that line to see the others.",
            reason=str(error),
        ) from error


def as_json(transaction: Transaction) -> str:
    """Return a transaction as one line of JSON, as it stands in the index."""
    fields = asdict(transaction)
    fields["time"] = transaction.time.isoformat()
    return json.dumps(fields)


def _is_list(list_id: str, name: str) -> bool:
    """Tell whether a List-Id (RFC 2919) is of the list `name`, or `name@domain`."""
    found = list_id.rpartition("<")[2].strip("<> ").lower()
    wanted = name.lower().replace("@", ".")
    return found == wanted or found.startswith(wanted + ".")


def _headers(content: bytes) -> dict[str, Any]:
    facts: dict[str, Any] = dict.fromkeys(_HEADERS.values(), "")
    facts["x_loop"] = []
    head = content.partition(b"\r\n\r\n")[0]
    # RFC 5322 §2.2.3: a line that begins with a blank goes on with the one before.
    for field in head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n"):
        name, _, value = field.partition(b":")
        key = _HEADERS.get(name.strip().lower())
        if key == "x_loop":
            facts[key].append(_text(value.strip()))
        elif key is not None and not facts[key]:
            facts[key] = _text(value.strip())
    facts["subject"] = _decoded(facts["subject"])
    return facts


def _decoded(subject: str) -> str:
    """Return a subject for reading (RFC 2047); as it stands where it is broken."""
    try:
        return str(make_header(decode_header(subject)))
    except (HeaderParseError, LookupError, ValueError):
        return subject


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
