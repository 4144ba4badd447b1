import time

import pytest
from hypothesis import given, strategies as st

from listhub.mail import encoded_words
from listhub.mail.subject import REPLIES, Tag, tagged
from tests import golden_files

CAFE = "=?iso-8859-1?q?caf=E9?="

TEMPLATES = (
    "{name}", "[% list.name %]", "[list.name]", "[{name}]", "{name}:{sequence}",
    "[%list.name%] #[%list.sequence%]", "{sequence}", "Dév {name}", "staff only",
)  # fmt: skip

SUBJECTS: tuple[str | bytes, ...] = (
    "Plans",
    "",
    "   ",
    "Re:",
    "Re: Plans",
    "Re: Re: Plans",
    "RE[2]: Re^3: re(4): Re*5: Plans",
    "Re : AW: Plans",
    "回复：Plans",  # noqa: RUF001 - the wide colon of East Asia
    "=?utf-8?b?5Zue5aSN77yaIOioiOeUuw==?=",
    "=?utf-8?q?R=C3=A9ponse=3A_Plans?=",
    "[dev] Plans",
    "[DEV] Plans",
    "[dev:6] Plans",
    "Re: [dev:6] Plans",
    "Re:[dev:6] Re: [dev:5] Re: Plans",
    "Re: [dev #6] Plans",
    "[dev] Re: Plans",
    "Re: [ops] Re: [dev] Plans",
    "Plans [dev] of today",
    "Fwd: [dev] Re: Plans",
    "[Dév dev] Plans",
    "=?utf-8?q?Re=3A_=5BD=C3=A9v_dev=5D_Plans?=",
    "[staff  only] Plans",
    "Rebecca: Plans",
    "[devel] Plans",
    f"Re: [dev] {CAFE} noir",
    f"Re: {CAFE} {CAFE}",
    f"{CAFE} [dev] {CAFE}",
    f"=?utf-8?q?Re=3A_[dev]?= {CAFE}",
    "=?utf-8?b?w6k=?= =?utf-8?q?_=C3=A9?=",
    "=?utf-8?q?unclosed",
    "Re: =?x-nowhere?q?caf=E9?=",
    "=?utf-8?b?!!!?=",
    "Re: café",
    b"Re: caf\xe9",
    "Two\tblanks  here",
    "日本語" * 30,
)


def test_subjects_are_golden() -> None:
    """Each subject under each tag is what somebody looked at and found right."""
    lines = []
    for template in TEMPLATES:
        tag = Tag.read(template, name="dev", sequence=7)
        assert tag is not None
        lines.append(f"# {template}")
        for subject in SUBJECTS:
            raw = subject if isinstance(subject, bytes) else subject.encode()
            value = tagged(raw, tag)
            shown = encoded_words.decode(value.encode())
            lines += [f"   {subject!r}", f"-> {value}"]
            lines += [f"   = {shown}"] if shown != value else []
        lines.append("")

    golden_files.compare("headers/subjects.txt", "\n".join(lines).encode())


@pytest.mark.parametrize(
    ("template", "came", "goes"),
    [
        # without a number the reply mark stays in front, with one it comes after
        ("{name}", "Re: Re: Test", "Re: [dev] Test"),
        ("{name}", "Re:[dev] Re: Test", "Re: [dev] Test"),
        ("{name}", "[dev] Re: Test", "Re: [dev] Test"),
        ("{name}:{sequence}", "Re: Re: Test", "[dev:7] Re: Test"),
        ("{name}:{sequence}", "Re:[dev:979] Re: Test", "[dev:7] Re: Test"),
        ("{name}:{sequence}", "[dev:979] Re: Test", "[dev:7] Re: Test"),
        # in every language; the first is kept, and what is no reply mark stops it
        ("{name}", ": ".join((*REPLIES, "Fwd: Re: T")), "Re: [dev] Fwd: Re: T"),
        ("{name}:{sequence}", "SV: Res: WG: T", "[dev:7] SV: WG: T"),
        # from when the list had another template
        ("{name}:{sequence}", "Re: [dev] Test", "[dev:7] Re: Test"),
        ("{name}", "Re: [dev:979] Test", "Re: [dev] Test"),
        ("{name}", "[dev 12] is a room", "[dev] [dev 12] is a room"),
    ],
)
def test_shapes(template: str, came: str, goes: str) -> None:
    """One tag and one reply mark, each in its place."""
    tag = Tag.read(template, name="dev", sequence=7)

    assert tag is not None
    assert tagged(came.encode(), tag) == goes


NO_TAG = (
    "", " ", "[]", "[% list.name %%]", "[% list.name", " [%# nothing %] ", "{owner}",
    "[% list.host %]", "[list.owner]", "{}", "[% INCLUDE x %]",
)  # fmt: skip


@pytest.mark.parametrize("template", NO_TAG)
def test_no_tag(template: str) -> None:
    """A template that is empty, broken or asks for what we do not know tags nothing."""
    assert Tag.read(template, name="dev", sequence=7) is None


def test_there_are_twenty_reply_marks() -> None:
    """As many as Sympa knows; each alone is one."""
    tag = Tag.read("{name}", name="dev", sequence=7)

    assert tag is not None
    assert len(REPLIES) == len({word.lower() for word in REPLIES}) == 20
    for word in REPLIES:
        value = tagged(f"{word.upper()}: x".encode(), tag)
        assert encoded_words.decode(value.encode()) == f"{word.upper()}: [dev] x"


names = st.sampled_from(["dev", "a.b+c", "x-(y)", "1"])
templates = st.lists(
    st.sampled_from(
        ["{name}", "{sequence}", "[% list.name %]", "é", " ", "[", "]", ":"]
    )
    | st.text(max_size=3)
).map("".join)
subjects = st.lists(
    st.sampled_from(["Re: ", "[dev]", "[dev:3]", CAFE, " ", "=?", "?=", "AW:", "é"])
    | st.text(max_size=4)
).map(lambda parts: "".join(parts).encode(errors="replace"))


@given(templates, names, subjects)
def test_a_tag_is_put_once(template: str, name: str, raw: bytes) -> None:
    """It is ASCII on one line, shows the tag, and a second time changes nothing."""
    tag = Tag.read(template, name=name, sequence=7)
    if tag is None:
        return
    once = tagged(raw, tag)

    assert once.isascii()
    assert not set(once) & set("\r\n\0")
    assert tag.text in encoded_words.decode(once.encode())
    twice = encoded_words.decode(tagged(once.encode(), tag).encode())
    if not set("[]") & set(tag.text[1:-1]):
        assert twice == encoded_words.decode(once.encode())


@pytest.mark.parametrize("piece", [" ", "[", "Re: ", "[ ", "[dev", "=?", "=?a?q?", "1"])
def test_no_subject_takes_long(piece: str) -> None:
    """A megabyte of anything is tagged in linear time."""
    tag = Tag.read("{name} {sequence}", name="dev", sequence=7)
    assert tag is not None
    raw = (piece * (1_000_000 // len(piece))).encode()
    start = time.perf_counter()
    tagged(raw, tag)

    assert time.perf_counter() - start < 5
