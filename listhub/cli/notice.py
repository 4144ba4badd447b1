"""`listhub notice`: look at the mail that the system writes by itself.

Everything here is rendered with sample values; nothing is sent and no database asked.
"""

from pathlib import Path
from typing import Any

import click

from listhub.cli.context import Context, json_option, pass_context
from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.i18n.languages import LANGUAGES, SOURCE
from listhub.lists.notices import sample
from listhub.lists.notices.catalogue import NOTICES, by_name
from listhub.lists.notices.notice import Notice

_language = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=SOURCE,
    show_default=True,
    help="The language to write in.",
)


@click.group()
def notice() -> None:
    """Look at the mail that the system writes by itself."""


@notice.command("ls")
@json_option
@pass_context
def ls(context: Context) -> None:
    """List the notices: who gets each, and when."""
    rows = [(each.name, each.audience, each.status, each.about) for each in NOTICES]
    context.table(rows, ["name", "to", "status", "when"])


@notice.command("show")
@click.argument("name")
@_language
@click.option("--html", is_flag=True, help="Print the HTML instead of the text.")
@click.option("--source", is_flag=True, help="Print the whole message as it is sent.")
@pass_context
def show(
    context: Context, name: str, *, language: str, html: bool, source: bool
) -> None:
    """Print the notice NAME with sample values."""
    found = _find(name)
    if source:
        click.echo(sample.mail(found, language=language), nl=False)
        return
    words = sample.words(found, language=language)
    if html and not words.html:
        raise UsageError(f"The notice {found.name} has no HTML: its text says it all.")
    if context.as_json:
        context.document(words)
    elif html:
        click.echo(words.html)
    else:
        click.echo(f"Subject: {words.subject}\n\n{words.text}", nl=False)


@notice.command("write")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@pass_context
def write(context: Context, directory: Path) -> None:
    """Write every notice in every language into DIRECTORY, to look at."""
    directory.mkdir(parents=True, exist_ok=True)
    files = 0
    for each in NOTICES:
        for language in LANGUAGES:
            words = sample.words(each, language=language)
            stem = f"{each.name}.{language}"
            text = f"Subject: {words.subject}\n\n{words.text}"
            (directory / f"{stem}.txt").write_text(text, "utf-8")
            (directory / f"{stem}.eml").write_bytes(
                sample.mail(each, language=language)
            )
            files += 2
            if words.html:
                (directory / f"{stem}.html").write_text(words.html, "utf-8")
                files += 1
    context.result(
        f"{files} files written into {directory}.", files=files, directory=directory
    )


def _find(name: str) -> Notice[Any]:
    found = by_name(name)
    if found is None:
        names = [each.name for each in NOTICES]
        raise UsageError(
            f"There is no notice {shown(name)}; did you mean {nearest(name, names)}?"
            " `listhub notice ls` lists them."
        )
    return found
