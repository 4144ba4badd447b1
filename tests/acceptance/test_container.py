"""The image, really built and run; compose.yaml, read by a real Compose.

The base image comes from Debian's packages by debootstrap, from wherever this
machine's apt gets them; the libraries from wherever its pip does.  No host is named
here or in the image.
"""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

import listhub
from listhub.stages.table import POOLS
from tests.servers import SharedPostgres

# The first of the image's tests makes a Debian and installs into it, for minutes.
pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]
SECRETS = {
    "LISTHUB_DATABASE_PASSWORD": "database-word",
    "LISTHUB_BROKER_PASSWORD": "broker-word",
    "LISTHUB_SECRET": "0" * 64,
}

#: What the base image holds beside a minimal Debian.
PACKAGES = "python3,python3-venv,ca-certificates"

#: Of pip's settings, those that say how packages are reached.
PLACES = {"index-url", "extra-index-url", "find-links"}
REACH = PLACES | {"cert", "client-cert", "proxy", "trusted-host", "timeout"}

#: crun refuses a host that mounts both versions of cgroups, as sandboxes do: in a
#: mount namespace of our own the second is taken away, for this command only.
ALONE = "umount /sys/fs/cgroup/unified 2>/dev/null; exec podman --root"


def need(*programs: str) -> None:
    """Skip where a program is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: scripts/packages installs it as root")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Podman:
    """Podman with a store of its own, nothing of which outlives the tests."""

    store: Path
    #: How layers are kept: overlay; vfs, which copies them, where it must be.
    driver: str

    def __call__(self, *arguments: str) -> str:
        """Run podman and return what it printed; fail with its words if it does."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["unshare", "--mount", "sh", "-c", f'{ALONE} "$@"', "podman"]
        place = [f"{self.store}/root", "--runroot", f"{self.store}/run"]
        drivers = ["--storage-driver", self.driver, "--cgroup-manager", "cgroupfs"]
        return subprocess.run(
            [*command, *place, *drivers, "--events-backend", "file", *arguments],
            capture_output=True,
            text=True,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            timeout=400,
            check=False,
        )

    def listhub(
        self, *arguments: str, options: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run the image as compose.yaml does: read-only and without privileges."""
        shut = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"]
        # Limits below the host's: raising them is what a sandbox forbids.
        limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"]
        place = ["--network=host", "--cgroups=disabled"]
        return self.run(
            *["run", "--rm", *shut, *limits, *place, *options],
            *["localhost/listhub", *arguments],
        )


def apt_source() -> tuple[str, str]:
    """Return the URL and the release that this machine's apt installs Debian from."""
    words = "$(ORIGIN) $(COMPONENT) $(CODENAME) $(SITE)"
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", words],
        capture_output=True,
        text=True,
        check=True,
    )
    source = re.search(r"(?m)^Debian main ([a-z]+) (\S+)$", found.stdout)
    if source is None:
        pytest.skip("needs an apt that installs Debian's own packages")
    return source[2], source[1]


def pip_settings(directory: Path) -> list[str]:
    """Return what shows this machine's pip settings to a build, as podman's options.

    Certificates are shown at the same place; packages kept on this machine are not:
    the build takes them from the index.
    """
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=True,
    )
    values: dict[str, str] = {}
    for key, value in re.findall(r"(?m)^\S+\.([a-z-]+)='(.*)'$", listing.stdout):
        local = key in PLACES and re.match(r"file:|/", value)
        if key in REACH and not local:
            values.setdefault(key, value)
    config = directory / "pip.conf"
    lines = [f"{key} = {value}" for key, value in values.items()]
    config.write_text("\n".join(["[global]", *lines, ""]))
    certificates = [values[key] for key in ("cert", "client-cert") if key in values]
    return [
        f"--volume={config}:/etc/pip.conf:ro",
        *(f"--volume={path}:{path}:ro" for path in certificates),
    ]


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    """Yield Podman with an empty store, and remove the store."""
    need("podman", "buildah", "debootstrap", "unshare", "apt-get")
    if os.geteuid() != 0:
        pytest.skip("making a root file system and building an image need root")
    store = Path(tempfile.mkdtemp(prefix="listhub-podman-"))
    tools = [Podman(store=store / name, driver=name) for name in ("overlay", "vfs")]
    yield next(tool for tool in tools if tool.run("info").returncode == 0)
    shutil.rmtree(store)


@pytest.fixture(scope="module")
def base(podman: Podman) -> str:
    """Make an image of a minimal Debian with Python and return its name."""
    site, release = apt_source()
    system = podman.store / "system"
    subprocess.run(
        [
            *("debootstrap", "--variant=minbase", f"--include={PACKAGES}"),
            *(release, system, site),
        ],
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=400,
    )
    archive = podman.store / "system.tar"
    subprocess.run(["tar", "-C", system, "-cf", archive, "."], check=True)
    shutil.rmtree(system)
    name = "localhost/listhub-base"
    podman("import", "--quiet", str(archive), name)
    archive.unlink()
    return name


@pytest.fixture(scope="module")
def image(podman: Podman, base: str) -> Podman:
    """Build Containerfile on that base."""
    podman(
        *["build", "--isolation=chroot", "--layers=false", "--pull=never"],
        *["--build-arg", f"BASE={base}", *pip_settings(podman.store)],
        *["--tag", "localhost/listhub", "--file", "Containerfile", "."],
    )
    return podman


def compose(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Have podman-compose read compose.yaml, with only these variables set."""
    need("podman")
    program = Path(sys.executable).with_name("podman-compose")
    return subprocess.run(
        [program, "--file", "compose.yaml", "config"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        check=False,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """Return the services of compose.yaml as podman-compose understands them."""
    done = compose(SECRETS)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


def test_compose_has_every_room(services: dict[str, Any]) -> None:
    """Each pool has a service of its own, and no service serves an unknown pool."""
    workers = {
        name: service["command"]
        for name, service in services.items()
        if service.get("command", [""])[0] == "worker"
    }

    assert workers == {f"worker-{pool}": ["worker", "--pools", pool] for pool in POOLS}
    assert services.keys() - workers.keys() == {
        *("db", "broker", "migrate", "intake", "web", "catcher")
    }


def test_compose_waits_for_the_schema(services: dict[str, Any]) -> None:
    """Nothing that uses the database starts before the migrations are done."""
    waiting = {
        name
        for name, service in services.items()
        if (service.get("depends_on") or {}).get("migrate")
        == {"condition": "service_completed_successfully"}
    }

    assert waiting == {"intake", "web", *(f"worker-{pool}" for pool in POOLS)}


def test_compose_starts_again_what_ends(services: dict[str, Any]) -> None:
    """A service that dies comes back; the migrations run until they succeeded once."""
    policies = {name: service["restart"] for name, service in services.items()}

    assert policies.pop("migrate") == "on-failure"
    assert set(policies.values()) == {"unless-stopped"}


@pytest.mark.parametrize("name", SECRETS)
def test_compose_wants_its_secrets(name: str) -> None:
    """Without a secret nothing starts: no password has a default."""
    done = compose({key: value for key, value in SECRETS.items() if key != name})

    assert done.returncode != 0
    assert f"{name} is missing a value: set it in .env" in done.stderr


def test_image_runs_the_command(image: Podman) -> None:
    """The image's entry point is `listhub`, of this version."""
    done = image.listhub("--version")

    assert (done.stdout, done.stderr) == (f"listhub {listhub.__version__}\n", "")


def test_image_needs_no_privilege(image: Podman) -> None:
    """Every role runs as a user that is not root and can write to its data only."""
    code = "import os; print(os.getuid(), os.access('/var/lib/listhub', os.W_OK))"
    done = image.listhub(
        "-c", code, options=["--entrypoint=python", "--volume=/var/lib/listhub"]
    )

    assert done.stdout == "10001 True\n", done.stderr


def test_image_holds_only_what_runs(image: Podman) -> None:
    """No test tool, compiler or installer is in the image; the migrations are."""
    code = (
        "import importlib.util as u; from listhub.db import migrations_directory as d;"
        "print([n for n in ('pytest', 'ruff', 'setuptools', 'pip') if u.find_spec(n)],"
        " (d() / 'env.py').exists(), any((d() / 'versions').glob('0001_*.py')))"
    )
    done = image.listhub("-c", code, options=["--entrypoint=python"])

    assert done.stdout == "[] True True\n", done.stderr


def test_image_has_the_pipe_program(image: Podman) -> None:
    """The MTA's pipe program starts in the image and asks for its recipient."""
    done = image.listhub(options=["--entrypoint=listhub-enqueue"])

    assert done.returncode == 64, done.stderr


def test_image_brings_the_schema_up_to_date(
    image: Podman, postgres_server: SharedPostgres
) -> None:
    """`listhub db upgrade` in the image makes the schema, and does no harm twice."""
    url = postgres_server.create_database("container")
    setting = f"--env=LISTHUB_DATABASE__URL={url}"
    done = [image.listhub("db", "upgrade", options=[setting]) for _ in range(2)]

    assert [one.returncode for one in done] == [0, 0], done
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM spool_item").fetchone() == (0,)
    postgres_server.drop_database("container")
