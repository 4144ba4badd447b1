from hypothesis import given, strategies as st

from listhub.delivery import wire
from listhub.delivery.shared_body import SharedBody
from listhub.mail.signing.canonical import BodyHash

LINES = st.lists(
    st.sampled_from(
        [b"", b".", b"..", b" ", b"a", b"b  c", b"\t", b"-- ", b"x\ry", b"\xff"]
    ),
    max_size=8,
)
ENDS = st.sampled_from([b"\r\n", b"\n"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    lines = draw(LINES)
    ends = [draw(ENDS) for _ in lines]
    body = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    return body + draw(st.sampled_from([b"", b"", b"no end", b"\r\n\r\n", b"\r"]))


@given(bodies(), st.lists(bodies(), max_size=6))
def test_pieces_are_the_whole(sample: bytes, others: list[bytes]):
    """Whatever bodies come, in whatever order: wire form and hash are those of each."""
    shared = SharedBody(sample)
    for body in [sample, *others, sample]:
        _check(shared, body)


@given(bodies(), bodies(), st.lists(bodies(), max_size=6))
def test_what_differs_in_the_middle(start: bytes, end: bytes, middles: list[bytes]):
    """The same for bodies that begin and end alike."""
    shared = SharedBody(start + b"sample\r\n" + end)
    for middle in middles:
        _check(shared, start + middle + end)


def _check(shared: SharedBody, body: bytes) -> None:
    prepared = shared.prepare(body)
    assert prepared.body_hash == BodyHash.of(body)
    head = b"A: b\r\n\r\n"
    assert head + b"".join(prepared.pieces) == wire.to_wire(head, body)


def test_ends_of_any_length_are_shared():
    """What is alike may be longer than the pieces that are compared."""
    for length in (65_535, 65_536, 65_537, 200_000):
        start, end = b"s" * length + b"\n", b"e" * length + b"\n"
        shared = SharedBody(start + b"x\n" + end)
        shared.prepare(start + b"yy\n" + end)
        assert len(shared.prepare(start + b"zzz\n" + end).pieces[1]) == 5
        _check(shared, start + b"zzz\n" + end)


def test_large_ends_are_in_memory_once():
    """Copies of a post with attachments share them, before the footer and after it."""
    start, end = b"start\r\n" * 10_000, b"end\r\n" * 10_000
    shared = SharedBody(start + b"sample\r\n" + end)
    one, two = (shared.prepare(start + who + end) for who in (b"ann\r\n", b"zoe\r\n"))
    assert one.pieces[0] is two.pieces[0]
    assert one.pieces[2] is two.pieces[2]
    assert len(one.pieces[1]) < 20
