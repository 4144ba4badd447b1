"""The word to stop, told by a Celery parent to the children that it has forked.

A warm shutdown waits for running tasks and does not tell them; a drain may run for
many seconds.  One byte of shared memory, made before the fork, is all that is needed.
"""

import mmap


class StopFlag:
    """Set once by the parent, seen by every child forked after it was made."""

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        self._byte[0] = 1

    def is_set(self) -> bool:
        return self._byte[0] == 1
