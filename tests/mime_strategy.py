"""Valid messages of any structure, for property tests."""

from hypothesis import strategies as st

NEWLINES = (b"\r\n", b"\n")
LEAVES = (
    b"",
    b"Content-Type: text/plain; charset=utf-8",
    b"Content-Type: text/plain; charset=us-ascii; format=flowed; delsp=yes",
    b"Content-Type: text/html; charset=iso-8859-1",
    b"Content-Type: application/octet-stream; name=x.bin",
    b"Content-Type: message/rfc822",
)
ENCODINGS = (b"", b"Content-Transfer-Encoding: 8bit",
             b"Content-Transfer-Encoding: quoted-printable",
             b"Content-Transfer-Encoding: base64")  # fmt: skip
KINDS = (b"mixed", b"alternative", b"related", b"signed", b"report", b"digest")


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Draw a message: leaves of any bytes below multiparts of any kind."""
    newline = draw(st.sampled_from(NEWLINES))
    body = _Tree(draw, newline).part(depth=draw(st.integers(0, 3)), path=b"b")
    return b"From: a@example.org" + newline + b"MIME-Version: 1.0" + newline + body


class _Tree:
    def __init__(self, draw: st.DrawFn, newline: bytes) -> None:
        self._draw = draw
        self._newline = newline

    def part(self, *, depth: int, path: bytes) -> bytes:
        return self._multipart(depth, path) if depth else self._leaf()

    def _leaf(self) -> bytes:
        fields = [self._draw(st.sampled_from(LEAVES))]
        fields.append(self._draw(st.sampled_from(ENCODINGS)))
        body = self._draw(
            st.binary(max_size=20)
            | st.sampled_from([b"text\n", b"<html><body>x</body></html>", b"eA==\r\n"])
        )
        head = b"".join(field + self._newline for field in fields if field)
        return head + self._newline + body

    def _multipart(self, depth: int, path: bytes) -> bytes:
        newline, boundary = self._newline, b"=_" + path + b"_"
        kind = self._draw(st.sampled_from(KINDS))
        pieces = [self._draw(st.sampled_from([b"", b"preamble" + newline]))]
        for number in range(self._draw(st.integers(1, 3))):
            child = self.part(
                depth=self._draw(st.integers(0, depth - 1)),
                path=path + str(number).encode(),
            )
            pieces.append(b"--" + boundary + newline + child + newline)
        pieces.append(
            self._draw(
                st.sampled_from(
                    [b"", b"--" + boundary + b"--", b"--" + boundary + b"--\nepilogue"]
                )
            )
        )
        head = b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"'
        return head + newline + newline + b"".join(pieces)
