import pytest
from hypothesis import given, strategies as st

from listhub.mail import screening
from listhub.mail.headers import Headers

LIST = "dev@lists.example.org"


def parse(block: str) -> Headers:
    return Headers.parse(block.encode() + b"\n\nbody")


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("From: a@x.org", None),
        ("Auto-Submitted: no", None),
        ("Auto-Submitted: NO (comment)", None),
        ("Auto-Submitted: no; owner-token=x", None),
        ("Auto-Submitted:", None),
        ("Auto-Submitted: auto-replied", "Auto-Submitted: auto-replied"),
        ("Auto-Submitted: (c) Auto-Generated; x=y", "Auto-Submitted: auto-generated"),
        ("Auto-Submitted: no\nAuto-Submitted: yes", "Auto-Submitted: yes"),
        (
            "Content-Identifier: X Auto-replied",
            "Content-Identifier of an answering machine",
        ),
        (
            "X400-Content-Identifier: Auto Reply to y",
            "X400-Content-Identifier of an answering machine",
        ),
        ("From: M <MAILER-DAEMON@x.org>", "From: mailer-daemon@x.org"),
        ("From: mailman@x.org", "From: mailman@x.org"),
        ("From: listhub@x.org", "From: listhub@x.org"),
        ("From: mailman-bob@x.org", None),
        ("From: bob@mailman.org", None),
        ("Precedence: bulk\nFrom: a@x.org", None),
        ("Precedence: list\nList-Id: <a.x.org>", None),
        ("Precedence: Auto_Reply", "Precedence: auto_reply"),
        ("X-Autoreply: yes", "X-Autoreply"),
        ("X-Autoreply: no", None),
        ("X-Autorespond: away", "X-Autorespond"),
        ("X-Auto-Response-Suppress: All", None),
        (
            "Content-Type: multipart/report; boundary=x",
            "Content-Type: multipart/report",
        ),
    ],
)
def test_automatic(block: str, reason: str | None) -> None:
    """Answering machines and list programs are told from people."""
    assert screening.automatic(parse(block)) == reason


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("X-Loop: other@x.org\nX-Loop: Dev@lists.example.org", f"X-Loop: {LIST}"),
        ("X-Loop: dev@lists.example.com", None),
        ("List-Id: Dev <dev.lists.example.org>", "List-Id: <dev.lists.example.org>"),
        ("List-Id: <DEV.lists.example.org> ", "List-Id: <dev.lists.example.org>"),
        ("List-Id: <other.example.org>", None),
        (
            "List-Post: <mailto:Dev@lists.example.org?subject=x>",
            f"List-Post: <mailto:{LIST}>",
        ),
        ("List-Post: NO", None),
        ("List-Post: <mailto:de%76@lists.example.org>", f"List-Post: <mailto:{LIST}>"),
        ("List-Post: <mailto:other@lists.example.org>", None),
        ("List-Id: dev.lists.example.org", None),
        ("", None),
    ],
)
def test_loop(block: str, reason: str | None) -> None:
    """A post that has been through this list is known by our marks; others may pass."""
    assert screening.loop(parse(block), LIST) == reason


def test_reports_have_no_reverse_path() -> None:
    """What must not be answered at all is no post; an unknown path says nothing."""
    headers = parse("From: a@x.org")

    assert screening.automatic(headers, reverse_path="") == "a null reverse-path"
    assert screening.automatic(headers, reverse_path="a@x.org") is None


@pytest.mark.parametrize(
    ("sender", "automatic"),
    [
        ("robot@x.org", True),
        ("robot-7@x.org", True),
        ("robots@x.org", False),
        ("mailman@x.org", False),
    ],
)
def test_sites_know_their_automates(sender: str, *, automatic: bool) -> None:
    """The pattern of a site is for whole local parts, and replaces ours."""
    reason = screening.automatic(parse(f"From: {sender}"), automates=r"robot(?:-\d)?")

    assert bool(reason) is automatic


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("From: a@x.org", None),
        ("Auto-Submitted: auto-replied", "Auto-Submitted"),
        ("List-Id: <other.example.org>", "List-Id"),
        ("List-Unsubscribe: <mailto:x@y.org>", "List-Unsubscribe"),
        ("Precedence: bulk", "Precedence"),
        ("Precedence: junk", "Precedence"),
        ("Precedence: first-class", None),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", "Suppress"),
        ("X-Auto-Response-Suppress: DR, RN", None),
        ("X-Auto-Response-Suppress: None", None),
    ],
)
def test_what_is_not_answered(block: str, words: str | None) -> None:
    """Programs do not answer programs, lists, or those who ask them not to."""
    reason = screening.unanswerable(parse(block))

    assert words in reason if words and reason else reason is words


@pytest.mark.parametrize(
    ("block", "author"),
    [
        ("From: Bob <Bob@x.org>, eve@y.org", "Bob@x.org"),
        ("FROM : bob@x.org", "bob@x.org"),
        ("From: bob@x.org\nFrom: eve@y.org", None),
        ("From:", None),
        ("From: Automat:;", None),
        ("Sender: bob@x.org", None),
        ("From: bob@x.org\rTo: eve@y.org\r\rtext", "bob@x.org"),
        ("From: Bob\0 <bob@x.org>", "bob@x.org"),
    ],
)
def test_author(block: str, author: str | None) -> None:
    """The author is the first mailbox of the only From: field, as written."""
    assert screening.author(parse(block)) == author


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("To: a@x.org", "no From"),
        ("From: a@x.org\nFrom: a@x.org", "2 From"),
        ("From: nobody", "no address"),
        ("From: a@x.org\n" + "X: y\n" * 20_000, "fields"),
        ("From: a@x.org\nX: " + "y" * 2**20, "longer"),
    ],
)
def test_faults_say_what_is_wrong(block: str, words: str) -> None:
    """A definite fault has status 5.6.0 and a sentence about its input."""
    fault = screening.screen_post(parse(block))

    assert fault is not None
    assert fault.enhanced == "5.6.0"
    assert words in fault.reason


def test_ordinary_posts_have_no_fault() -> None:
    """Nothing but From: is asked for."""
    assert screening.screen_post(parse("From: a@x.org")) is None


@given(
    st.lists(
        st.sampled_from([b"From", b"X-Loop", b"List-Id", b"Auto-Submitted", b"<", b">"])
        | st.sampled_from([b": ", b"\n", b"\r", b"\0", b"@", b"(", b'"', b"a@b"])
        | st.binary(max_size=4)
    ).map(b"".join)
)
def test_screening_never_raises(raw: bytes) -> None:
    """Any bytes at all can be screened, and the author is fit to be stored."""
    headers = Headers.parse(raw)
    screening.screen_post(headers)
    screening.unanswerable(headers)
    screening.loop(headers, LIST)
    author = screening.author(headers)

    assert author is None or author.isprintable()
