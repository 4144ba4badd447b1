"""A clamd that knows one virus, on a socket of its own; it speaks the real protocol."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from typing_extensions import override

#: What it calls a virus; real signatures would alarm the scanners of developers.
VIRUS = b"THIS-IS-THE-TEST-VIRUS"
LIMIT = 2_000_000

Mood = Literal["well", "silent", "gone", "garbled", "endless"]


@contextlib.contextmanager
def scanning(socket: Path | None = None, *, mood: Mood = "well") -> Iterator[str]:
    """Scan on a Unix socket, or on a port, and give the setting that names it."""

    class Handler(_Handler):
        @override
        def handle(self) -> None:
            self.scan(mood)

    server: socketserver.ThreadingUnixStreamServer | socketserver.ThreadingTCPServer
    if socket:
        server = socketserver.ThreadingUnixStreamServer(str(socket), Handler)
        where = f"unix:{socket}"
    else:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        where = f"tcp://127.0.0.1:{server.server_address[1]}"
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield where
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(socketserver.StreamRequestHandler):
    def scan(self, mood: Mood) -> None:
        if mood == "gone":
            return
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        found = self._stream()
        if mood == "silent":
            self.rfile.read()  # until the other side has had enough
        elif mood == "garbled":
            self.wfile.write(b"\xff\xfe\x01 nonsense\0")
        elif mood == "endless":
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"x" * 1000)
        else:
            self.wfile.write(found)

    def _stream(self) -> bytes:
        data = bytearray()
        while size := int.from_bytes(self.rfile.read(4), "big"):
            if len(data) + size > LIMIT:
                return b"INSTREAM size limit exceeded. ERROR\0"
            data += self.rfile.read(size)
        if VIRUS in data:
            return b"stream: Test.Virus FOUND\0"
        return b"stream: OK\0"

    @override
    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
