"""A packet in work: which positions are left, and the transactions that serve them.

Pure: what goes into one transaction depends on the packet and on what the relay can
do, nothing else.
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from listhub import log
from listhub.delivery import wire
from listhub.delivery.copies import Copies, Copy
from listhub.delivery.ledger import Parcel
from listhub.delivery.transaction import Reply, Transaction
from listhub.mail import verp
from listhub.mail.owner_text import OwnerTextError
from listhub.mail.personal import Reader
from listhub.spool.items import Item

_log = log.get(__name__)

#: Octets of a local part (RFC 5321 §4.5.3.1.1).
_LONGEST_LOCAL = 64

NO_COPY = Copy(content=b"", internationalised=False, eight_bit=False)


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True)
class Content:
    """A message in wire form, shared by all packets of it that are in work."""

    wire: bytes
    #: The header holds UTF-8, so every copy needs SMTPUTF8 (RFC 6531).
    internationalised: bool = False
    eight_bit: bool = False
    #: Where no two copies are alike, what makes them; then `wire` is empty.
    copies: Copies | None = None
    #: The name of the message in the reports that its relays are asked for.
    envelope_id: str = ""

    @classmethod
    def of(
        cls, head: bytes, body: bytes | memoryview, *, envelope_id: str = ""
    ) -> "Content":
        """Prepare head and body for the wire, once for all recipients."""
        data = wire.to_wire(head, body)
        return cls(
            wire=data,
            internationalised=wire.needs_smtputf8(head, "", ()),
            eight_bit=wire.is_eight_bit(data),
            envelope_id=envelope_id,
        )


@dataclass(slots=True, kw_only=True)
class Load:
    """A claimed packet on its way; used by one connection at a time."""

    item: Item
    parcel: Parcel
    content: Content
    verp_key: bytes
    #: When the lease will have run out, by `time.monotonic`: a process that was
    #: stopped for long must not go on where another one has taken over.
    until: float
    #: What copies say about their recipients, by subscription.
    readers: Mapping[int, Reader] = field(default_factory=dict)
    left: deque[int] = field(init=False)
    #: Transactions handed out whose result is not recorded yet.
    under_way: int = 0
    #: Seconds until the next try, one number per deferred answer.
    deferrals: list[float] = field(default_factory=list)
    _signer: verp.Signer | None = None
    _at_domain: str = field(init=False)

    def __post_init__(self) -> None:
        self.left = deque(self.parcel.pending)
        self._at_domain = f"@{self.parcel.bounce_address.rpartition('@')[2]}"

    @property
    def expired(self) -> bool:
        return time.monotonic() >= self.until

    @property
    def suspect(self) -> bool:
        """Whether an earlier worker had it and ended without settling it."""
        return self.item.attempts > 1

    def first_positions(self, *, xverp: bool) -> tuple[int, ...]:
        """Return what an earlier worker may have had under way: one transaction."""
        one_by_one = (self.parcel.verp and not xverp) or self.content.copies is not None
        return tuple(self.left)[: 1 if one_by_one else None]

    def next_transaction(self, *, xverp: bool) -> Transaction:
        """Take positions off `left` and return the transaction for them."""
        if self.content.copies is not None:
            return self._for_one(self.content.copies)
        if not self.parcel.verp:
            return self._together(self.parcel.bounce_address, xverp=False)
        if xverp:
            base = self._token(0)
            if self._fits(base, self.left[0]):
                path = f"{base}{self._at_domain}"
                return self._together(path, xverp=True, base=base)
        position = self.left.popleft()
        token = self._token(self.parcel.subscriptions[position - 1])
        return self._transaction((position,), token + self._at_domain, xverp=False)

    def take_back(self, positions: Sequence[int]) -> None:
        """Put positions of a transaction that was not done back at the front."""
        self.left.extendleft(reversed(positions))
        self.under_way -= 1

    def _for_one(self, copies: Copies) -> Transaction:
        """Return the transaction for the next recipient, with a content of its own."""
        parcel = self.parcel
        position = self.left.popleft()
        subscription = parcel.subscriptions[position - 1]
        recipient = parcel.recipients[position - 1]
        path = parcel.bounce_address
        if parcel.verp:
            path = self._token(subscription) + self._at_domain
        copy, refusal = self._copy(copies, recipient, subscription)
        self.under_way += 1
        return Transaction(
            reverse_path=path,
            recipients=(recipient,),
            content=copy.content,
            rest=copy.rest,
            smtputf8=copy.internationalised or not recipient.isascii(),
            eight_bit=copy.eight_bit,
            envelope_id=self.content.envelope_id,
            refusal=refusal,
            tag=(self, (position,)),
        )

    def _copy(
        self, copies: Copies, recipient: str, subscription: int
    ) -> tuple[Copy, Reply | None]:
        """Return a recipient's copy, or why there is none: the others get theirs."""
        reader = self.readers.get(subscription)
        if reader is None or reader.address != recipient:
            # Who has left since, or has another address now.
            reader = replace(reader or Reader(address=""), address=recipient)
        try:
            return copies.of(reader, subscription), None
        except OwnerTextError as error:
            # RFC 3463 §3.7: the conversion failed.  It counts against nobody.
            refusal = Reply(554, "5.6.5", f"template: {error}")
        except Exception as error:  # noqa: BLE001 - its neighbours go on
            _log.exception("copy not made", outgoing=self.parcel.outgoing_id)
            refusal = Reply(451, "4.3.0", f"The copy could not be made: {error}")
        return NO_COPY, refusal

    def _together(
        self, reverse_path: str, *, xverp: bool, base: str = ""
    ) -> Transaction:
        left = self.left
        if not xverp:
            positions = list(left)
            left.clear()
        else:
            positions = []
            while left and self._fits(base, left[0]):
                positions.append(left.popleft())
        return self._transaction(tuple(positions), reverse_path, xverp=xverp)

    def _fits(self, base: str, position: int) -> bool:
        """Tell whether the relay's reverse-path for a recipient is a legal address."""
        address = self.parcel.recipients[position - 1]
        # XVERP puts `+`, the local part, `=` and the domain behind the base.
        return len(base.encode()) + 1 + len(address.encode()) <= _LONGEST_LOCAL

    def _token(self, subscription: int) -> str:
        signer = self._signer
        if signer is None:
            signer = self._signer = verp.Signer(
                self.verp_key,
                list_id=self.parcel.list_id or 0,
                outgoing_id=self.parcel.outgoing_id,
            )
        return signer.token(subscription)

    def _transaction(
        self, positions: tuple[int, ...], reverse_path: str, *, xverp: bool
    ) -> Transaction:
        self.under_way += 1
        addresses = self.parcel.recipients
        recipients = tuple([addresses[n - 1] for n in positions])
        content = self.content
        return Transaction(
            reverse_path=reverse_path,
            recipients=recipients,
            content=content.wire,
            smtputf8=content.internationalised or not all(map(str.isascii, recipients)),
            eight_bit=content.eight_bit,
            size=len(content.wire),
            xverp=xverp,
            envelope_id=content.envelope_id,
            tag=(self, positions),
        )
