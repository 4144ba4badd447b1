from pathlib import Path

import pytest

from listhub.delivery import keys
from listhub.errors import PermanentError, UsageError
from listhub.mail.signing.keys import new_key
from tests import signing
from tests.corpora import CORPUS


def test_keys_are_written_and_read(tmp_path: Path) -> None:
    """A file is for its owner and group, and holds the key again."""
    key = signing.key("ed25519")
    path = keys.write_key(tmp_path / "dkim", key)

    assert path == tmp_path / "dkim" / key.domain / "s-ed25519.pem"
    assert path.stat().st_mode & 0o037 == 0
    assert keys.read_key(path, domain=key.domain).record == key.record
    assert keys.key_files(tmp_path / "dkim", key.domain) == [path]
    assert keys.domains(tmp_path / "dkim") == [key.domain]


def test_no_key_is_written_over(tmp_path: Path) -> None:
    """DNS may have the public half of the old one."""
    path = keys.write_key(tmp_path, signing.key("ed25519"))
    before = path.read_bytes()
    with pytest.raises(PermanentError, match="another selector"):
        keys.write_key(tmp_path, signing.key("ed25519"))

    assert path.read_bytes() == before


def test_keys_for_everybody_are_refused(tmp_path: Path) -> None:
    """What everybody on the host can read is no secret; the sentence says the cure."""
    path = keys.write_key(tmp_path, signing.key("ed25519"))
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod o= "):
        keys.read_key(path, domain=signing.DOMAIN)


def test_a_directory_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    """Mail must not leave unsigned because of a wrong permission."""
    (tmp_path / signing.DOMAIN).touch()
    with pytest.raises(UsageError, match="Not a directory"):
        keys.key_files(tmp_path, signing.DOMAIN)

    assert keys.key_files(tmp_path, "other.example") == []


@pytest.mark.parametrize("name", ["not_pem.pem", "rsa_512.pem", "gone.pem", "a b.pem"])
def test_bad_files_are_named(name: str, tmp_path: Path) -> None:
    """The sentence begins with the file that is wrong."""
    path = tmp_path / name
    if (CORPUS / "keys" / name).exists():
        path.write_bytes((CORPUS / "keys" / name).read_bytes())
        path.chmod(0o600)
    with pytest.raises(UsageError, match=f"^{path}: "):
        keys.read_key(path, domain=signing.DOMAIN)


@pytest.mark.parametrize("selector", ["../x", "a/b", "", ".", "-a", "a..b", "x" * 64])
def test_selectors_are_names(selector: str, tmp_path: Path) -> None:
    """No selector leads out of the directory."""
    key = new_key("ed25519", domain=signing.DOMAIN, selector=selector)
    with pytest.raises(UsageError, match="not a selector"):
        keys.write_key(tmp_path, key)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Lists.Example.ORG", "lists.example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_domains_are_signed_in_ascii(text: str, domain: str) -> None:
    """The tag d= has A-labels in lower case."""
    assert keys.signing_domain(text) == domain


@pytest.mark.parametrize("text", ["", "..", "a/b", "a b", "[127.0.0.1]", "a@b", "\0"])
def test_what_is_no_domain(text: str) -> None:
    """No domain leads out of the directory."""
    with pytest.raises(UsageError, match="not the name of a domain"):
        keys.signing_domain(text)


def test_other_directories_are_passed_over(tmp_path: Path) -> None:
    """What is not named as a domain holds no keys."""
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "note.txt").touch()

    assert keys.domains(tmp_path) == []
    assert keys.domains(tmp_path / "gone") == []
