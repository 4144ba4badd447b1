"""Mail as it should not be, and what the system is expected to make of each piece.

All of it is written by `AUTHOR` to `LIST` (where it says by whom and to whom).  Files
are in `corpus/`; what would be too big for a file is generated here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

AUTHOR = "alice@example.org"
LIST = "dev@lists.example.org"

#: A post without an author, or with two, is nobody's; everything else goes out.
REFUSED = frozenset({"empty_header_block", "no_from", "several_from"})

CORPUS = Path(__file__).parent / "corpus"


def broken() -> dict[str, bytes]:
    """Return every piece of corpus/broken and the generated ones, by name."""
    return files("broken") | {name: make() for name, make in _GENERATED.items()}


def expected(name: str) -> Literal["distributed", "refused"]:
    """Say what becomes of a piece of `broken()` on a list on which its author may post."""
    return "refused" if name in REFUSED else "distributed"


def files(theme: str) -> dict[str, bytes]:
    """Return the messages of one folder of the corpus by name."""
    folder = CORPUS / theme
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.eml"))}


def every_message() -> dict[str, bytes]:
    """Return the messages of all themes and the generated ones, by theme and name.

    Also those of `structures`, which are one of each kind of body.
    """
    themes = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())
    kept = {
        f"{theme}/{name}": raw for theme in themes for name, raw in files(theme).items()
    }
    return kept | {name: make() for name, make in _GENERATED.items()}


def _head(name: str, *fields: str) -> bytes:
    lines = [
        f"From: Alice <{AUTHOR}>",
        f"To: {LIST}",
        f"Subject: {name}",
        "Date: Mon, 02 Mar 2026 10:00:00 +0000",
        f"Message-ID: <{name}@example.org>",
        "MIME-Version: 1.0",
        *fields,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _long_header_line() -> bytes:
    return _head("long_header_line", "X-Long: " + "x" * 100_000) + b"\r\nBody.\r\n"


def _long_body_line() -> bytes:
    return _head("long_body_line") + b"\r\n" + b"x" * 100_000 + b"\r\n"


def _ten_thousand_headers() -> bytes:
    fields = (f"X-Field-{number}: some value" for number in range(10_000))
    return _head("ten_thousand_headers", *fields) + b"\r\nBody.\r\n"


def _nested_multiparts() -> bytes:
    inner = [
        f"--level{level - 1}\r\nContent-Type: multipart/mixed; boundary=level{level}\r\n"
        for level in range(1, 500)
    ]
    body = "\r\n".join([*inner, "--level499", "Content-Type: text/plain", "", "Deep."])
    field = "Content-Type: multipart/mixed; boundary=level0"
    return _head("nested_multiparts", field) + f"\r\n{body}\r\n".encode()


def _nested_messages() -> bytes:
    inner = "Content-Type: message/rfc822\r\n\r\n" * 499
    field = "Content-Type: message/rfc822"
    return _head("nested_messages", field) + f"\r\n{inner}Deep.\r\n".encode()


def _ten_thousand_parts() -> bytes:
    body = "--part\r\n\r\nx\r\n" * 10_001
    field = "Content-Type: multipart/mixed; boundary=part"
    return _head("ten_thousand_parts", field) + f"\r\n{body}".encode()


def _every_octet() -> bytes:
    return _head("every_octet") + b"\r\n" + bytes(range(256)) * 4


_GENERATED: dict[str, Callable[[], bytes]] = {
    "long_header_line": _long_header_line,
    "long_body_line": _long_body_line,
    "ten_thousand_headers": _ten_thousand_headers,
    "nested_multiparts": _nested_multiparts,
    "nested_messages": _nested_messages,
    "ten_thousand_parts": _ten_thousand_parts,
    "every_octet": _every_octet,
}
