"""Who a server runs as: PostgreSQL refuses root, and users without a name."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from listhub.embedded import launch

LAUNCHER = Path(launch.__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`same`: as we are; `mapped`: we under another number; `other`: somebody else."""

    kind: Literal["same", "mapped", "other"] = "same"
    uid: int = 0
    gid: int = 0

    def argument(self) -> str:
        """Return this as launch.py wants it."""
        return "same" if self.kind == "same" else f"{self.kind}:{self.uid}:{self.gid}"

    def owner(self) -> tuple[int, int]:
        """Return the uid and gid that its files have, seen from here."""
        if self.kind == "other":
            return self.uid, self.gid
        return os.geteuid(), os.getegid()

    def possible(self) -> bool:
        """Tell whether the kernel lets us start something under it."""
        if self.kind == "same":
            return True
        argv = [sys.executable, "-I", "-S", str(LAUNCHER)]
        argv += [str(os.getpid()), "0", self.argument()]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def ordinary() -> Identity:
    """Return an identity that PostgreSQL accepts: not root, and known by name."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return Identity()
    user = _somebody()
    mapped = Identity(kind="mapped", uid=user.pw_uid, gid=user.pw_gid)
    if os.geteuid() != 0 or mapped.possible():
        return mapped
    return Identity(kind="other", uid=user.pw_uid, gid=user.pw_gid)


def hand_over(directory: Path, identity: Identity) -> None:
    """Give a directory and all in it to the identity, where somebody else owns it."""
    uid, gid = identity.owner()
    if os.geteuid() != 0 or directory.stat().st_uid == uid:
        return
    for path in directory.rglob("*"):
        os.chown(path, uid, gid, follow_symlinks=False)
    # The top last: it is what the test above looks at if we are killed in between.
    os.chown(directory, uid, gid)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _somebody() -> pwd.struct_passwd:
    """Return `nobody`, or on a strange machine the last user who is not root."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        others = [user for user in pwd.getpwall() if user.pw_uid != 0]
        return max(others, key=lambda user: user.pw_uid)
