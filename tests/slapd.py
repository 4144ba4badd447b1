"""A real directory: OpenLDAP's slapd, on a free port of the loopback."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from listhub.embedded.private import free_port

SUFFIX = "dc=example"
ROOT = f"cn=admin,{SUFFIX}"
PASSWORD = "secret"

# sizelimit: like a directory out there, it answers no more than that at once.
_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {directory}/slapd.pid
argsfile {directory}/slapd.args
sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited
database mdb
maxsize 1073741824
directory {directory}/data
suffix {suffix}
rootdn {root}
rootpw {password}
index objectClass,uid,cn eq
dbnosync
"""
_BASE = f"""dn: {SUFFIX}
objectClass: domain
dc: example

dn: ou=people,{SUFFIX}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{SUFFIX}
objectClass: organizationalUnit
ou: groups

"""


def missing() -> str:
    """Say what is not installed here, "" if all is."""
    if find() is None:
        return "slapd is not installed"
    try:
        __import__("ldap")
    except ImportError:
        return "python-ldap is not installed"
    return ""


def find() -> str | None:
    """Return where slapd is."""
    return shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def person(uid: str, *addresses: str) -> str:
    """Return an entry of somebody, as LDIF."""
    mail = "".join(f"mail: {address}\n" for address in addresses)
    return (
        f"dn: uid={uid},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\n"
        f"uid: {uid}\ncn: Person {uid}\nsn: {uid}\n{mail}\n"
    )


def group(name: str, *uids: str) -> str:
    """Return an entry of a group by the uids of its members, as LDIF."""
    members = "".join(f"memberUid: {uid}\n" for uid in uids)
    return (
        f"dn: cn={name},ou=groups,{SUFFIX}\nobjectClass: posixGroup\n"
        f"cn: {name}\ngidNumber: 1\n{members}\n"
    )


@contextmanager
def directory(place: Path, *entries: str) -> Iterator[str]:
    """Run a directory with these entries; yield its URI."""
    slapd = find()
    assert slapd is not None
    (place / "data").mkdir(parents=True)
    config = place / "slapd.conf"
    config.write_text(
        _CONFIG.format(directory=place, suffix=SUFFIX, root=ROOT, password=PASSWORD)
    )
    ldif = place / "base.ldif"
    ldif.write_text(_BASE + "".join(entries))
    # slapadd is slapd by another name, and needs no server.
    subprocess.run(
        [slapd, "-T", "add", "-q", "-f", str(config), "-l", str(ldif)],
        check=True,
        capture_output=True,
    )
    uri = f"ldap://127.0.0.1:{free_port()}"
    words = [slapd, "-d", "0", "-f", str(config), "-h", uri]
    with subprocess.Popen(words) as server:
        try:
            _wait(uri, server)
            yield uri
        finally:
            server.terminate()


def _wait(uri: str, server: "subprocess.Popen[bytes]") -> None:
    ldap: Any = __import__("ldap")
    ends = time.monotonic() + 20
    while True:
        try:
            ldap.initialize(uri).simple_bind_s(ROOT, PASSWORD)
        except ldap.SERVER_DOWN:
            assert server.poll() is None, "slapd ended"
            assert time.monotonic() < ends, "slapd does not answer"
            time.sleep(0.05)  # sleep: it has no other sign of being ready
        else:
            return
