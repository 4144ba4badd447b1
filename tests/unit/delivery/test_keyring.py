from pathlib import Path

import pytest

from listhub.delivery.keyring import Keyring
from listhub.errors import TemporaryError
from listhub.mail.signing.keys import to_pem
from tests import signing

DOMAIN = signing.DOMAIN


def put(directory: Path, *kinds: str) -> Path:
    """Have a directory with keys of a domain; return the domain's."""
    place = directory / DOMAIN
    place.mkdir(exist_ok=True)
    for kind in kinds:
        key = signing.key("rsa" if kind == "rsa" else "ed25519")
        path = place / f"{key.selector}.pem"
        path.write_bytes(to_pem(key))
        path.chmod(0o640)
    return place


def test_all_keys_of_a_domain_sign(tmp_path: Path):
    """RSA and Ed25519 both sign, in whatever case the domain is written."""
    put(tmp_path, "ed25519", "rsa")
    signer = Keyring(str(tmp_path)).signer(DOMAIN.upper())
    assert signer is not None
    assert [key.type for key in signer.keys] == ["rsa", "ed25519"]


@pytest.mark.parametrize("domain", ["other.example", ""])
def test_a_domain_without_keys_does_not_sign(tmp_path: Path, domain: str):
    """No directory of a domain, no signature, and no complaint."""
    put(tmp_path, "rsa")
    assert Keyring(str(tmp_path)).signer(domain) is None
    assert Keyring("").signer(DOMAIN) is None


def test_a_broken_key_makes_mail_wait(tmp_path: Path):
    """Mail does not leave unsigned because somebody has spoilt a file."""
    (put(tmp_path) / "x.pem").write_bytes(b"nonsense")
    with pytest.raises(TemporaryError) as caught:
        Keyring(str(tmp_path)).signer(DOMAIN)
    assert "x.pem" in caught.value.reason


def test_a_broken_key_beside_a_good_one_is_passed_over(tmp_path: Path):
    """One signature is enough; the log tells of the file."""
    (put(tmp_path, "rsa") / "x.pem").write_bytes(b"nonsense")
    signer = Keyring(str(tmp_path)).signer(DOMAIN)
    assert signer is not None
    assert len(signer.keys) == 1


def test_no_name_leads_out_of_the_directory(tmp_path: Path):
    """A domain is a name, not a path."""
    with pytest.raises(TemporaryError):
        Keyring(str(tmp_path)).signer("../etc")


def test_keys_put_there_later_are_found(tmp_path: Path):
    """A new key signs without a restart."""
    ring = Keyring(str(tmp_path), fresh=0.0)
    assert ring.signer(DOMAIN) is None
    put(tmp_path, "rsa")
    first = ring.signer(DOMAIN)
    assert first is not None
    assert ring.signer(DOMAIN) is first
    put(tmp_path, "ed25519")
    second = ring.signer(DOMAIN)
    assert second is not None
    assert len(second.keys) == 2
