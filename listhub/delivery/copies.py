"""One copy for one recipient: own token, own texts, own signature, ready for the wire.

Everything that all copies share is done once.  A body that does not differ is hashed
and brought into wire form once and lies in memory once, however many copies of it are
under way; then a copy costs its header and a signature.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from listhub.delivery import wire
from listhub.delivery.filling import Filling, Seams
from listhub.delivery.heads import Head
from listhub.delivery.shared_body import SharedBody
from listhub.delivery.treatment import Treatment
from listhub.mail import one_click
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.personal import SAMPLE, Common, Reader, Values
from listhub.mail.signing.canonical import BodyHash
from listhub.mail.signing.dkim import Signer

#: Gives the fields of a seal for a signed header, a body, and the time.
Sealing = Callable[[bytes, BodyHash, float], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A message in wire form: the header and what follows, then what copies share."""

    content: bytes
    rest: tuple[bytes, ...] = ()
    internationalised: bool
    eight_bit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What makes copies need besides the message: keys, and the time."""

    list_id: int = 0
    one_click_key: bytes = b""
    signer: Signer | None = None
    seal: Sealing | None = None
    clock: Callable[[], float] = time.time


class Copies:
    """All copies of one message; one thread at a time."""

    def __init__(self, draft: Draft, treatment: Treatment, means: Means) -> None:
        """Compile what is filled in; OwnerTextError if a template is no good."""
        self._means = means
        self._filling: Filling | None = None
        self._fixed = _Fixed(draft) if treatment.personalise == "none" else None
        self._one_click = treatment.one_click
        self._heads: dict[tuple[bytes, bool], Head] = {}
        if self._fixed is None:
            self._filling = Filling(draft, treatment)
            self._values = Values(
                Common(
                    list_address=treatment.list_address,
                    headers=draft.headers,
                    sender=treatment.sender,
                    web_url=treatment.web_url,
                    language=treatment.language,
                )
            )
            sample = self._filling.fill(self._values.of(SAMPLE))
            self._seams = Seams(sample)
            self._shared = SharedBody(sample.body)

    @property
    def personal(self) -> bool:
        """Whether copies say anything about their recipients."""
        return self._filling is not None

    def of(self, reader: Reader, subscription: int) -> Copy:
        """Return a recipient's copy; OwnerTextError if it cannot be filled in.

        `subscription` is 0 for somebody who is no member, and cannot leave by a click.
        """
        if self._filling is None:
            assert self._fixed is not None  # noqa: S101 - one of both is there
            return self._headed(self._fixed, subscription)
        draft = self._filling.fill(self._values.of(reader))
        self._seams.check(draft.body)
        body = self._shared.prepare(draft.body)
        head = self._head(draft.headers, subscription, body.body_hash)
        content = wire.head_to_wire(head)
        return Copy(
            content=content,
            rest=body.pieces,
            internationalised=wire.needs_smtputf8(head, "", ()),
            eight_bit=not all(map(bytes.isascii, (content, *body.pieces))),
        )

    def _headed(self, fixed: "_Fixed", subscription: int) -> Copy:
        head = self._head(fixed.headers, subscription, fixed.body_hash)
        return Copy(
            content=wire.head_to_wire(head),
            rest=(fixed.tail,),
            internationalised=fixed.internationalised,
            eight_bit=fixed.eight_bit,
        )

    def _head(self, headers: Headers, subscription: int, body_hash: BodyHash) -> bytes:
        """Return the header with its token, signatures on top."""
        means, offered = self._means, self._one_click and subscription > 0
        key = (headers.to_bytes(), offered)
        head = self._heads.get(key)
        if head is None:
            # One, or two where some names need another charset, with and without offer.
            head = self._heads[key] = Head(headers, offered=offered)
        token = ""
        if offered:
            token = one_click.encode(
                means.one_click_key,
                list_id=means.list_id,
                subscription_id=subscription,
            )
        now = means.clock()
        made = head.made(token, means.signer, body_hash, now)
        return means.seal(made, body_hash, now) + made if means.seal else made


def rehearse(draft: Draft, treatment: Treatment) -> None:
    """Make one copy for nobody; OwnerTextError if a template is no good.

    What a text may name is the same for all, so one copy says it for all of them.
    """
    if treatment.personalise != "none":
        Copies(draft, treatment, Means()).of(SAMPLE, 0)


class _Fixed:
    """A message whose body is the same for all."""

    def __init__(self, draft: Draft) -> None:
        head = draft.headers.to_bytes()
        self.headers = draft.headers
        self.body_hash = BodyHash.of(draft.body)
        self.tail = wire.body_to_wire(draft.body)
        self.internationalised = wire.needs_smtputf8(head, "", ())
        self.eight_bit = wire.is_eight_bit(head) or wire.is_eight_bit(self.tail)


def sign(draft: Draft, means: Means) -> bytes:
    """Return the head of a message that is the same for all, signatures on top."""
    head, body_hash = draft.headers.to_bytes(), BodyHash.of(draft.body)
    now = means.clock()
    if means.signer is not None:
        head = means.signer.sign_head(head, body_hash, now) + head
    return means.seal(head, body_hash, now) + head if means.seal else head
