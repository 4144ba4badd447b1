"""A message in work: what transforms change, bytes kept where they do not."""

from dataclasses import dataclass
from typing import Self

from listhub.mail.headers import Headers


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

    def copy(self) -> "Draft":
        """Return a draft that can be changed on its own."""
        return Draft(headers=self.headers.copy(), body=self.body)

    def to_bytes(self) -> bytes:
        """Return the whole message."""
        return self.headers.to_bytes() + self.body
