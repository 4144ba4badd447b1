"""A message in work: what transforms change, bytes kept where they do not."""

from dataclasses import dataclass
from typing import Self

from listhub.mail import parts
from listhub.mail.headers import Headers

#: Media types whose parts nobody may touch: a signature over them would break, or
#: nobody but the reader can look inside (RFC 1847, RFC 8551, RFC 3156).
_SEALED = frozenset(
    {
        "multipart/signed",
        "multipart/encrypted",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
    }
)


@dataclass(slots=True, kw_only=True)
class Draft:
    """The header, and the body as it follows on the header's empty line."""

    headers: Headers
    body: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Take a message apart; of any bytes."""
        headers = Headers.parse(raw)
        return cls(headers=headers, body=raw[headers.body_offset :])

    @property
    def sealed(self) -> bool:
        """Whether the body is signed or encrypted and must leave as it came."""
        return parts.content_type(self.headers)[0] in _SEALED

    def copy(self) -> "Draft":
        """Return a draft that can be changed on its own."""
        return Draft(headers=self.headers.copy(), body=self.body)

    def to_bytes(self) -> bytes:
        """Return the whole message."""
        return self.headers.to_bytes() + self.body
