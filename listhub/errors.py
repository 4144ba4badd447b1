"""Errors know whether to try again, what to tell the peer, and what to tell us.

    ListHubError
    ├── TemporaryError      try again: 451 / exit 75
    │   └── StaleClaim      the lease was lost; somebody else owns the item now
    └── PermanentError      do not try again: 5xx / DSN
        └── UsageError      a person typed or configured something wrong

`public` is one sentence for whoever sent the mail or typed the command; it never
holds a secret, a path or a traceback.  `reason` is for our own log.  An exception
that is none of these counts as temporary: what we do not understand must not
bounce good mail.
"""


class ListHubError(Exception):
    """The root: an SMTP code, an enhanced status, a public text, a private reason."""

    code: int = 451
    enhanced: str = "4.3.0"

    def __init__(
        self,
        public: str,
        *,
        code: int | None = None,
        enhanced: str | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(public)
        self.public = public
        self.reason = reason or public
        self.code = code if code is not None else type(self).code
        self.enhanced = enhanced if enhanced is not None else type(self).enhanced

    @property
    def temporary(self) -> bool:
        return not isinstance(self, PermanentError)


class TemporaryError(ListHubError):
    """Trying again later may help (RFC 5321 §4.2.1: 4yz)."""


class StaleClaim(TemporaryError):
    """The token no longer matches: the lease ran out and the item has a new owner."""


class PermanentError(ListHubError):
    """Trying the same again cannot help (RFC 5321 §4.2.1: 5yz)."""

    code = 550
    enhanced = "5.0.0"


class UsageError(PermanentError):
    """A wrong argument, setting or input file; the text names it and what is allowed."""

    code = 501
    enhanced = "5.5.4"
