"""`listhub scenario`: rules are checked, explained, shown and put in force."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import click

from listhub.cli import explained, own_files
from listhub.cli.context import Context, json_option, pass_context
from listhub.cli.main import EX_USAGE, FAILED
from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.policy import vectors as truth
from listhub.policy.grammar import parse
from listhub.policy.library import NAME, SCENARIOS, menu
from listhub.policy.operations import OPERATIONS
from listhub.policy.request import NOBODY, Auth
from listhub.policy.syntax import Problem, ScenarioError

_OPERATION = click.option(
    "--operation", metavar="NAME", help="What is decided, such as send or subscribe."
)
_LIST = click.option(
    "--list", "address", metavar="ADDRESS", help="As this list has it."
)


@click.group(short_help="Check, explain and change who may do what.")
def scenario() -> None:
    """Check, explain and change the rules of who may do what."""


# --- files that need no database ------------------------------------------------------


@scenario.command()
@click.argument("files", nargs=-1, required=True, type=click.File("rb"))
@json_option
@pass_context
def check(context: Context, *, files: Sequence[BinaryIO]) -> None:
    """Check the grammar of each FILE, and name every mistake with its place."""
    problems: list[Problem] = []
    for file in files:
        try:
            parse(own_files.read_text(file.read(), name=file.name), file=file.name)
        except ScenarioError as error:
            problems.extend(error.problems)
    if context.as_json:
        context.document(problems)
    else:
        context.text("\n".join(map(str, problems)) or f"{_files(len(files))}: correct.")
    if problems:
        raise click.exceptions.Exit(EX_USAGE)


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


@scenario.command()
@click.argument("file", type=click.File("rb"))
@json_option
@pass_context
def vectors(context: Context, *, file: BinaryIO) -> None:
    """Evaluate the rows of a truth table with the shipped scenarios, and compare.

    FILE is a JSON list of objects with function, scenario, auth, sender_role and more.
    """
    try:
        rows = json.loads(own_files.read_text(file.read(), name=file.name))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown(file.name)} is not JSON: {error}.") from error
    if not isinstance(rows, list):
        raise UsageError(f"{shown(file.name)} is no list of rows.")
    outcomes = truth.run(rows)
    failures = [outcome for outcome in outcomes if not outcome.passed]
    passed = len(outcomes) - len(failures)
    if context.as_json:
        found = [{**outcome.row, "got": outcome.answer} for outcome in failures]
        context.document({"passed": passed, "failed": len(failures), "failures": found})
    else:
        for outcome in failures:
            context.text(_failure(outcome))
        context.text(f"{passed} passed, {len(failures)} failed")
    if failures:
        raise click.exceptions.Exit(FAILED)


def _failure(outcome: truth.Outcome) -> str:
    expected = truth.answer_of(outcome.row)
    asked = " ".join(
        f"{key}={value}" for key, value in outcome.row.items() if key not in expected
    )
    got = _answer(outcome.answer) or "nothing"
    problem = f" ({outcome.problem})" if outcome.problem else ""
    return f"{asked}: expected {_answer(expected)}, got {got}{problem}"


def _answer(answer: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in answer.items())


# --- why ------------------------------------------------------------------------------


@scenario.command()
@click.option(
    "--list", "address", metavar="ADDRESS", help="The list that is asked about."
)
@click.option("--domain", metavar="NAME", help="The domain, if it is not about a list.")
@click.option("--operation", required=True, metavar="NAME", help="What is asked for.")
@click.option("--sender", metavar="ADDRESS", help="Who asks. [default: nobody]")
@click.option(
    "--auth",
    type=click.Choice(("smtp", "md5", "smime")),
    default="smtp",
    show_default=True,
    help="How they proved who they are.",
)
@click.option(
    "--message", type=click.File("rb"), help="The message, - for standard input."
)
@click.option("--scenario", "name", metavar="NAME", help="Instead of the one in force.")
@click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Another variable."
)
@json_option
@pass_context
def explain(
    context: Context,
    *,
    address: str | None,
    domain: str | None,
    operation: str,
    sender: str | None,
    auth: str,
    message: BinaryIO | None,
    name: str | None,
    changes: Sequence[str],
) -> None:
    """Say what would be decided, by which rule, and what each condition was."""
    from listhub.lists import catalogue, posting
    from listhub.lists.authorise import authorise
    from listhub.mail.draft import Draft
    from listhub.outside.answers import Answers

    _check_operation(operation)
    if bool(address) == bool(domain):
        raise UsageError("Say what is asked about: --list ADDRESS or --domain NAME.")
    draft = Draft.parse(message.read()) if message else None
    variables = dict(map(_variable, changes))
    with context.connection() as conn:
        found = catalogue.find_list(conn, address) if address else None
        domain_id = (
            found.domain_id if found else own_files.domain_id(conn, str(domain).lower())
        )
        decision = Answers(context.settings).settled(
            conn,
            lambda ask: authorise(
                conn,
                ask,
                operation=operation,
                scenario=name,
                list_row=posting.find_list(conn, found.id) if found else None,
                domain_id=domain_id,
                sender=sender or NOBODY,
                auth=cast("Auth", auth),
                message=draft,
                context=variables,
                settings=context.settings,
                explain=True,
            ),
        )
    if context.as_json:
        context.document(decision)
        return
    question = f"{operation} for {found.address if found else domain}"
    shown_lines = explained.lines(
        decision, question=question, sender=sender or NOBODY, auth=cast("Auth", auth)
    )
    context.text("\n".join(shown_lines))


def _variable(written: str) -> tuple[str, str]:
    key, equals, value = written.partition("=")
    if not equals or not key.strip():
        raise UsageError(
            f"{shown(written)} is not KEY=VALUE, such as email=a@b.example."
        )
    return key.strip().strip("[]"), value


def _check_operation(name: str) -> None:
    if name not in OPERATIONS:
        near = nearest(name, OPERATIONS)
        raise UsageError(f"{shown(name)} is no operation; did you mean {near}?")


# --- files in force -------------------------------------------------------------------


@scenario.command()
@_OPERATION
@_LIST
@click.option(
    "--language", default="en", show_default=True, help="The language of the titles."
)
@json_option
@pass_context
def ls(
    context: Context, *, operation: str | None, address: str | None, language: str
) -> None:
    """List the scenarios that there are to choose from, with their titles."""
    if operation:
        _check_operation(operation)
    wanted = [operation] if operation else list(OPERATIONS)
    with context.connection() as conn:
        files = own_files.db_files(conn, address=address)
        rows = [
            (f"{each}.{entry.name}", entry.source, entry.title)
            for each in wanted
            for entry in menu(files, each, language=language)
        ]
    context.table(rows, ("scenario", "from", "title"))


@scenario.command()
@click.argument("name")
@_LIST
@json_option
@pass_context
def show(context: Context, *, name: str, address: str | None) -> None:
    """Show the file of the scenario NAME, such as send.private."""
    with context.connection() as conn:
        found = own_files.read(conn, _path(name), address=address)
    if context.as_json:
        context.document(found)
    else:
        context.text(f"# {found.label}\n{found.content.rstrip()}")


@scenario.command()
@click.argument("name")
@click.argument("file", type=click.File("rb"))
@own_files.owner_options
@json_option
@pass_context
def put(
    context: Context,
    *,
    name: str,
    file: BinaryIO,
    address: str | None,
    domain: str | None,
    site: bool,
) -> None:
    """Put FILE in force as the scenario NAME; a broken one is refused."""
    text = own_files.read_text(file.read(), name=str(Path(file.name)))
    own_files.put(context, _path(name), text, address=address, domain=domain, site=site)


@scenario.command()
@click.argument("name")
@own_files.owner_options
@json_option
@pass_context
def rm(
    context: Context, *, name: str, address: str | None, domain: str | None, site: bool
) -> None:
    """Remove the scenario NAME; the one of the next level is then in force."""
    own_files.remove(context, _path(name), address=address, domain=domain, site=site)


def _path(name: str) -> str:
    """Return the path of send.private; UsageError for what is no operation's."""
    operation, dot, rest = name.partition(".")
    if not dot or not NAME.fullmatch(rest.removesuffix(":ignore")):
        raise UsageError(f"{shown(name)} is not OPERATION.NAME, such as send.private.")
    if operation != "include":
        _check_operation(operation)
    return f"{SCENARIOS}/{name}"
