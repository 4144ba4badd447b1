"""Write docs/reference/settings.md and cli.md from the code that they describe.

    python -m listhub.cli.reference --write

A test compares the files with what this module makes of the code of the day.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from listhub.cli.main import listhub
from listhub.config import Spec, specs, toml
from listhub.config.fields import allowed
from listhub.config.reading import SECTIONS, variable
from listhub.lists.settings import SPECS

COMMAND = "python -m listhub.cli.reference --write"
DIRECTORY = Path(__file__).resolve().parents[2] / "docs" / "reference"

_SETTINGS = """\
# Settings

Made from the code by `{command}`; change the code, not this file.

## The settings of a site

They are read once, when a process starts, from three places; later ones win:

1. the defaults below;
2. the file: `--config FILE`, else `$LISTHUB_CONFIG`, else `/etc/listhub/listhub.toml`
   if it exists;
3. the environment: `LISTHUB_SECTION__KEY`, for example `LISTHUB_SPOOL__LEASE=60`. A
   list is written as JSON or with commas, a table as JSON or as `name=1,other=2`.

`listhub config check` says whether they are right, `listhub config show --effective`
where each one came from. Passwords and secrets are never shown.
"""

_LIST_SETTINGS = """\
## The settings of lists

They stand in the database, on levels; later ones win: the defaults below, the site,
the list's domain, the list. `listhub config set --list ADDRESS KEY=VALUE` changes a
level and keeps what it was before: `listhub config history --list ADDRESS`.
"""

_CLI = """\
# The command line

Made from the code by `{command}`; change the code, not this file.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | it cannot be done; the sentence on standard error says why |
| 64 | a wrong argument, setting or input file |
| 70 | an internal error: a mistake in ListHub |
| 75 | try again later, for instance when the database does not answer |
| 130 | interrupted (Ctrl-C) |
| 141 | whoever read the output has gone (`listhub … \\| head`) |
"""


def main(words: Sequence[str]) -> int:
    """Write the files, or say how; the entry point of the module."""
    if list(words) != ["--write"]:
        print(f"usage: {COMMAND}", file=sys.stderr)
        return 64
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (DIRECTORY / name).write_text(text, "utf-8")
    return 0


def pages() -> Mapping[str, str]:
    """Return the text of each generated page of docs/reference, by file name."""
    return {"settings.md": settings_page(), "cli.md": cli_page()}


def settings_page() -> str:
    """Return the page of all settings, of the site and of lists."""
    parts = [_SETTINGS.format(command=COMMAND)]
    for section, cls in SECTIONS.items():
        parts.append(f"### [{section}]\n\n{(cls.__doc__ or '').strip()}\n")
        parts.extend(
            _entry(f"{section}.{key}", spec, variable(section, key))
            for key, spec in specs(cls).items()
        )
    parts.append(_LIST_SETTINGS)
    parts.extend(_entry(key, spec, "") for key, spec in SPECS.items())
    return "\n".join(parts)


def _entry(name: str, spec: Spec, environment: str) -> str:
    lines = [
        f"#### {name}\n",
        f"{spec.rule.about}\n",
        f"- default: `{toml.written(spec.default)}`",
        f"- allowed: {allowed(spec).removesuffix(',')}",
    ]
    # For numbers the unit stands in what is allowed.
    if spec.rule.choices and spec.rule.unit:
        lines.append(f"- unit: {spec.rule.unit}")
    if environment:
        lines.append(f"- environment: `{environment}`")
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """Return the page of all commands, in the order of the table."""
    parts = [_CLI.format(command=COMMAND)]
    parts += [
        _command(context, level=max(level, 2))
        for context, level in _tree(listhub, "listhub", parent=None, level=1)
    ]
    return "\n".join(parts)


def _tree(
    command: click.Command, name: str, *, parent: click.Context | None, level: int
) -> Iterator[tuple[click.Context, int]]:
    """Yield a command and all below it, each with its depth, as --help lists them."""
    context = click.Context(command, info_name=name, parent=parent)
    yield context, level
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None and not found.hidden:
                yield from _tree(found, child, parent=context, level=level + 1)


def _command(context: click.Context, *, level: int) -> str:
    command = context.command
    usage = " ".join(command.collect_usage_pieces(context))
    paragraphs = "\n\n".join(_paragraphs(command.help or ""))
    return (
        f"{'#' * level} {context.command_path}\n\n{paragraphs}\n\n"
        f"`{context.command_path} {usage}`\n{_options(context)}"
    )


def _paragraphs(text: str) -> Iterable[str]:
    cleaned = "\n".join(line.strip() for line in text.strip().splitlines())
    return (" ".join(part.split()) for part in cleaned.split("\n\n"))


def _options(context: click.Context) -> str:
    records = [
        record
        for parameter in context.command.get_params(context)
        if "--help" not in parameter.opts
        and (record := parameter.get_help_record(context)) is not None
        and record[1]
    ]
    if not records:
        return ""
    rows = (f"| `{_cell(left)}` | {_cell(right)} |" for left, right in records)
    return "\n".join(("", "| option | meaning |", "|---|---|", *rows, ""))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
