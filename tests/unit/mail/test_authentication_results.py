import time

import pytest
from hypothesis import given, strategies as st

from listhub.mail import authentication_results as ar, encoded_words
from listhub.mail.authentication_results import Result, Results


def results(text: str) -> Results:
    found = ar.parse(text.encode())
    assert found is not None
    return found


def test_an_example_of_the_standard() -> None:
    """RFC 8601 Appendix B.6: comments, several methods, several properties."""
    found = results(
        'example.com; dkim=pass reason="good signature"  header.i=@mail-router.example.net;'
        ' dkim=fail (bad (really)) reason="bad signature" header.i=@newyork.example.com'
    )

    assert found.authserv_id == "example.com"
    assert found.results == (
        Result(
            method="dkim",
            result="pass",
            reason="good signature",
            properties={"header.i": "@mail-router.example.net"},
        ),
        Result(
            method="dkim",
            result="fail",
            reason="bad signature",
            properties={"header.i": "@newyork.example.com"},
        ),
    )


@pytest.mark.parametrize(
    ("text", "authserv_id", "methods"),
    [
        ("mx; none", "mx", ()),
        ("mx; (a) dkim (b) = (c) pass (d) header.d (e) = x", "mx", ("dkim",)),
        ("mx 1; spf=pass", "mx", ("spf",)),
        ('(c) "MX.example" ; spf=pass', "mx.example", ("spf",)),
        ("mx; =pass; spf; spf=; dkim=pass", "mx", ("dkim",)),
        ("mx; header.d=x dkim=pass", "mx", ()),
        ("mx; noise dkim=pass", "mx", ()),
        ("mx; spf=pass smtp.mailfrom=b+u=x@d; dmarc=pass;", "mx", ("spf", "dmarc")),
        ("mx; spf=pass (unclosed; dkim=pass", "mx", ("spf",)),
        ('mx; spf=pass x="unclosed; dkim=pass', "mx", ("spf",)),
    ],
)
def test_fields_as_servers_write_them(
    text: str, authserv_id: str, methods: tuple[str, ...]
) -> None:
    """What is understood is taken, what is not is left out, nothing is guessed."""
    found = results(text)

    assert found.authserv_id == authserv_id
    assert tuple(result.method for result in found.results) == methods


@pytest.mark.parametrize("text", ["", ";", " ; dkim=pass", "(mx); dkim=pass", '"'])
def test_fields_without_a_server(text: str) -> None:
    """A field that names no server is nobody's word."""
    assert ar.parse(text.encode()) is None


keys = st.sampled_from(["header.d", "header.i", "smtp.mailfrom", "header.b"])
texts = st.text(max_size=30).map(encoded_words.safe)
written = st.builds(
    Result,
    method=st.sampled_from(["dkim", "spf", "dmarc", "arc", "x-own"]),
    result=st.sampled_from(["pass", "fail", "none"]),
    reason=texts,
    properties=st.dictionaries(keys, texts, max_size=3),
)


@given(st.lists(written, max_size=5))
def test_what_is_written_is_read(wanted: list[Result]) -> None:
    """Any value survives quoting, and none can pass for another result."""
    text = ar.payload("mx.example.net", wanted)

    expected = Results(authserv_id="mx.example.net", results=tuple(wanted))
    assert results(text) == expected


@given(st.binary(max_size=300))
def test_any_value_can_be_read(value: bytes) -> None:
    """Reading never raises, and gives text fit to be stored."""
    found = ar.parse(value)

    assert found is None or found.authserv_id.encode()


@pytest.mark.parametrize(
    "piece", ["(", '"', ";", "a", "a=", " ", "\\", "a.", "()", '""', "x=y "]
)
def test_absurd_values_take_no_longer(piece: str) -> None:
    """A value of any length is read in no time."""
    start = time.perf_counter()
    ar.parse(b"mx; dkim=" + piece.encode() * 100_000)
    assert time.perf_counter() - start < 1
