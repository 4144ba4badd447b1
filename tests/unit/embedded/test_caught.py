import json
from pathlib import Path

import pytest

from listhub.embedded.caught import INDEX, Keeper, as_json, caught, show
from listhub.errors import UsageError

BROKEN = sorted((Path(__file__).parents[2] / "corpus" / "caught").glob("*.jsonl"))

MAIL = (
    b"Message-ID: <one@example.org>\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus?= Bonn\r\n"
    b"List-Id: The developers\r\n\t<dev.lists.example.org>\r\n"
    b"X-Loop: dev@lists.example.org\r\n"
    b"x-loop: other@lists.example.org\r\n"
    b"X-Sequence: 7\r\n"
    b"\r\n"
    b"Subject: not this\r\n"
)


def _keep(directory: Path, content: bytes, *recipients: bytes) -> str:
    with Keeper(directory) as keeper:
        return keeper.keep(
            content, reverse_path=b"dev-bounces@x", recipients=recipients
        )


def test_a_line_tells_what_was_caught(tmp_path: Path):
    """Envelope, headers, size and place of the content are in the index."""
    digest = _keep(tmp_path, MAIL, b"bob@example.com", b"carol@example.com")
    (one,) = caught(tmp_path)

    assert one.reverse_path == "dev-bounces@x"
    assert one.recipients == ("bob@example.com", "carol@example.com")
    assert one.message_id == "<one@example.org>"
    assert one.subject == "Grüße aus Bonn"
    assert one.list_id == "The developers <dev.lists.example.org>"
    assert one.x_loop == ("dev@lists.example.org", "other@lists.example.org")
    assert one.x_sequence == "7"
    assert one.size == len(MAIL)
    assert one.digest == digest
    assert (tmp_path / one.file).read_bytes() == MAIL
    assert json.loads(as_json(one)) == json.loads((tmp_path / INDEX).read_text())


def test_equal_content_is_kept_once(tmp_path: Path):
    """A post to thousands is one file and thousands of lines."""
    for number in range(20):
        _keep(tmp_path, MAIL, b"user%d@example.com" % number)

    assert len(list(caught(tmp_path))) == 20
    assert len(list(tmp_path.rglob("*.eml"))) == 1


def test_half_a_file_of_a_killed_catcher_is_made_whole(tmp_path: Path):
    """What is shown is what was sent, also after a kill in the middle of writing."""
    digest = _keep(tmp_path, MAIL, b"bob@example.com")
    (path,) = tmp_path.rglob("*.eml")
    path.write_bytes(MAIL[:20])
    _keep(tmp_path, MAIL, b"bob@example.com")

    assert show(tmp_path, digest) == MAIL


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 3),
        ({"recipient": "BOB@example.com"}, 2),
        ({"recipient": "ob@example.com"}, 0),
        ({"message_id": "<one@example.org>"}, 2),
        ({"message_id": "one@example.org"}, 2),
        ({"list_name": "dev"}, 2),
        ({"list_name": "dev@lists.example.org"}, 2),
        ({"list_name": "de"}, 0),
        ({"recipient": "bob@example.com", "list_name": "dev"}, 1),
    ],
    ids=str,
)
def test_filters(tmp_path: Path, filters: dict[str, str], count: int):
    """Each filter given must hold, and addresses are compared in any case."""
    _keep(tmp_path, MAIL, b"bob@example.com")
    _keep(tmp_path, MAIL, b"carol@example.com")
    _keep(tmp_path, b"Subject: other\r\n\r\n", b"bob@example.com")

    assert len(list(caught(tmp_path, **filters))) == count


def test_nothing_caught_is_an_empty_list(tmp_path: Path):
    """Before the first mail there is nothing, and that is no error."""
    assert list(caught(tmp_path / "new")) == []


def test_a_line_being_written_is_left_out(tmp_path: Path):
    """Reading while mail comes in is safe."""
    _keep(tmp_path, MAIL, b"bob@example.com")
    with (tmp_path / INDEX).open("ab") as stream:
        stream.write(b'{"time": "20')

    assert len(list(caught(tmp_path))) == 1


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_line_is_named(tmp_path: Path, path: Path):
    """The answer says which line of which file is broken."""
    _keep(tmp_path, MAIL, b"bob@example.com")
    with (tmp_path / INDEX).open("ab") as stream:
        stream.write(path.read_bytes())

    with pytest.raises(UsageError, match=r"line 2 of .*index\.jsonl is broken"):
        list(caught(tmp_path))


@pytest.mark.parametrize("digest", ["", "abc", "ffff", "../../etc", "*", "a*b?"])
def test_an_unknown_digest_is_explained(tmp_path: Path, digest: str):
    """What names no message is answered with where to look."""
    _keep(tmp_path, b"\r\n", b"bob@example.com")

    with pytest.raises(UsageError, match="listhub caught ls"):
        show(tmp_path, digest)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b": no name\r\n\r\n",
        b"Subject: =?utf-8?b?broken\r\n\r\n",
        b"Subject: =?nonsense?q?a?=\r\n\r\n",
        b"Subject: =?utf-8?b?/////w==?=\r\n\r\n",
        b"Subject: \xff\xfe\r\nMessage-ID: <\xc3\xa9>\r\n\r\n",
    ],
    ids=repr,
)
def test_any_bytes_are_kept_as_they_came(tmp_path: Path, content: bytes):
    """Broken mail is caught like any other."""
    digest = _keep(tmp_path, content, "jörg@example.com".encode())
    (one,) = caught(tmp_path)

    assert show(tmp_path, digest) == content
    assert one.recipients == ("jörg@example.com",)
