"""Fixtures for every ring of tests: unit, db, spool, acceptance.

unit        nothing from here; they may not even open a connection
db          `session`, `connection`, `driver`: one transaction, rolled back
spool       `database_url`: a database of its own, real commits, many connections
acceptance  `database_url`, `own_postgres`, `valkey`, `rabbit`, `catcher`: real processes
"""

import itertools
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
import sqlalchemy
from hypothesis import HealthCheck, settings as hypothesis_settings
from sqlalchemy.orm import Session

from listhub.embedded.binaries import find_rabbitmq
from listhub.embedded.broker import RabbitServer, ValkeyServer
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.relay import CatchingRelay
from listhub.errors import UsageError
from tests.servers import SETTINGS, Run, SharedPostgres, needs_postgres, worker_name

TESTS = Path(__file__).parent
RUN = pytest.StashKey[Run]()

_numbers = itertools.count(1)

# How long an example takes says something about the machine, not about the code.
hypothesis_settings.register_profile(
    "listhub", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("listhub")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin the run; all that tests write is in its directory, and goes with it."""
    inputs: dict[str, str] | None = getattr(config, "workerinput", None)
    run = Run(Path(inputs["run"])) if inputs else Run.begin()
    config.stash[RUN] = run
    if config.option.basetemp is None:
        config.option.basetemp = str(run.directory / "tmp")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[RUN].end()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the run's directory is."""
    node.workerinput["run"] = str(node.config.stash[RUN].directory)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """Start the server in the controller, before the first test is given out."""
    if any(needs_postgres(node_id) for node_id in ids):
        node.config.stash[RUN].start_postgres()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their directory."""
    for item in items:
        ring = _ring(item.path)
        if ring in {"db", "spool", "acceptance"}:
            item.add_marker(ring)


def _ring(path: Path) -> str:
    return path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""


@pytest.fixture(autouse=True)
def _no_network_in_unit_tests(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unit tests are pure: none of them may open a connection."""

    def refuse(_socket: socket.socket, address: Any) -> NoReturn:
        pytest.fail(f"A unit test tried to connect to {address!r}.")

    if _ring(request.path) == "unit":
        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    """Return what all processes of this test run share."""
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config, run: Run) -> SharedPostgres:
    """Return the server of this run; its databases are for the taking."""
    if not hasattr(pytestconfig, "workerinput"):
        run.start_postgres()
    return run.postgres()


@pytest.fixture(scope="session")
def template_database(postgres_server: SharedPostgres, run: Run) -> str:
    """Return the name of the database to which all migrations were applied."""
    return run.template()


@pytest.fixture
def database_url(
    postgres_server: SharedPostgres, template_database: str
) -> Iterator[str]:
    """Return the URL of a new migrated database, for this test alone."""
    name = f"test_{worker_name()}_{next(_numbers)}"
    yield postgres_server.create_database(name, template=template_database)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def engine(
    postgres_server: SharedPostgres, template_database: str
) -> Iterator[sqlalchemy.Engine]:
    """Return an engine on a migrated database that no test commits to."""
    name = f"rolled_back_{worker_name()}"
    url = postgres_server.create_database(name, template=template_database)
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    )
    yield engine
    engine.dispose()
    postgres_server.drop_database(name)


@pytest.fixture
def connection(engine: sqlalchemy.Engine) -> Iterator[sqlalchemy.Connection]:
    """Return a connection in a transaction that is rolled back after the test."""
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def session(connection: sqlalchemy.Connection) -> Iterator[Session]:
    """Return a session in that transaction; its commits end savepoints only."""
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        yield session


@pytest.fixture
def driver(connection: sqlalchemy.Connection) -> psycopg.Connection[Any]:
    """Return the psycopg connection of the same transaction, for plain SQL."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


@pytest.fixture
def server_directory(run: Run) -> Path:
    """Return a new directory for this test's servers, with a path short enough."""
    return run.new_directory("servers")


@pytest.fixture
def own_postgres(server_directory: Path) -> Iterator[PostgresServer]:
    """Return a server that this test may stop, kill and start again."""
    directory = server_directory / "postgres"
    with PostgresServer(directory, settings=SETTINGS) as server:
        yield server


@pytest.fixture
def valkey(server_directory: Path) -> Iterator[ValkeyServer]:
    """Return a broker that this test may flush, stop, kill and start again."""
    with ValkeyServer(server_directory / "valkey") as server:
        yield server


@pytest.fixture(scope="session")
def _rabbit(run: Run) -> Iterator[RabbitServer]:
    try:
        find_rabbitmq()
    except UsageError as error:
        pytest.skip(error.public)
    server = RabbitServer(run.new_directory("rabbit"))
    yield server
    server.stop()


@pytest.fixture
def rabbit(_rabbit: RabbitServer) -> RabbitServer:
    """Return a running RabbitMQ; whoever stops it leaves it to the next test to start."""
    _rabbit.start()
    return _rabbit


@pytest.fixture
def catcher(server_directory: Path) -> Iterator[CatchingRelay]:
    """Return a relay that keeps what it gets; see its `transactions()`."""
    with CatchingRelay(server_directory / "catcher") as server:
        yield server
