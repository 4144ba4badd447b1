"""Through a real Postfix that makes the reverse-paths (XVERP): fanout-postfix."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from listhub.embedded.private import free_port
from scripts.benches.fanout import MEMBERS, POSTS, PROCESSES, fan_out
from scripts.benches.figures import Figure, ratio
from scripts.benches.places import ROOT
from scripts.benches.processes import load_average
from scripts.benches.site import Lab, Site, site

PACKET = 100
#: Per process, 20 in all, as smtp-source has: each costs Postfix a process.
CONNECTIONS = 10
GOAL = 0.8

_MAIN = """
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {place}
maillog_file = {place}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_authorized_verp_clients = 127.0.0.1
smtpd_client_connection_count_limit = 0
smtpd_recipient_limit = 1000
default_process_limit = 120
relayhost = [127.0.0.1]:{sink}
smtp_tls_security_level = none
smtpd_tls_security_level = none
alias_maps =
alias_database =
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def postfix(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Fan out to Postfix beside what smtp-source brings through the same one."""
    missing = [name for name in ("postfix", "smtp-source") if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        why = f"{', '.join(missing)} is not installed" if missing else "it needs root"
        return [Figure(workload="fanout-postfix", note=f"not run: {why}")]
    members = max(int(MEMBERS * scale), 100)
    rates, limits, bare = [], [], []
    port = free_port()
    environment = {
        "LISTHUB_DELIVERY__RELAYS": f"smtp://127.0.0.1:{port}?tls=none",
        "LISTHUB_DELIVERY__CONNECTIONS": str(CONNECTIONS),
    }
    with contextlib.ExitStack() as running_:
        # The sink is made first: Postfix must know where it is.
        running = running_.enter_context(
            site(lab, workers=False, environment=environment)
        )
        running_.enter_context(_postfix(port, running.sink.port))
        running.start("worker", "worker")
        running.warm_up()
        address = running.make_list("fan", members)
        running.analyze()
        copies = members * POSTS
        for _ in range(runs):
            limits.append(copies / _through(running, _source(port, copies), copies))
            bare.append(copies / _through(running, _client(port, copies), copies))
            rates.append(copies / _fanned(running, address, members))
    return [
        Figure(
            workload="fanout-postfix",
            unit="copies/s",
            rates=rates,
            limits=limits,
            goal=f"ratio >= {GOAL}",
            met=ratio(rates, limits) >= GOAL,
            note=f"{members:,} members x {POSTS}, {PACKET} per transaction; the limit"
            f" is smtp-source without VERP.  Our client alone with XVERP:"
            f" ratio {ratio(rates, bare):.2f}; load average {load_average()}",
        )
    ]


def _fanned(running: Site, address: str, members: int) -> float:
    before = running.sink.totals()["recipients"]
    start = time.monotonic()
    fan_out(running, address, members, arrived=False)
    _arrived(running, before + members * POSTS)
    return time.monotonic() - start


def _through(running: Site, argv: list[str], copies: int) -> float:
    """Return the seconds until all that a program sends has reached the sink."""
    before = running.sink.totals()["recipients"]
    start = time.monotonic()
    subprocess.run(
        argv,
        check=True,
        stdout=subprocess.DEVNULL,
        env=running.environment,
        timeout=600,
    )
    _arrived(running, before + copies)
    return time.monotonic() - start


def _arrived(running: Site, copies: int) -> None:
    ends = time.monotonic() + 600
    while running.sink.totals()["recipients"] < copies:
        if time.monotonic() > ends:
            raise RuntimeError("Postfix did not pass everything on")
        time.sleep(0.1)


def _source(port: int, copies: int) -> list[str]:
    each = min(PACKET, copies)
    argv = [
        "smtp-source",
        "-s",
        str(PROCESSES * CONNECTIONS),
        "-l",
        "10240",
        "-r",
        str(each),
    ]
    argv += ["-m", str(copies // each), "-f", "a@bench.example", "-t", "b@d1.example"]
    return [*argv, f"127.0.0.1:{port}"]


def _client(port: int, copies: int) -> list[str]:
    each = min(PACKET, copies)
    argv = [sys.executable, str(ROOT / "scripts" / "bench_client.py"), "--xverp"]
    argv += ["--port", str(port), "--processes", str(PROCESSES)]
    argv += ["--connections", str(CONNECTIONS), "--recipients", str(each)]
    return [*argv, "--transactions", str(copies // each)]


@contextlib.contextmanager
def _postfix(port: int, sink: int) -> Iterator[None]:
    """Run a Postfix with configuration and queue of its own."""
    # Its user must be able to walk here, so not below a private directory.
    place = Path(tempfile.mkdtemp(prefix="listhub-postfix-"))
    place.chmod(0o755)
    config = place / "config"
    for directory in (config, place / "queue", place / "data"):
        directory.mkdir()
    shutil.chown(place / "data", "postfix")
    (config / "main.cf").write_text(_MAIN.format(place=place, sink=sink))
    (config / "master.cf").write_text(_MASTER.format(port=port))
    try:
        _control(config, "start")
        yield
    finally:
        _control(config, "stop")
        shutil.rmtree(place, ignore_errors=True)


def _control(config: Path, word: str) -> None:
    run = subprocess.run(
        ["postfix", "-c", str(config), word],
        capture_output=True,
        timeout=60,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"postfix {word}: {json.dumps(run.stderr.decode())}")
