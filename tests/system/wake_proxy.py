"""A proxy in front of Valkey that drops some wake-ups and doubles others.

It understands as much of RESP as clients send: arrays of bulk strings.  A wake-up is an
LPUSH on the queue of a pool; all else passes as it is.
"""

import asyncio
import random
import socket
import threading
from collections.abc import Sequence
from contextlib import closing

_PUSHES = {b"LPUSH", b"RPUSH"}


class WakeProxy:
    """Runs in a thread of its own between `start` and `stop`."""

    def __init__(
        self,
        upstream: int,
        *,
        queues: Sequence[str],
        seed: int,
        drop: float,
        double: float,
    ) -> None:
        """`upstream` is Valkey's port; `drop` and `double` are shares of the wakes."""
        self._upstream = upstream
        self._queues = {queue.encode() for queue in queues}
        self._random = random.Random(seed)
        self._drop, self._double = drop, double
        self.passed = self.dropped = self.doubled = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wakes")
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port: int = free.getsockname()[1]

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        """End every connection and the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        ends: list[asyncio.StreamWriter] = [writer]
        try:
            above, below = await asyncio.open_connection("127.0.0.1", self._upstream)
            ends.append(below)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(above, writer))
                both.create_task(self._commands(reader, writer, below))
        except* (OSError, EOFError):
            pass
        finally:
            for end in ends:
                end.close()

    async def _commands(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        below: asyncio.StreamWriter,
    ) -> None:
        while True:
            words, raw = await _command(reader)
            if words[0].upper() not in _PUSHES or words[1] not in self._queues:
                below.write(raw)
                continue
            what = self._random.random()
            if what < self._drop:
                self.dropped += 1
                # Publishing is one command at a time: no reply is owed before ours.
                writer.write(b":1\r\n")
            elif what < self._drop + self._double:
                self.doubled += 1
                # The list's content twice in one push: one command, one reply.
                below.write(_encode([*words, *words[2:]]))
            else:
                self.passed += 1
                below.write(raw)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
    raise EOFError


async def _command(reader: asyncio.StreamReader) -> tuple[list[bytes], bytes]:
    first = await reader.readline()
    if not first.startswith(b"*"):
        raise EOFError
    words, raw = [], [first]
    for _ in range(int(first[1:])):
        size = await reader.readline()
        word = await reader.readexactly(int(size[1:]) + 2)
        raw += [size, word]
        words.append(word[:-2])
    return words, b"".join(raw)


def _encode(words: Sequence[bytes]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%b\r\n" % (len(word), word) for word in words
    )
