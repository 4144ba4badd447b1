import uuid
from pathlib import Path

import pytest

from listhub.delivery import keys, wire
from listhub.delivery.keyring import Keyring
from listhub.delivery.ledger import Parcel
from listhub.delivery.preparing import Preparer
from listhub.delivery.treatment import NONE, Seal, Treatment
from listhub.errors import TemporaryError
from listhub.mail.personal import Reader
from tests import signing

HEAD = b"From: a@lists.example.org\r\nSubject: x\r\n\r\n"
BODY = b"Hello,\n.bare\nlines"


def parcel(head: bytes, treatment: dict[str, object]) -> Parcel:
    """Return a packet of one."""
    return Parcel(
        id=1,
        outgoing_id=2,
        verp=False,
        recipients=["b@b.example"],
        subscriptions=[0],
        tries=0,
        age=0.0,
        list_id=None,
        trace=uuid.uuid4(),
        head=head,
        body_id=None,
        body_offset=0,
        bounce_address="",
        pending=(1,),
        treatment=treatment,
    )


def preparer(directory: Path) -> Preparer:
    keys.write_key(directory, signing.key("rsa"))
    return Preparer(Keyring(str(directory)), one_click_key=lambda: b"k" * 32)


@pytest.mark.parametrize("head", [HEAD, HEAD.replace(b"\r\n", b"\n")])
@pytest.mark.parametrize("whole", [False, True])
def test_what_is_the_same_for_all_is_signed_once(
    tmp_path: Path, head: bytes, *, whole: bool
):
    """A post, and a notice whose body stands in its head, both verify."""
    treatment = Treatment(sign=signing.DOMAIN).to_json()
    first, body = (head + BODY, b"") if whole else (head, BODY)
    content = preparer(tmp_path).content(parcel(first, treatment), body)
    assert content.copies is None
    raw = content.wire.removesuffix(wire.TERMINATOR).replace(b"\r\n..", b"\r\n.")
    assert raw.count(b"DKIM-Signature") == 1
    assert raw.endswith(b"\r\n\r\nHello,\r\n.bare\r\nlines\r\n")
    assert signing.passes(raw)


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_seal_stands_on_the_signature(tmp_path: Path, *, one_by_one: bool):
    """RFC 8617 §5.1: signed first; dkimpy verifies the chain of every shape of mail."""
    seal = Seal(authserv_id=signing.DOMAIN)
    treatment = Treatment(sign=signing.DOMAIN, arc=seal, one_click=one_by_one)
    content = preparer(tmp_path).content(parcel(HEAD, treatment.to_json()), BODY)
    sent = content.wire
    if content.copies is not None:
        copy = content.copies.of(Reader(address="b@b.example"), 0)
        sent = b"".join((copy.content, *copy.rest))
    raw = sent.removesuffix(wire.TERMINATOR).replace(b"\r\n..", b"\r\n.")
    assert raw.startswith(b"ARC-Seal")
    assert signing.arc(raw) == "pass"
    assert signing.passes(raw)


def test_without_a_treatment_nothing_is_done(tmp_path: Path):
    """What an older release has put leaves byte for byte as it did then."""
    content = preparer(tmp_path).content(parcel(HEAD, NONE.to_json()), BODY)
    assert content.wire == wire.to_wire(HEAD, BODY)


def test_a_treatment_of_a_newer_release_waits(tmp_path: Path):
    """It is left to a worker that knows it."""
    with pytest.raises(TemporaryError):
        preparer(tmp_path).content(parcel(HEAD, {"encrypt": "smime"}), BODY)
