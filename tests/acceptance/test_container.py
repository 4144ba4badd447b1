"""The image, really built and run; compose.yaml, read by a real Compose.

What the tests run and what they only read is told in docs/howto/containers.md.
"""

import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
import yaml

import listhub
from listhub.embedded.broker import ValkeyServer
from listhub.embedded.caught import INDEX, Transaction, caught
from listhub.stages.pools import POOLS
from tests.containers import (
    PACKAGES,
    ROOT,
    Podman,
    apt_source,
    fast_place,
    need,
    pip_settings,
)
from tests.servers import SharedPostgres

T = TypeVar("T")

# The first of the image's tests makes a Debian and installs into it, for minutes.
pytestmark = pytest.mark.timeout(900)

SECRETS = {
    "LISTHUB_DATABASE_PASSWORD": "database-word",
    "LISTHUB_BROKER_PASSWORD": "broker-word",
    "LISTHUB_SECRET": "0" * 64,
}


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    """Yield Podman with an empty store, and remove the store."""
    need("podman", "catatonit", "debootstrap", "unshare", "apt-get")
    if os.geteuid() != 0:
        pytest.skip("making a root file system and building an image need root")
    store = Path(tempfile.mkdtemp(prefix="listhub-podman-", dir=fast_place()))
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


POST = b"""From: ann@example.org\r
To: news@lists.example.org\r
Subject: through containers\r
Message-ID: <containers@example.org>\r
\r
Hello.\r
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def eventually(probe: Callable[[], T | None], what: str) -> T:
    """Return the first answer of the probe that is something, within a minute."""
    deadline = time.monotonic() + 60
    while (answer := probe()) is None:
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.1)  # sleep: the other side is a process in a container
    return answer


def lmtp(port: int) -> smtplib.LMTP | None:
    try:
        return smtplib.LMTP("127.0.0.1", port)
    except OSError:
        return None


def test_a_post_goes_through_containers(
    image: Podman, database_url: str, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Intake, workers, web and catcher, a container each, bring a post to its members."""
    ports = {name: free_port() for name in ("intake", "web", "catcher")}
    settings = {
        "DATABASE__URL": database_url,
        "BROKER__URL": valkey.url,
        "SITE__SECRET": SECRETS["LISTHUB_SECRET"],
        "DELIVERY__RELAYS": f"smtp://127.0.0.1:{ports['catcher']}?tls=none",
        "INTAKE__PORT": str(ports["intake"]),
        "INTAKE__SOCKET": "",
        "WEB__PORT": str(ports["web"]),
    }
    options = [f"--env=LISTHUB_{name}={value}" for name, value in settings.items()]
    for words in (
        "domain add lists.example.org",
        "list create news@lists.example.org --owner ann@example.org",
        "member add news@lists.example.org bob@example.org eve@example.org",
    ):
        done = image.listhub(*words.split(), options=options)
        assert done.returncode == 0, done.stderr
    tmp_path.chmod(0o777)
    catcher = ["-m", "listhub.embedded.catcher", "--port", str(ports["catcher"])]
    volume = ["--entrypoint=python", f"--volume={tmp_path}:/var/lib/listhub"]

    with (
        image.role(*catcher, "--dir", "/var/lib/listhub/caught", options=volume),
        image.role("intake", options=options),
        image.role("worker", options=options),
        image.role("web", options=options),
    ):
        with eventually(lambda: lmtp(ports["intake"]), "intake") as client:
            client.sendmail("ann@example.org", "news@lists.example.org", POST)
        posts = eventually(lambda: all_caught(tmp_path / "caught", 2), "the post")

    assert {one for post in posts for one in post.recipients} == {
        *("bob@example.org", "eve@example.org")
    }
    assert {post.list_id for post in posts} == {"<news.lists.example.org>"}


def all_caught(directory: Path, count: int) -> list[Transaction] | None:
    """Return what was caught once it went to that many recipients."""
    if not (directory / INDEX).exists():
        return None
    found = list(caught(directory))
    return found if sum(len(one.recipients) for one in found) == count else None
