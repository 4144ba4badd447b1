"""A private Postfix: its own configuration, queue and ports, on loopback only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from listhub.embedded.private import free_port
from listhub.embedded.process import wait_until
from listhub.embedded.server import listens

_MAIN = """
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {directory}/log/postfix.log
maillog_file_prefixes = {directory}
myhostname = mx.example
mydestination =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_authorized_verp_clients = 127.0.0.1
smtpd_recipient_restrictions = permit_mynetworks, reject
in_flow_delay = 0
minimal_backoff_time = 5s
maximal_backoff_time = 10s
queue_run_delay = 5s
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def skip_without_postfix(*, maps: Sequence[str] = ()) -> None:
    """Skip the test, with the reason, where this Postfix cannot be run."""
    if os.geteuid() != 0:
        pytest.skip("only root can run a private Postfix")
    if shutil.which("postfix", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("the Debian package postfix is not installed")
    known = _run(["/usr/sbin/postconf", "-m"]).split()
    for name in maps:
        if name not in known:
            pytest.skip(f"the Debian package postfix-{name} is not installed")


class Postfix:
    """One Postfix; use it as a context manager.  `main` and `master` add to its files."""

    def __init__(
        self, *, main: Mapping[str, str] | None = None, master: str = ""
    ) -> None:
        # Its daemons run as another user, who must be able to walk there.
        self.directory = Path(tempfile.mkdtemp(prefix="listhub-postfix-"))
        self.directory.chmod(0o755)
        self.port = free_port()
        self._main = dict(main or {})
        self._master = master

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        path = self.directory / "log" / "postfix.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def configure(self, *, main: Mapping[str, str], master: str = "") -> None:
        """Add settings and services before the start."""
        self._main |= main
        self._master += master

    def __enter__(self) -> Self:
        owner = pwd.getpwnam("postfix")
        for name in ("config", "queue", "data", "log"):
            (self.directory / name).mkdir()
        os.chown(self.directory / "data", owner.pw_uid, owner.pw_gid)
        config = self.directory / "config"
        settings = "".join(f"{name} = {value}\n" for name, value in self._main.items())
        main = _MAIN.format(directory=self.directory) + settings
        (config / "main.cf").write_text(main)
        (config / "master.cf").write_text(_MASTER.format(port=self.port) + self._master)
        # What says where map types such as pgsql are loaded from.
        for name in ("dynamicmaps.cf", "dynamicmaps.cf.d", "postfix-files"):
            (config / name).symlink_to(Path("/etc/postfix") / name)
        self._postfix("start")
        assert wait_until(lambda: listens(self.port), timeout=30), self.log
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._postfix("abort")
        shutil.rmtree(self.directory, ignore_errors=True)

    def flush(self) -> None:
        """Have deferred mail tried now."""
        self._postfix("flush")

    def _postfix(self, command: str) -> None:
        _run(["/usr/sbin/postfix", "-c", str(self.directory / "config"), command])


def _run(argv: Sequence[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
