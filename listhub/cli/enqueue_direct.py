"""`listhub-enqueue` without the daemon: straight to PostgreSQL, by psycopg alone.

The same arguments, answers and exit codes; ten times as slow to start.  Nobody is
woken: that would mean importing Celery, and the workers look for themselves within
`worker.poll` seconds.
"""

import os
import socket
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from listhub import db
from listhub.cli.enqueue import Request, conclude, guarded, parse, path, read_input
from listhub.config import Settings, load
from listhub.errors import TemporaryError
from listhub.intake.accept import Incoming, accept
from listhub.intake.syntax import PathError, Reply, read_path
from listhub.lists import directory
from listhub.lists.directory import Destination, Refusal


def main(arguments: list[str]) -> int:
    """Run the program and return its exit code; says why on standard error."""
    return guarded(lambda: run(arguments))


def run(arguments: list[str]) -> None:
    """Store the mail; `Failure` unless it is committed for every recipient."""
    request = parse(arguments)
    settings = settings_for(request, os.environ)
    content = read_input(0, most=settings.intake.max_size, expected=request.size)
    try:
        replies = store(settings, request, content)
    except psycopg.Error as error:
        # Its text names hosts and users.
        raise TemporaryError("The database does not take the mail now.") from error
    conclude([(reply.code, reply.enhanced, reply.text) for reply in replies])


def settings_for(request: Request, environ: Mapping[str, str]) -> Settings:
    """Return the site's settings, or those of the system in --dir."""
    if not request.directory:
        return load(environ=environ)
    from listhub.embedded.endpoints import Endpoints, environment

    place = Path(request.directory)
    own = {key: text for key, text in environ.items() if key != "LISTHUB_CONFIG"}
    return load(
        environ={**own, **environment(Endpoints.load(place))},
        default=place / "listhub.toml",
    )


def store(settings: Settings, request: Request, content: bytes) -> list[Reply]:
    """Look up, accept and commit; return the replies that are then true."""
    try:
        reverse_path = _read(request.sender, keyword=b"FROM:")
    except PathError as error:
        return [error.reply]
    with db.connect(settings.database) as conn:
        verdicts = _verdicts(conn, request.recipients)
        known = tuple(
            (recipient, verdict)
            for recipient, verdict in verdicts
            if isinstance(verdict, Destination)
        )
        incoming = Incoming(
            content=content,
            reverse_path=reverse_path,
            recipients=known,
            via="direct",
            host=socket.gethostname(),
        )
        window = timedelta(seconds=settings.intake.retry_window)
        answers = accept(conn, [incoming], window=window)
    refused = [each for _, each in verdicts if isinstance(each, Reply)]
    return [*refused, *answers[0].replies]


def _verdicts(
    conn: "psycopg.Connection[Any]", recipients: list[str]
) -> list[tuple[str, Destination | Reply]]:
    read: dict[str, str | Reply] = {}
    for recipient in recipients:
        try:
            read[recipient] = _read(recipient, keyword=b"TO:")
        except PathError as error:
            read[recipient] = error.reply
    addresses = [each for each in read.values() if isinstance(each, str)]
    found = directory.find(conn, addresses)
    return [
        (recipient, each) if isinstance(each, Reply) else (each, _reply(found[each]))
        for recipient, each in read.items()
    ]


def _reply(verdict: Destination | Refusal) -> Destination | Reply:
    if isinstance(verdict, Destination):
        return verdict
    return Reply(code=verdict.code, enhanced=verdict.enhanced, text=verdict.text)


def _read(address: str, *, keyword: bytes) -> str:
    """Read an address as the daemon would; PathError if it is none."""
    return read_path(keyword + b"<" + path(address) + b">", keyword=keyword).address


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
