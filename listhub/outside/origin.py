"""Is the author who the message says: trusted servers first, our own look after that."""

import dataclasses

from listhub.config import Settings
from listhub.mail import address, authentication
from listhub.mail.authentication import Authentication, Trust
from listhub.mail.headers import Headers
from listhub.outside import dkim_check
from listhub.outside.answers import Ask
from listhub.outside.dmarc import DmarcPolicy


def trust(settings: Settings) -> Trust:
    """Return whose Authentication-Results count."""
    return Trust(
        authserv_ids=settings.authentication.trusted,
        hops=settings.authentication.hops,
    )


def authenticate(raw: bytes, ask: Ask, settings: Settings) -> Authentication:
    """Return what is known of where a message comes from.

    DKIM and ARC are verified here where no trusted field says anything about DKIM.
    """
    said = authentication.read(Headers.parse(raw), trust(settings))
    if said.source != "none" or not settings.authentication.verify:
        return said
    checked = dkim_check.verify(raw, ask)
    # What could not be asked for is not known to be invalid: nobody has looked.
    looked = checked.known or checked.dkim
    return dataclasses.replace(
        said,
        source="verified here" if looked else "none",
        dkim=checked.dkim,
        arc=checked.arc if said.arc == "none" else said.arc,
    )


def is_author(found: Authentication, author: str, ask: Ask) -> bool:
    """Say whether a valid signature speaks for this author (an address).

    The organisational domain is asked for only where the signer is a neighbour.
    """
    domain = address.domain_of(author)
    if not domain:
        return False
    if found.vouches_for(domain):
        return True
    if not any(_related(domain, signer) for signer in found.dkim):
        return False
    published = ask(DmarcPolicy(domain))
    organisation = published.organisation if published.known else ""
    return found.vouches_for(domain, organisation=organisation)


def _related(domain: str, signer: str) -> bool:
    """Say whether two names end alike in more than the top-level domain."""
    return domain.split(".")[-2:] == signer.split(".")[-2:]
