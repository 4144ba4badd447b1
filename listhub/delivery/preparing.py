"""Make an outgoing message ready: signed once for all, or to be made copy by copy."""

from collections.abc import Callable

from listhub.delivery import copies, wire
from listhub.delivery.copies import Copies, Means, Sealing
from listhub.delivery.keyring import Keyring
from listhub.delivery.ledger import Parcel
from listhub.delivery.load import Content
from listhub.delivery.treatment import Treatment
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.personal import Reader
from listhub.mail.signing.arc import Sealer
from listhub.mail.signing.canonical import BodyHash
from listhub.mail.signing.dkim import Signer


class Preparer:
    """Makes contents for one process; not shared between threads."""

    def __init__(self, keyring: Keyring, *, one_click_key: Callable[[], bytes]) -> None:
        self._keyring = keyring
        self._one_click_key = one_click_key

    def content(self, parcel: Parcel, body: bytes | memoryview) -> Content:
        """Prepare a packet's message; `body` follows on its head.

        TemporaryError for a treatment or keys that cannot be used here and now,
        OwnerTextError for templates that should not have been let in.
        """
        if not parcel.treatment:
            return Content.of(parcel.head, body)
        treatment = Treatment.from_json(parcel.treatment)
        envelope_id = f"{parcel.outgoing_id}" if treatment.track else ""
        headers = Headers.parse(parcel.head)
        # Reports and notices have all of their message there.
        draft = Draft(
            headers=headers, body=parcel.head[headers.body_offset :] + bytes(body)
        )
        means = self._means(treatment, list_id=parcel.list_id or 0)
        signer = means.signer
        if treatment.one_by_one:
            made = Copies(draft, treatment, means)
            return Content(wire=b"", copies=made, envelope_id=envelope_id)
        if signer is None:
            return Content.of(parcel.head, body, envelope_id=envelope_id)
        return Content.of(
            copies.sign(draft, means), draft.body, envelope_id=envelope_id
        )

    def copy(
        self,
        draft: Draft,
        treatment: Treatment,
        *,
        list_id: int,
        reader: Reader,
        subscription: int,
    ) -> bytes:
        """Return the copy that one reader would have in the end; errors as above."""
        means = self._means(treatment, list_id=list_id)
        if treatment.one_by_one:
            made = Copies(draft, treatment, means).of(reader, subscription)
            return wire.from_wire(b"".join((made.content, *made.rest)))
        head = copies.sign(draft, means) if means.signer else draft.headers.to_bytes()
        return wire.from_wire(wire.to_wire(head, draft.body))

    def _means(self, treatment: Treatment, *, list_id: int) -> Means:
        signer = self._keyring.signer(treatment.sign)
        return Means(
            list_id=list_id,
            one_click_key=self._one_click_key() if treatment.one_click else b"",
            signer=signer,
            seal=_sealing(treatment, signer),
        )


def _sealing(treatment: Treatment, signer: Signer | None) -> Sealing | None:
    """Return what seals the message, with the first key of who signs it."""
    found = treatment.arc
    if found is None or signer is None:
        return None
    sealer = Sealer(key=signer.keys[0], authserv_id=found.authserv_id)

    def seal(head: bytes, body_hash: BodyHash, now: float) -> bytes:
        return sealer.seal(
            head, body_hash, results=found.results, chain=found.chain, now=now
        )

    return seal
