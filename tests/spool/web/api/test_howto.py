"""The page on the API: its examples are run as they stand there, by curl."""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from listhub.web.app import make_app
from tests.api_client import token_for
from tests.lively import LIST, PEOPLE
from tests.rooms import Rooms

PAGE = Path(__file__).parents[4] / "docs" / "howto" / "api.md"
EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def served(site: Rooms) -> Iterator[str]:
    """Return the address of the site, served on a port of its own."""
    config = uvicorn.Config(
        make_app(site.host.settings), host="127.0.0.1", port=0, log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)  # sleep: a server in a thread gives no signal
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_examples_of_the_page_run(site: Rooms, served: str):
    """What is copied from the page works, with a token as the page makes it."""
    assert len(EXAMPLES) == 3
    token = token_for(site.host.settings, PEOPLE.owner, list_=LIST)
    for example in EXAMPLES:
        done = subprocess.run(
            ["sh", "-e"],
            input=example,
            env={"SITE": served, "TOKEN": token, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (example, done.stdout, done.stderr)
        assert done.stdout.startswith("{"), example
    [row] = site.rows(
        "SELECT count(*) AS n FROM subscription JOIN person ON person.id = person_id"
        " WHERE address = %s",
        "ann@a.example",
    )
    assert row.n == 1
