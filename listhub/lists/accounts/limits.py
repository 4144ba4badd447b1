"""How often somebody may try something, over all hosts: named limits, one row for each.

An allowance is a bucket that fills again at an even pace (GCRA): a row says when it will
be whole.  So it is exact at any moment, needs no windows and no clean-up to be right, and
one statement takes from it.  Taking counts once the caller commits; whoever is over a
limit is told so without waiting for a lock.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

_TAKE = """
WITH seen AS MATERIALIZED (
    SELECT whole_at - clock_timestamp() - %(burst)s AS wait
      FROM rate_limit WHERE name = %(name)s AND subject = %(subject)s
), taken AS (
    INSERT INTO rate_limit AS held (name, subject, whole_at)
    SELECT %(name)s, %(subject)s, clock_timestamp() + %(step)s
     WHERE NOT EXISTS (SELECT FROM seen WHERE wait > interval '0')
        ON CONFLICT (name, subject) DO UPDATE
       SET whole_at = greatest(held.whole_at, clock_timestamp()) + %(step)s
     WHERE held.whole_at <= clock_timestamp() + %(burst)s
    RETURNING 1
)
SELECT EXISTS (SELECT FROM taken), (SELECT extract(epoch FROM wait) FROM seen)
"""
_GIVE_BACK = """
UPDATE rate_limit SET whole_at = whole_at - %(step)s
 WHERE name = %(name)s AND subject = %(subject)s
"""
_FORGET = "DELETE FROM rate_limit WHERE whole_at < now()"

#: What is no IP address, a Unix socket say, is counted together.
UNKNOWN = "unknown"

#: Prefixes that one subscriber line or office has: more would be many for one.
_PREFIXES = {4: 24, 6: 56}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many times at once, and as many again in each further `seconds`."""

    name: str
    times: int
    seconds: float
    #: Why so many and no other number.
    why: str

    @property
    def step(self) -> timedelta:
        """What one time takes to come back."""
        return timedelta(seconds=self.seconds / self.times)

    def values(self, subject: str) -> dict[str, object]:
        """Return what the statements are given."""
        return {
            "name": self.name,
            "subject": subject,
            "step": self.step,
            "burst": timedelta(seconds=self.seconds) - self.step,
        }


_HOUR, _DAY = 3600.0, 86400.0

LINK_ADDRESS = Limit(
    name="link-address",
    times=5,
    seconds=_HOUR,
    why="each is a mail to somebody who need not have asked for it",
)
LINK_NETWORK = Limit(
    name="link-network",
    times=30,
    seconds=_HOUR,
    why="a class that signs in together; not a list of addresses being written to",
)
PASSWORD_ADDRESS = Limit(
    name="password-address",
    times=10,
    seconds=_HOUR,
    why="a person mistypes a few times; whoever is shut out by others' guesses takes a"
    " link",
)
PASSWORD_NETWORK = Limit(
    name="password-network",
    times=60,
    seconds=_HOUR,
    why="an office mistypes; one password tried on many addresses ends here",
)
CODE_PERSON = Limit(
    name="code-person",
    times=10,
    seconds=_DAY,
    why="three codes of a million count at a time: 3,650 guesses a year are one in 90",
)
SIGN_IN_NETWORK = Limit(
    name="sign-in-network",
    times=120,
    seconds=_HOUR,
    why="answers of providers and front servers are checked with cryptography",
)
JOIN_ADDRESS = Limit(
    name="join-address",
    times=8,
    seconds=_DAY,
    why="each may be a mail to somebody who asked for nothing; many lists at once are a"
    " bomb",
)
JOIN_NETWORK = Limit(
    name="join-network",
    times=60,
    seconds=_HOUR,
    why="a class that joins together; not a list of addresses being written to",
)
JOIN_LIST = Limit(
    name="join-list",
    times=500,
    seconds=_HOUR,
    why="the largest course joins at once; whoever has many networks ends here",
)
PERSON_EXPORT = Limit(
    name="person-export",
    times=5,
    seconds=_DAY,
    why="each reads every table from end to end",
)
API_TOKEN = Limit(
    name="api-token",
    times=600,
    seconds=60.0,
    why="ten calls a second go on for ever; a program that loops is held",
)
API_NETWORK = Limit(
    name="api-network",
    times=60,
    seconds=60.0,
    why="calls without a token that is known; each would cost a look-up",
)

LIMITS = (
    LINK_ADDRESS,
    LINK_NETWORK,
    PASSWORD_ADDRESS,
    PASSWORD_NETWORK,
    CODE_PERSON,
    SIGN_IN_NETWORK,
    JOIN_ADDRESS,
    JOIN_NETWORK,
    JOIN_LIST,
    PERSON_EXPORT,
    API_TOKEN,
    API_NETWORK,
)


def take(conn: "psycopg.Connection[Any]", *asked: tuple[Limit, str | int]) -> float:
    """Take one from the allowance of each subject; return the seconds to wait, 0 for none.

    In the order given, up to the first that has nothing left.  Give the limits always in
    the same order: two callers must not wait for each other.
    """
    for limit, subject in asked:
        row = conn.execute(_TAKE, limit.values(str(subject))).fetchone()
        taken, wait = row or (False, None)
        if not taken:
            # Others took the last one in this instant: then it is a whole step.
            seconds = float(wait or 0)
            return seconds if seconds > 0 else limit.step.total_seconds()
    return 0.0


def give_back(conn: "psycopg.Connection[Any]", *asked: tuple[Limit, str | int]) -> None:
    """Undo a take, of somebody who was right: only wrong guesses count."""
    for limit, subject in asked:
        conn.execute(_GIVE_BACK, limit.values(str(subject)))


def network(address: str) -> str:
    """Return whom an IP address is counted with: its /24, or /56 of IPv6, or UNKNOWN."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, _PREFIXES[found.version]), strict=False))


def forget(conn: "psycopg.Connection[Any]") -> int:
    """Delete allowances that are whole again; return how many."""
    return conn.execute(_FORGET).rowcount
