"""The last step before a child's own program: tie it to us, and be nobody if asked.

Run as a file, `python -I -S launch.py PARENT SIGNAL IDENTITY PROGRAM ARGUMENT...`, so
that nothing of this happens between fork and exec of a process with threads:

- the kernel sends SIGNAL to the program when PARENT dies, even by kill -9;
- IDENTITY says who the program is: `same`; `mapped:UID:GID`, our own user under
  another number (a user namespace), for programs that refuse to be root; or
  `other:UID:GID`, really that user, for where namespaces are forbidden (containers).

Without PROGRAM nothing is started: the exit status says whether IDENTITY is possible.
Standard library only.
"""

import ctypes
import os
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CLONE_NEWUSER = 0x10000000
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2

EXIT_IDENTITY = 125
EXIT_ORPHAN = 124


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _map(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Show our own user and group to the program as uid and gid."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _check(libc.unshare(_CLONE_NEWUSER), "unshare")
    own = Path("/proc/self")
    # Bytes, as codecs are loaded late, from where we may no longer be let in.
    # user_namespaces(7): one's own group may be mapped once setgroups is given up.
    (own / "setgroups").write_bytes(b"deny")
    (own / "uid_map").write_bytes(b"%d %d 1" % (uid, outer_uid))
    (own / "gid_map").write_bytes(b"%d %d 1" % (gid, outer_gid))


def _permitted() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def _become(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Become another user who may still walk to our files, wherever they lie.

    Programs and data are often below a directory that only root may enter (/root):
    one capability to pass through is kept, and all others are dropped.
    """
    permitted = _permitted()
    wanted = [
        number
        for number in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE)
        if permitted & (1 << number)
    ][:1]
    _check(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    mask = sum(1 << number for number in wanted)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    _check(libc.capset(header, sets), "capset")
    for number in wanted:
        _check(
            libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, number, 0, 0), "prctl"
        )


def _take_identity(libc: ctypes.CDLL, identity: str) -> None:
    kind, _, numbers = identity.partition(":")
    if kind == "same":
        return
    uid, gid = (int(number) for number in numbers.split(":"))
    if kind == "mapped":
        _map(libc, uid, gid)
    else:
        _become(libc, uid, gid)


def main(argv: list[str]) -> int:  # noqa: RET503  exec does not return
    """Take the identity, tie our life to the parent's, and become the program."""
    parent, signal, identity, *program = argv
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _take_identity(libc, identity)
    except OSError as error:
        sys.stderr.write(f"launch: cannot be {identity}: {error}\n")
        return EXIT_IDENTITY
    if not program:
        return 0
    # After the identity: changing it clears the death signal, prctl(2).
    if sys.platform == "linux":
        _check(libc.prctl(_PR_SET_PDEATHSIG, int(signal), 0, 0, 0), "prctl")
    if os.getppid() != int(parent):
        return EXIT_ORPHAN  # it died before we asked to be told
    os.execv(program[0], program)  # noqa: S606  no shell: that is the point


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
