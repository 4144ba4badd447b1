"""What came of a password or a code that somebody gave."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Right: whose it is.  Wrong: 0.  With `wait`, in seconds, it was not looked at."""

    person_id: int = 0
    wait: float = 0.0

    @property
    def right(self) -> bool:
        return self.person_id > 0


WRONG = Guess()
