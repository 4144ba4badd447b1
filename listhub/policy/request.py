"""What a scenario is asked: who wants what, how they proved who they are, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from listhub import clock
from listhub.mail.draft import Draft

Auth = Literal["smtp", "md5", "smime"]

#: Somebody of whom nothing is known, as rules write it: equal([sender],'nobody').
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question; `listname` is empty where it concerns a domain, not a list.

    `context` has any other variable by its name: email, remote_addr, current_email,
    topic, or `msg->name` and `env->REMOTE_USER`.
    """

    operation: str
    domain: str
    listname: str = ""
    auth: Auth = "smtp"
    sender: str = NOBODY
    list_status: str = "open"
    message: Draft | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=clock.now)

    @property
    def list_address(self) -> str:
        """The address of the list that is asked about, "" for a domain."""
        return f"{self.listname}@{self.domain}" if self.listname else ""
