"""Keys that sign mail: read from PEM, written as the record that DNS publishes."""

import base64
import binascii
from dataclasses import dataclass
from typing import Literal, assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import PublicFormat

from listhub.errors import UsageError

KeyType = Literal["rsa", "ed25519"]
PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

#: RFC 8301 §3.2: signers use at least 1024 bits and should use 2048; verifiers need
#: not take more than 4096.
LEAST_BITS, GOOD_BITS, MOST_BITS = 1024, 2048, 4096

_STRING = 255  # octets of one string of a TXT record (RFC 1035 §3.3.14)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key, and the name under which its public half is published."""

    domain: str
    selector: str
    private: PrivateKey

    @property
    def type(self) -> KeyType:
        return "rsa" if isinstance(self.private, rsa.RSAPrivateKey) else "ed25519"

    @property
    def bits(self) -> int:
        """How long the key is."""
        private = self.private
        return private.key_size if isinstance(private, rsa.RSAPrivateKey) else 256

    @property
    def name(self) -> str:
        """Where DNS has the public key (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def warning(self) -> str:
        """What is wrong with a key that can be used all the same, "" if nothing."""
        if self.type == "rsa" and self.bits < GOOD_BITS:
            return f"{self.name} has {self.bits} bits; make a key of {GOOD_BITS}."
        return ""

    @property
    def record(self) -> str:
        """The text of the TXT record (RFC 6376 §3.6.1, RFC 8463 §4)."""
        return f"v=DKIM1; k={self.type}; p={base64.b64encode(self._public()).decode()}"

    def sign(self, digest: bytes) -> bytes:
        """Sign a SHA-256 digest (RFC 8463 §3: Ed25519 signs the digest, too)."""
        private = self.private
        if isinstance(private, rsa.RSAPrivateKey):
            prehashed = utils.Prehashed(hashes.SHA256())
            return private.sign(digest, padding.PKCS1v15(), prehashed)
        return private.sign(digest)

    def published_by(self, record: bytes) -> bool:
        """Say whether a TXT record publishes the public half of this key."""
        same_type = record_tags(record).get("k", "rsa").lower() == self.type
        # Without the envelope is what RFC 6376 §3.6.1 says and few publish.
        forms = (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)
        return same_type and record_public(record) in map(self._public, forms)

    def _public(self, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return public.public_bytes_raw()
        return public.public_bytes(serialization.Encoding.DER, form)


def parse_key(pem: bytes, *, domain: str, selector: str) -> SigningKey:
    """Read a private key (PKCS#8 or PKCS#1); UsageError says what is wrong with it."""
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except TypeError:
        raise _wrong("is locked with a password; store it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _wrong("is no private key in PEM form") from None
    if not isinstance(private, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise _wrong("is neither an RSA nor an Ed25519 key; DKIM knows no other")
    key = SigningKey(domain=domain, selector=selector, private=private)
    if key.type == "rsa" and not LEAST_BITS <= key.bits <= MOST_BITS:
        raise _wrong(
            f"is an RSA key of {key.bits} bits; verifiers take {LEAST_BITS} to"
            f" {MOST_BITS}, make one of {GOOD_BITS}"
        )
    return key


def new_key(kind: KeyType, *, domain: str, selector: str) -> SigningKey:
    """Make a key."""
    private: PrivateKey
    if kind == "rsa":
        private = rsa.generate_private_key(public_exponent=65537, key_size=GOOD_BITS)
    elif kind == "ed25519":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        assert_never(kind)
    return SigningKey(domain=domain, selector=selector, private=private)


def to_pem(key: SigningKey) -> bytes:
    """Return the private key as a file holds it (PKCS#8)."""
    return key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def strings(record: str) -> tuple[str, ...]:
    """Cut the text of a TXT record into strings of at most 255 octets."""
    return tuple(
        record[start : start + _STRING] for start in range(0, len(record), _STRING)
    )


def record_tags(record: bytes) -> dict[str, str]:
    """Read `tag=value; tag=value` (RFC 6376 §3.2) of any bytes; the first of two wins."""
    tags: dict[str, str] = {}
    for spec in record.decode("utf-8", "replace").split(";"):
        tag, equals, value = spec.partition("=")
        if equals:
            tags.setdefault(tag.strip(), value.strip())
    return tags


def record_public(record: bytes) -> bytes:
    """Return the public key that a TXT record publishes, b"" if none can be read."""
    text = "".join(record_tags(record).get("p", "").split())
    try:
        return base64.b64decode(text)
    except (ValueError, binascii.Error):
        return b""


def _wrong(what: str) -> UsageError:
    return UsageError(f"The key {what}.")
