"""Archives in folders, as Sympa and maildir keep them, for tests of reading."""

from pathlib import Path

_LAST_DAY = "Date: Fri, 20 Nov 2015 10:00:00 +0000\n"


def message(number: int, *, date: str = _LAST_DAY, body: str = "Hello.\n") -> bytes:
    """Return a small message with LF line ends."""
    return (
        f"From: ann@a.example\nTo: dev@lists.example\nSubject: Number {number}\n"
        f"Message-ID: <{number}@a.example>\n{date}\n{body}"
    ).encode()


def sympa_tree(directory: Path) -> Path:
    """Write the archive of a list as Sympa does; 1, 2, 10 and 3 can be read."""
    root = directory / "dev@lists.example"
    files = {
        "2015-10/arctxt/2": message(2),
        "2015-10/arctxt/10": message(10),
        "2015-10/arctxt/1": message(1, date=""),
        "2015-10/index": b"10\n",
        "2015-10/msg00001.html": b"<html></html>\n",
        "2015-11/arctxt/1": message(3),
        "2015-11/arctxt/2": b"",
        "2015-11/arctxt/notes.txt": b"not a message\n",
        "2015-11/deleted/4": message(4),
        "2015-99/arctxt/5": message(5),
    }
    for name, raw in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        top = b"Return-Path: <ann@a.example>\n" if raw.startswith(b"From:") else b""
        path.write_bytes(top + raw)
    return root


def maildir(directory: Path) -> Path:
    """Write a maildir; 1, 2 and 3 can be read, and came in that order."""
    root = directory / "Maildir"
    files = {
        "new/1448013600.M1P1.host": message(2),
        "cur/1448010000.M1P1.host:2,S": message(1),
        "cur/1448010001.M2P1.host:2,ST": message(5),
        "cur/.hidden": message(6),
        "tmp/1448010002.M3P1.host": message(7),
        "cur/strange": message(3),
    }
    for name, raw in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return root
