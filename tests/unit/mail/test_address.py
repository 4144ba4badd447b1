import time

import pytest
from hypothesis import given, strategies as st

from listhub.mail import address

broken_text = st.text() | st.lists(
    st.sampled_from([*'@.,;:<>()"\\[] a\r\n\0é', "xn--", "bob@x.org", "=?"])
).map("".join)


@pytest.mark.parametrize(
    ("text", "local", "domain"),
    [
        ("bob@example.org", "bob", "example.org"),
        ("b.o+b=x'/{}~@x.org", "b.o+b=x'/{}~", "x.org"),
        ('"john doe"@x.org', '"john doe"', "x.org"),
        (r'"a\"@b"@x.org', r'"a\"@b"', "x.org"),
        ("élodie@x.org", "élodie", "x.org"),
        ("bob@bücher.example", "bob", "bücher.example"),
        ("bob@xn--bcher-kva.example", "bob", "xn--bcher-kva.example"),
        ("bob@[192.0.2.1]", "bob", "[192.0.2.1]"),
        ("bob@[IPv6:2001:db8::1]", "bob", "[IPv6:2001:db8::1]"),
        ("bob@localhost", "bob", "localhost"),
        ("x" * 64 + "@x.org", "x" * 64, "x.org"),
    ],
)
def test_valid_mailboxes(text: str, local: str, domain: str) -> None:
    """Every mailbox of RFC 5321 and 6531 is one, and is kept as written."""
    found = address.parse_addr_spec(text)

    assert found == address.Address(local=local, domain=domain)
    assert found.text == text


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "bob", "bob@", "@x.org", "a@b@c", "a b@x.org", " bob@x.org",
        "bob@x.org ", "bob@x .org", "bob@x.org\n", "bob\r\n@x.org", "bob\0@x.org",
        "bob\x7f@x.org", "<bob@x.org>", ".bob@x.org", "bob.@x.org", "b..b@x.org",
        '"bob@x.org', '"a"b"@x.org', '"a\n"@x.org', "bob@-x.org", "bob@x-.org",
        "bob@x..org", "bob@x.org.", "bob@x_y.org", "bob@[1.2.3]", "bob@[::1]",
        "bob@[IPv6:x]", "bob@[1.2.3.4", "bob@x.org,eve@x.org", "bob(x)@x.org",
        "x" * 65 + "@x.org", "é" * 33 + "@x.org", "bob@" + "x" * 64 + ".org",
        "bob@" + "x." * 130 + "org", "bob@" + "é" * 70 + ".org", "bob\u2028@x.org",
        "bob\u00a0b@x.org", "bob@i❤.ws", "bob@。org", "\ud800@x.org",
    ],
)  # fmt: skip
def test_what_is_no_mailbox(text: str) -> None:
    """Blanks, control characters, brackets, over-long and broken parts are refused."""
    assert address.parse_addr_spec(text) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bob@Example.ORG", " bob@example.org\n"),
        ('"bob"@x.org', "bob@x.org"),
        (r'"b\ob"@x.org', "bob@x.org"),
        ('"b..ob"@x.org', "b..ob@x.org"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@XN--BCHER-KVA.example", "a@bu\u0308cher.example"),
    ],
)
def test_addresses_that_are_the_same(one: str, other: str) -> None:
    """Case of ASCII, needless quotes and the spelling of a domain do not count."""
    assert address.key(one) == address.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a@faß.de", "a@fass.de"),  # two domains since IDNA 2008
        ('"b ob"@x.org', "bob@x.org"),
        ("É@x.org", "é@x.org"),  # RFC 6530 §5: only its own server knows
        ("a@xn--.org", "a@.org"),
    ],
)
def test_addresses_that_differ(one: str, other: str) -> None:
    """No mapping makes two people's addresses one."""
    assert address.key(one) != address.key(other)


@given(broken_text)
def test_key_is_stable(text: str) -> None:
    """Any text has a key, and the key of a key is itself."""
    key = address.key(text)

    assert address.key(key) == key
    assert address.domain_of(text) == address.domain_of(key)


def test_sort_key_groups_domains() -> None:
    """Recipients of one domain stand together, whatever their case."""
    people = ["z@b.org", "a@c.org", "A@B.org", "nobody"]

    ordered = ["nobody", "A@B.org", "z@b.org", "a@c.org"]
    assert sorted(people, key=address.sort_key) == ordered


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Bob <bob@x.org>", [("Bob", "bob@x.org")]),
        ('"Doe, J" <j@x.org>, k@x.org (Kay)', [("Doe, J", "j@x.org"), ("Kay", "k@x.org")]),
        ("Us: a@x.org, B <b@x.org>; c@x.org", [("", "a@x.org"), ("B", "b@x.org"), ("", "c@x.org")]),
        ("Automat:;", []),
        ("bob @ x . org", [("", "bob@x.org")]),
        ("Bob bob@x.org", [("Bob", "bob@x.org")]),
        ("a@x.org b@x.org", []),  # no telling which
        ('"john doe"@x.org', [("", '"john doe"@x.org')]),
        ('"a <b@x.org>', [("a", "b@x.org")]),
        ("(x <b@x.org>", [("x", "b@x.org")]),
        ("<b@x.org", [("", "b@x.org")]),
        ("<@r1,@r2:u@x.org>", [("", "u@x.org")]),
        ("=?utf-8?q?=3Ceve=40y=3E=2C?= <e@x.org>", [("<eve@y>,", "e@x.org")]),
        (b"\xe9lo <e@x.org>", [("élo", "e@x.org")]),
        ("foo..bar@x.org", [("", '"foo..bar"@x.org')]),
        ('"bob@x.org" <eve@y.org>', [("bob@x.org", "eve@y.org")]),
        ("Bob (a (b) c) <b@x.org> (d)", [("Bob", "b@x.org")]),
        ("<>", []),
        (",;,", []),
    ],
)  # fmt: skip
def test_mailboxes_of_a_field(value: str, found: list[tuple[str, str]]) -> None:
    """Groups, comments, routes, encoded words, and what people send instead."""
    assert address.mailboxes(value) == tuple(found)


@given(broken_text)
def test_mailboxes_are_valid_and_nothing_raises(text: str) -> None:
    """Whatever the field holds, only valid addresses come out."""
    for display, found in address.mailboxes(text):
        assert display.isprintable() or display.encode().decode() == display
        assert address.parse_addr_spec(found) is not None


@given(broken_text)
def test_comments_go_and_nothing_raises(text: str) -> None:
    """Stripping comments twice is stripping them once, where they are closed."""
    assert len(address.strip_comments(text)) <= len(text)


def test_comments_are_not_looked_for_in_quotes() -> None:
    """Nested comments go; parentheses in quotes stay."""
    assert address.strip_comments(r'a (b (c) \) d) "(e)" (f)') == 'a  "(e)"'


@pytest.mark.parametrize(
    "piece", ['"', '\\"', "(", ")", "((", "<", "a.", "a@", ",", ":"]
)
def test_no_field_takes_long(piece: str) -> None:
    """A hundred thousand of any mark are read in linear time: no backtracking."""
    start = time.process_time()
    address.mailboxes(piece * 100_000)
    address.strip_comments(piece * 100_000)

    assert time.process_time() - start < 10
