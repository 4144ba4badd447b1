import pytest
from hypothesis import given, strategies as st

from listhub.intake.syntax import PathError, Reply, read_path


@pytest.mark.parametrize(
    ("argument", "address", "parameters"),
    [
        (b"FROM:<a@x.org>", "a@x.org", {}),
        (b"from: <a@x.org>", "a@x.org", {}),
        (b"FROM:<>", "", {}),
        (b"FROM:<> BODY=8BITMIME size=7", "", {"BODY": "8BITMIME", "SIZE": "7"}),
        (b"FROM:<@hop.example,@b.example:a@x.org>", "a@x.org", {}),
        (b'FROM:<"a > b"@x.org> SMTPUTF8', '"a > b"@x.org', {"SMTPUTF8": ""}),
        (b'FROM:<"a\\">"@x.org>', '"a\\">"@x.org', {}),
        ("FROM:<j\u00f6rg@x.org>".encode(), "j\u00f6rg@x.org", {}),
        (b"FROM:<not an address>", "not an address", {}),
    ],
)
def test_paths_as_mtas_write_them(
    argument: bytes, address: str, parameters: dict[str, str]
) -> None:
    """An address is kept as written; what surrounds it is taken off."""
    path = read_path(argument, keyword=b"FROM:")
    assert (path.address, path.parameters) == (address, parameters)


@pytest.mark.parametrize(
    ("argument", "enhanced"),
    [
        (b"", "5.5.4"),
        (b"FROM:", "5.5.4"),
        (b"FROM:a@x.org", "5.5.4"),
        (b"FROM:<a@x.org", "5.5.4"),
        (b'FROM:<"a@x.org>', "5.5.4"),
        (b"FROM:<a@x.org>SIZE=1", "5.5.4"),
        (b"FROM:<a\0@x.org>", "5.1.7"),
        (b"FROM:<" + b"a" * 1025 + b">", "5.1.7"),
        (b"FROM:<\xe4@x.org>", "5.6.7"),
    ],
)
def test_what_is_no_path_is_refused(argument: bytes, enhanced: str) -> None:
    """Each mistake has its enhanced status."""
    with pytest.raises(PathError) as caught:
        read_path(argument, keyword=b"FROM:")
    assert caught.value.reply.enhanced == enhanced
    assert 500 < caught.value.reply.code < 560


@given(argument=st.binary(max_size=200))
def test_any_argument_is_read_or_refused(argument: bytes) -> None:
    """Nothing but PathError is raised, and what is read can be stored."""
    try:
        address = read_path(b"TO:<" + argument, keyword=b"TO:").address
    except PathError as error:
        address = error.reply.text
    assert address.isprintable()


@given(text=st.text(max_size=100))
def test_a_reply_is_always_one_line(text: str) -> None:
    """Whatever was put into a text, the wire sees one line."""
    line = Reply(code=550, enhanced="5.1.1", text=text).line()
    assert line.count(b"\r") == line.count(b"\n") == 1
    assert line.endswith(b"\r\n")
