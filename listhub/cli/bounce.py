"""`listhub bounce`: what comes back from the lists' mail.

Its commands about members are in `bouncers`.
"""

from typing import Any

import click

from listhub.cli import bouncers
from listhub.cli.context import Context, json_option, pass_context
from listhub.mail.bounce.anatomy import READ_LIMIT
from listhub.mail.bounce.recognise import recognise
from listhub.mail.bounce.report import Recognised, Reported


@click.group(commands=list(bouncers.COMMANDS), short_help="Look at what comes back.")
def bounce() -> None:
    """Look at what comes back from the lists' mail."""


@bounce.command()
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
)
@json_option
@pass_context
def inspect(context: Context, *, files: tuple[str, ...]) -> None:
    """Print what is recognised in the mail in each FILE (- is standard input).

    No database is asked, and nothing is written down.  With --json and several files
    it is a list, each with the name of its `file`.
    """
    found = [(name, _read(name)) for name in files]
    if context.as_json:
        documents = [{"file": name, **document(each)} for name, each in found]
        context.document(document(found[0][1]) if len(found) == 1 else documents)
        return
    for name, each in found:
        if len(found) > 1:
            context.text(f"{name}:")
        _explain(context, each)


def document(found: Recognised) -> dict[str, Any]:
    """Return what was recognised as it stands in JSON."""
    return {
        "kind": found.kind,
        "recipients": [
            {
                "address": one.address,
                "action": one.action,
                "status": one.status,
                "class": one.failure_class,
                "diagnostic": one.diagnostic,
                "detector": one.detector,
            }
            for one in found.recipients
        ],
    }


def _read(name: str) -> Recognised:
    with click.open_file(name, "rb") as file:
        return recognise(file.read(READ_LIMIT))


def _explain(context: Context, found: Recognised) -> None:
    context.text(f"{found.kind} ({found.reason})")
    for one in found.recipients:
        context.text(f"  {_sentence(one)}")
    original = found.original
    for label, values in (
        ("message", [original.message_id]),
        ("list", [original.list_id]),
        ("reverse-path", original.reverse_paths),
        ("one-click token", original.one_click),
        ("feedback id", original.feedback_ids),
    ):
        for value in filter(None, values):
            context.text(f"  {label}: {value}")


def _sentence(one: Reported) -> str:
    words = [one.address or "(no address)", one.action, one.status, one.failure_class]
    sentence = " ".join(filter(None, words))
    return f"{sentence}: {one.diagnostic}" if one.diagnostic else sentence
