import pytest
from hypothesis import given, strategies as st

from listhub.lists.moderation.reply import VERBS, Verb, own_lines, read
from listhub.mail.headers import Headers

KEY = "9f86d081884c7d659a2feaa0c55ad015"
SUBJECT = f"Re: To decide for dev: A job offer [{KEY}]"


def mail(
    body: str, *, subject: str = SUBJECT, extra: str = ""
) -> tuple[Headers, bytes]:
    """Return the header and the body of a reply."""
    raw = f"From: mod@a.example\r\nSubject: {subject}\r\n{extra}\r\n".encode()
    return Headers.parse(raw), body.replace("\n", "\r\n").encode()


def verb_of(body: str, **given: str) -> Verb | None:
    found = read(*mail(body, **given))
    assert found is not None
    assert found.key == KEY
    return found.verb


@pytest.mark.parametrize(
    ("verb", "word"), [(verb, word) for verb, words in VERBS.items() for word in words]
)
def test_every_word_is_understood(verb: Verb, word: str):
    """Each verb is read in every case, with punctuation."""
    for written in (word, word.upper(), f"{word.capitalize()}.", f"*{word}*"):
        assert verb_of(f"{written}\n") is verb


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        ("Accepté\n", Verb.APPROVE),
        ("Indésirable !\n", Verb.SPAM),
        ("D\u2019accord, merci\n", Verb.APPROVE),
        ("ok please\n\nSent from my telephone\n", Verb.APPROVE),
        ("\n\n  accept\n", Verb.APPROVE),
        ("> reject\n> he said\n\naccept\n", Verb.APPROVE),
        ("On Fri, Nov 20, 2026, ListHub wrote:\n> discard\n\ndiscard", Verb.DISCARD),
        (
            "accept\n\nOn Fri, Nov 20, 2026 at 10:00,\nListHub <x@y> wrote:\n> z",
            Verb.APPROVE,
        ),
        ("Rejeter\nLe 20 nov. 2026, ListHub a écrit :\n> x", Verb.REJECT),
        ("\ufeffAccept\n-- \nreject\n", Verb.APPROVE),
    ],
)
def test_what_stands_around_an_answer(body: str, verb: Verb):
    """Quotes, attributions, signatures, accents and politeness do not matter."""
    assert verb_of(body) is verb


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n\n",
        "> accept\n",
        "-- \naccept\n",
        "accept, but only if he rewrites it\n",
        "I think we should accept this\n",
        "no\n",
        "________________________________\nFrom: x\naccept\n",
        "----- Original Message -----\naccept\n",
        "On Friday ListHub wrote:\n\naccept\n",
        "spam or not, what do you think?\n",
    ],
)
def test_what_is_no_answer(body: str):
    """An empty reply, quoted words and half an answer decide nothing."""
    assert verb_of(body) is None


def test_a_reason_is_what_follows():
    """The words after reject are for the author, without quotes and signature."""
    found = read(
        *mail(
            "Reject: not about\nthe list.\n\nSorry\n> old\n-- \nMe\n", subject=SUBJECT
        )
    )

    assert found is not None
    assert (found.verb, found.text) == (
        Verb.REJECT,
        "not about\nthe list.\n\nSorry",
    )


def test_a_key_makes_a_reply():
    """Without a key in the subject a mail is no reply; an old one has several."""
    assert read(*mail("accept", subject="Re: dev")) is None
    assert read(*mail("accept", subject=f"Re: [{KEY[:-1]}]")) is None
    found = read(*mail("accept", subject=f"Re: [{'0' * 32}] x [{KEY.upper()}]"))
    assert found is not None
    assert found.key == KEY


def test_an_encoded_subject():
    """A subject in encoded words has the key too."""
    coded = f"=?utf-8?q?R=C3=A9p_=3A?= =?utf-8?q?d=C3=A9cider_=5B{KEY}=5D?="

    assert verb_of("oui", subject=coded) is Verb.APPROVE


def test_programs_decide_nothing():
    """An auto-reply is not an answer, whatever it says (RFC 3834)."""
    extra = "Auto-Submitted: auto-replied\r\n"

    assert read(*mail("accept", extra=extra)) is None


def test_html_alone():
    """A reply in HTML is read as its reader wrote it, without what is quoted."""
    extra = "Content-Type: text/html; charset=utf-8\r\n"
    html = (
        "<html><head><title>x</title><style>p {}</style></head><body>"
        "<blockquote>reject</blockquote><div><p>Acc&eacute;pt<b>er</b></p></div>"
        "<blockquote><p>discard</p></blockquote></body></html>"
    )

    assert verb_of(html, extra=extra) is Verb.APPROVE


def test_text_before_html():
    """Of two ways to read a reply the text counts; attachments never do."""
    extra = 'Content-Type: multipart/mixed; boundary="b"\r\n'
    body = (
        "--b\nContent-Disposition: attachment\n\ndiscard\n"
        "--b\nContent-Type: text/html\n\n<p>reject</p>\n"
        "--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
        "YWNjZXB0\n--b--\n"
    )

    assert verb_of(body, extra=extra) is Verb.APPROVE


@given(st.text(max_size=300), st.binary(max_size=300))
def test_anything_can_be_read(subject: str, body: bytes):
    """No mail of any kind breaks the reader, nor decides without a key."""
    raw = b"Subject: " + subject.encode(errors="replace") + f" [{KEY}]\r\n\r\n".encode()
    read(Headers.parse(raw), body)
    assert read(Headers.parse(b"Subject: none\r\n\r\n"), body) is None


@given(st.text())
def test_own_lines_are_lines_of_the_text(text: str):
    """What is taken for an answer was written there."""
    assert all(line in text for line in own_lines(text))
