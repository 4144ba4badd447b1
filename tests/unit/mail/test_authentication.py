import pytest
from hypothesis import given, strategies as st

from listhub.mail import authentication
from listhub.mail.authentication import Authentication, Trust
from listhub.mail.headers import Headers
from tests import corpora

OURS = Trust(authserv_ids=("mx.example.net",))
BEHIND_A_RELAY = Trust(authserv_ids=("MX.example.net",), hops=1)
CORPUS = corpora.files("authentication")


def read(name: str, trust: Trust = OURS) -> Authentication:
    return authentication.read(Headers.parse(CORPUS[name]), trust)


@pytest.mark.parametrize(
    ("name", "dkim"),
    [
        ("trusted", ("example.org",)),
        ("identity_only", ("example.org",)),
        ("method_version", ("example.org",)),
        ("several_signers", ("relay.example", "evil.example")),
        ("forged_twice", ()),
        ("no_result", None),
        ("forged_below", None),
        ("forged_case", None),
        ("forged_no_received", None),
        ("forged_in_comment", None),
        ("forged_in_quotes", None),
        ("forged_unclosed_quote", None),
        ("under_a_seal", None),
        ("other_server", None),
        ("unknown_version", None),
        ("temperror", None),
        ("empty_field", None),
    ],
)
def test_whose_word_counts(name: str, dkim: tuple[str, ...] | None) -> None:
    """Only what our border wrote, where it writes it, is believed."""
    found = read(name)

    assert found.dkim == (dkim or ())
    assert found.source == ("none" if dkim is None else "trusted field")


def test_nobody_is_trusted_unless_named() -> None:
    """Without settings no field counts at all."""
    assert all(read(name, Trust()) == Authentication() for name in CORPUS)


def test_all_results_are_read() -> None:
    """SPF, DMARC and ARC are there for scenarios."""
    found = read("trusted")

    assert (found.spf, found.dmarc, found.arc) == ("pass", "pass", "none")


def test_fields_below_our_own_relays_count_if_told_so() -> None:
    """With one hop of ours, the field below its Received counts, the next does not."""
    assert read("forged_below", BEHIND_A_RELAY).dkim == ("example.org",)
    assert read("forged_no_received", BEHIND_A_RELAY).source == "none"


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("trusted", 1),
        ("forged_below", 0),
        ("forged_case", 0),
        ("forged_no_received", 0),
        ("forged_twice", 1),
        ("other_server", 1),
        ("empty_field", 2),
        ("under_a_seal", 0),
    ],
)
def test_forged_fields_are_removed(name: str, left: int) -> None:
    """What bears our name and does not count goes; the word of others may stay."""
    headers = Headers.parse(CORPUS[name])
    before = authentication.read(headers, OURS)
    authentication.remove_forged(headers, OURS)

    assert len(headers.all("Authentication-Results")) == left
    assert authentication.read(headers, OURS) == before


def test_our_own_name_is_nobody_elses() -> None:
    """A field under the name that we write ourselves is removed wherever it stands."""
    headers = Headers.parse(CORPUS["other_server"])
    authentication.remove_forged(headers, OURS, own="MX.evil.example")

    assert not headers.all("Authentication-Results")


@pytest.mark.parametrize(
    ("signer", "author", "organisation", "vouched"),
    [
        ("example.org", "example.org", "", True),
        ("example.org", "Staff.Example.ORG", "", True),
        ("mail.example.org", "example.org", "", False),
        ("mail.example.org", "example.org", "example.org", True),
        ("mail.example.org", "web.example.org", "example.org", True),
        ("evil.github.example", "github.example", "", False),
        ("example.org", "badexample.org", "", False),
        ("org", "example.org", "", False),
        ("org", "example.org", "org", False),
        ("evil.example", "example.org", "example.org", False),
        ("example.org", "", "", False),
    ],
)
def test_alignment(
    signer: str, author: str, organisation: str, *, vouched: bool
) -> None:
    """A signature vouches for authors of its own domain, not for the whole world."""
    found = Authentication(source="verified here", dkim=(signer,))

    assert found.vouches_for(author, organisation=organisation) is vouched


def test_dmarc_of_the_border_vouches() -> None:
    """A border that checked DMARC has checked the alignment."""
    assert Authentication(dmarc="pass").vouches_for("example.org")
    assert not Authentication(dmarc="fail").vouches_for("example.org")


def test_we_write_what_we_found() -> None:
    """Our field stands on top, and we understand it ourselves."""
    headers = Headers.parse(CORPUS["other_server"])
    found = Authentication(
        source="verified here",
        dkim=("example.org", "b.example"),
        spf="fail",
        arc="pass",
    )
    authentication.announce(headers, found, authserv_id="lists.example.org")
    trust = Trust(authserv_ids=("lists.example.org",))
    again = authentication.read(headers, trust)

    assert headers.fields[0].name == b"authentication-results"
    assert (again.dkim, again.spf, again.arc) == (found.dkim, "fail", "pass")


@pytest.mark.parametrize(
    ("source", "authserv_id"),
    [("trusted field", "lists.example.org"), ("none", "x"), ("verified here", "")],
)
def test_we_write_no_more_than_we_found(source: str, authserv_id: str) -> None:
    """Without a name, or where nothing was verified here, there is no field of ours."""
    headers = Headers.parse(CORPUS["other_server"])
    before = headers.to_bytes()
    found = Authentication(source=source)  # type: ignore[arg-type]
    authentication.announce(headers, found, authserv_id=authserv_id)

    assert headers.to_bytes() == before


blocks = st.lists(
    st.sampled_from(
        [
            b"Authentication-Results: ",
            b"Received: a\r\n",
            b"ARC-Seal: i=1\r\n",
            b"mx.example.net",
            b"; dkim=pass",
            b" header.d=example.org",
            b"\r\n",
            b'"',
            b"(",
            b")",
            b"\\",
            b";",
            b"=",
        ]
    )
    | st.binary(max_size=4)
).map(b"".join)


@given(blocks, st.integers(0, 3))
def test_any_header_can_be_read(block: bytes, hops: int) -> None:
    """Reading and cleaning never raise, and cleaning never changes what counts."""
    headers = Headers.parse(block)
    trust = Trust(authserv_ids=("mx.example.net",), hops=hops)
    before = authentication.read(headers, trust)
    authentication.remove_forged(headers, trust)

    assert authentication.read(headers, trust) == before


@given(blocks)
def test_nothing_counts_below_the_first_received(block: bytes) -> None:
    """Whatever the outside writes below our Received is not believed."""
    headers = Headers.parse(b"Received: by mx.example.net\r\n" + block)

    assert authentication.read(headers, OURS) == Authentication()
