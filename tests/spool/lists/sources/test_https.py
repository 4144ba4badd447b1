"""People from a web server, over TLS and within bounds."""

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from tests.rooms import Rooms
from tests.smtp_server import make_certificate
from tests.spool.lists.sources.world import add, members, sync


class Pages(BaseHTTPRequestHandler):
    """Some pages, one of each kind."""

    def do_GET(self) -> None:
        match self.path:
            case "/staff":
                self.answer(200, b"ann@a.example Ann\nbob@b.example\n")
            case "/secret" if self.headers.get("Authorization") == "Basic bWU6cHc=":
                self.answer(200, b"eve@e.example\n")
            case "/secret":
                self.answer(401)
            case "/moved":
                self.answer(302, Location="/staff")
            case "/out":
                self.answer(302, Location=f"http://127.0.0.1:{self.port}/staff")
            case "/round":
                self.answer(302, Location="/round")
            case "/page":
                self.answer(200, b"x" * 200_000)
            case "/broken":
                self.answer(200, b"ann@a.example\n", **{"Content-Length": "9999"})
            case _:
                self.answer(404)

    @property
    def port(self) -> int:
        return int(self.connection.getsockname()[1])

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Server:
    """Where the web server is, and whom to trust."""

    url: str
    ca_file: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a web server with a certificate that nobody else trusts."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("tls"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    web = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    web.socket = tls.wrap_socket(web.socket, server_side=True)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    yield Server(
        url=f"https://127.0.0.1:{web.server_address[1]}", ca_file=str(certificate)
    )
    web.shutdown()
    thread.join()
    web.server_close()


def test_a_file_on_a_web_server_gives_people(rooms: Rooms, server: Server):
    """Also when it has moved, and with a user's name and password."""
    dev = rooms.add_list()
    trusted = {"ca_file": server.ca_file}
    add(rooms, "https", {"url": f"{server.url}/moved", **trusted})
    user = {"user": "me", "password": "pw"}
    add(rooms, "https", {"url": f"{server.url}/secret", **user, **trusted}, name="two")

    sync(rooms)

    assert members(rooms, dev) == ["ann@a.example", "bob@b.example", "eve@e.example"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/none", "the server answered 404"),
        ("/secret", "the server answered 401"),
        ("/out", "without TLS"),
        ("/round", "the server answered 302"),
        ("/page", "a line is longer than"),
        ("/broken", "the server's answer broke off"),
    ],
)
def test_what_a_server_does_wrong_is_said(
    rooms: Rooms, server: Server, path: str, said: str
):
    """Half an answer is none: nobody comes."""
    dev = rooms.add_list()
    add(rooms, "https", {"url": server.url + path, "ca_file": server.ca_file})

    assert said in sync(rooms)

    assert members(rooms, dev) == []


def test_a_certificate_that_nobody_vouches_for_is_refused(rooms: Rooms, server: Server):
    """Without its authority the server is not believed."""
    rooms.add_list()
    add(rooms, "https", {"url": f"{server.url}/staff"})

    assert "certificate" in sync(rooms)
