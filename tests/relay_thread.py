"""A scripted relay in a thread of its own, for code that brings its own loop."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.smtp_server import Script, ScriptedRelay


@contextmanager
def relay_in_thread(script: Script | None = None) -> Iterator[ScriptedRelay]:
    """Run a scripted relay until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    relay = ScriptedRelay(script)
    try:
        asyncio.run_coroutine_threadsafe(relay.__aenter__(), loop).result(10)
        yield relay
        ending = relay.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(ending, loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
