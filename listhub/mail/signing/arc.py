"""ARC seals (RFC 8617): we say what we found when the message came in, and sign it.

Off by default: it helps where a receiver trusts our seal, and RFC 8617 is on its way
to be historic.  The signature comes before the seal, which covers it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from listhub.mail.authentication import Chain
from listhub.mail.authentication_results import Result, payload
from listhub.mail.headers import Field, Headers
from listhub.mail.signing.canonical import BodyHash, relaxed_field
from listhub.mail.signing.covered import SEALED_BY_ARC, Covered, cover
from listhub.mail.signing.dkim import signed_field
from listhub.mail.signing.keys import SigningKey, record_tags

_MOST_SETS = 50  # RFC 8617 §4.2.1
_RESULTS = b"ARC-Authentication-Results"
_MESSAGE = b"ARC-Message-Signature"
_SEAL = b"ARC-Seal"
_SET = tuple(name.lower() for name in (_RESULTS, _MESSAGE, _SEAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """Seals under one name with one key."""

    key: SigningKey
    authserv_id: str

    def seal(
        self,
        head: bytes,
        body_hash: BodyHash,
        *,
        results: Sequence[Result],
        chain: Chain,
        now: float,
    ) -> bytes:
        """Return the three fields to be put before the head, b"" if none may be.

        `results` and `chain` are what was found when the message came in, `now` is
        in seconds since the epoch.  A chain that ended in failure, that is full, or
        that nobody looked at is not continued (§5.1).
        """
        headers = Headers.parse(head)
        sets = _sets(headers)
        if not sets.may_go_on or (sets.count and chain == "none"):
            return b""
        state: Chain = "none" if not sets.count else chain if sets.whole else "fail"
        # §5.1.2: a failed chain is sealed without the sets that came in.
        earlier = sets.fields if state == "pass" else ()
        opening = f"i={sets.count + 1}; a={self.key.type}-sha256;"
        stated = _stated(sets.count + 1, payload(self.authserv_id, results))
        covered = cover(headers, present=SEALED_BY_ARC)
        lines = (f"{opening} c=relaxed/relaxed;", *self._names(now))
        signed = self._signed(_MESSAGE, lines, covered, body_hash)
        own = Headers.parse(stated + signed).fields
        sealed = Covered(h=(), hashed=hashlib.sha256(_relaxed((*earlier, *own))))
        lines = (f"{opening} cv={state};", *self._names(now))
        fields = self._signed(_SEAL, lines, sealed) + signed + stated
        return fields.replace(b"\r\n", headers.newline)

    def _names(self, now: float) -> Sequence[str]:
        return (f"d={self.key.domain}; s={self.key.selector};", f"t={int(now)};")

    def _signed(
        self,
        name: bytes,
        lines: Sequence[str],
        covered: Covered,
        body_hash: BodyHash | None = None,
    ) -> bytes:
        bh = (b"bh=%b;" % body_hash.text,) if body_hash else ()
        return signed_field(
            name,
            (*map(str.encode, lines), *covered.h, *bh),
            self.key,
            covered,
            newline=b"\r\n",
        )


@dataclass(slots=True, kw_only=True)
class _Sets:
    """The sets of a header, in the order in which they are sealed (§5.1.1.1)."""

    count: int = 0
    whole: bool = True
    ended: bool = False
    fields: list[Field] = field(default_factory=list)

    @property
    def may_go_on(self) -> bool:
        return not self.ended and self.count < _MOST_SETS


def _sets(headers: Headers) -> _Sets:
    found: dict[tuple[int, bytes], Field] = {}
    sets = _Sets()
    for each in headers.fields:
        if each.name not in _SET:
            continue
        tags = record_tags(each.value)
        number = tags.get("i", "")
        instance = int(number) if number.isdecimal() and len(number) < 3 else 0
        sets.count = max(sets.count, instance)
        sets.whole &= instance > 0 and (instance, each.name) not in found
        sets.ended |= each.name == _SEAL.lower() and tags.get("cv") == "fail"
        found[instance, each.name] = each
    places = [(i, name) for i in range(1, sets.count + 1) for name in _SET]
    sets.whole &= set(places) == found.keys()
    sets.fields = [found[place] for place in places if place in found]
    return sets


def _relaxed(fields: Sequence[Field]) -> bytes:
    return b"".join(map(relaxed_field, fields))


def _stated(instance: int, results: str) -> bytes:
    headers = Headers()
    headers.add(_RESULTS.decode(), f"i={instance}; {results}")
    return headers.fields[0].raw
