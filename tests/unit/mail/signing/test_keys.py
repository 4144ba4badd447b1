import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, strategies as st

from listhub.errors import UsageError
from listhub.mail.signing import keys
from tests import signing
from tests.corpora import CORPUS

FOLDER = CORPUS / "keys"


def parse(pem: bytes) -> keys.SigningKey:
    return keys.parse_key(pem, domain="example.org", selector="s")


def pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_keys_come_back_as_they_were_written(kind: keys.KeyType) -> None:
    """A key made here is read here, and DNS publishes its public half."""
    key = signing.key(kind)
    again = parse(keys.to_pem(key))

    assert again.record == key.record
    assert again.name == "s._domainkey.example.org"
    assert again.published_by(key.record.encode())
    assert not again.warning


def test_older_files_are_read() -> None:
    """PKCS#1 is what older tools wrote; 1024 bits are taken with a warning."""
    key = parse(pem(rsa.generate_private_key(65537, 1024)))  # noqa: S505

    assert (key.type, key.bits) == ("rsa", 1024)
    assert "1024" in key.warning


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("curve.pem", "neither"),
        ("encrypted.pem", "password"),
        ("not_pem.pem", "no private key"),
        ("public.pem", "no private key"),
        ("rsa_512.pem", "512 bits"),
        ("truncated.pem", "no private key"),
    ],
)
def test_bad_keys_are_named(name: str, words: str) -> None:
    """What is wrong with a file is one sentence, and holds nothing of the file."""
    with pytest.raises(UsageError, match=words):
        parse((FOLDER / name).read_bytes())


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(raw: bytes) -> None:
    """What is no key is a UsageError, whatever it is."""
    with pytest.raises(UsageError):
        parse(raw)


def test_records_are_cut_for_dns() -> None:
    """No string of a TXT record is longer than 255 octets, and nothing is lost."""
    record = signing.key("rsa").record
    cut = keys.strings(record)

    assert len(cut) == 2
    assert all(len(piece) <= 255 for piece in cut)
    assert "".join(cut) == record


@pytest.mark.parametrize(
    ("record", "published"),
    [
        ("p={spki}", True),
        ("v=DKIM1; k=rsa; h=sha256; p={spki}; n=note", True),
        ("v=DKIM1; p={bare}", True),
        ("k=ed25519; p={spki}", False),
        ("v=DKIM1; p=", False),
        ("v=DKIM1", False),
        ("p=%%%", False),
        ("p=AAAA", False),
        ("", False),
    ],
)
def test_published_keys_are_compared(record: str, *, published: bool) -> None:
    """A record is told to be ours by its key, not by how it is written."""
    key = signing.key("rsa")
    text = record.format(
        spki=key.record.partition("p=")[2],
        bare=base64.b64encode(key._public(serialization.PublicFormat.PKCS1)).decode(),
    )

    assert key.published_by(text.encode()) is published


@given(st.binary(max_size=60))
def test_any_record_can_be_read(record: bytes) -> None:
    """What stands in DNS is anybody's: reading it never raises."""
    signing.key("ed25519").published_by(record)
