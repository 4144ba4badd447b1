"""Flow control: how long mail for a destination must wait before it may be offered."""

from typing import Protocol


class FlowControl(Protocol):
    """Limits per destination: connections, rate, what its replies have taught us.

    Here the rules shared by all hosts will land (slow down or suspend a destination
    for a time, by the text of its replies); the sender only ever asks `admit`.
    """

    def admit(self, destination_domain: str, n: int) -> float:
        """Return the seconds that `n` recipients there must wait, 0 for none."""


class NoLimits:
    """The flow control of a site that leaves it to its relays."""

    def admit(self, destination_domain: str, n: int) -> float:  # noqa: ARG002
        """Let everything go at once."""
        return 0.0
