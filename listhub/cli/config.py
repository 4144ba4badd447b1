"""`listhub config`: show, check and change the settings of the site and of lists."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, clean, json_option, pass_context
from listhub.config import Loaded, specs, toml, verp_key
from listhub.config.fields import masked
from listhub.config.reading import SECTIONS, load_with_origins, read_file
from listhub.errors import UsageError
from listhub.lists import paging, setting_changes, settings as lists
from listhub.lists.setting_changes import Difference

F = TypeVar("F", bound=Callable[..., object])


@click.group(short_help="Show, check and change settings.")
def config() -> None:
    """Show, check and change settings: the site's and those of lists.

    The site's settings stand in listhub.toml and in the environment.  The settings
    of lists stand in the database, on three levels: --site, --domain and --list.
    """


def _level_options(command: F) -> F:
    """Let a command say which level of list settings it means."""
    command = click.option(
        "--list", "address", metavar="ADDRESS", help="The level of this list."
    )(command)
    command = click.option(
        "--domain", metavar="NAME", help="The level of this domain's lists."
    )(command)
    return click.option("--site", is_flag=True, help="The level of all lists here.")(
        command
    )


def _one_level(*, site: bool, domain: str | None, address: str | None) -> str:
    """Return the level as people call it; UsageError unless exactly one is named."""
    named = [site, domain is not None, address is not None]
    if sum(named) != 1:
        raise UsageError(
            "Which level is meant? Name one of --site, --domain NAME or --list ADDRESS."
        )
    return address or domain or "site"


# --- show and check ------------------------------------------------------------


@config.command()
@click.option("--effective", is_flag=True, help="All settings, each with its origin.")
@click.option("--list", "address", metavar="ADDRESS", help="The settings of this list.")
@json_option
@pass_context
def show(context: Context, *, effective: bool, address: str | None) -> None:
    """Show what is set, as TOML; secrets are masked."""
    if address is not None:
        _show_list(context, address, effective=effective)
    else:
        _show_site(context, effective=effective)


def _show_site(context: Context, *, effective: bool) -> None:
    rows = [row for row in _site_rows(context.loaded) if effective or row[3]]
    if context.as_json:
        document: dict[str, dict[str, object]] = {}
        for section, key, value, origin in rows:
            document.setdefault(section, {})[key] = _json_row(
                value, origin, effective=effective
            )
        context.document(document)
        return
    last = ""
    for section, key, value, origin in rows:
        if section != last:
            context.text(f"\n[{section}]" if last else f"[{section}]")
            last = section
        comment = clean(origin or "default") if effective else ""
        context.text(toml.line(key, value, comment=comment))


def _site_rows(loaded: Loaded) -> Iterator[tuple[str, str, object, str]]:
    """Yield section, key, masked value and origin ("" for a default) of each setting."""
    for section, cls in SECTIONS.items():
        for key, spec in specs(cls).items():
            value = getattr(getattr(loaded.settings, section), key)
            origin = loaded.origins.get(f"{section}.{key}", "")
            yield section, key, masked(spec, value), origin


def _json_row(value: object, origin: str, *, effective: bool) -> object:
    return {"value": value, "origin": origin or "default"} if effective else value


def _show_list(context: Context, address: str, *, effective: bool) -> None:
    with context.connection() as conn:
        level = lists.find_level(conn, address=address)
        levels = lists.load_levels(conn, level["list_id"] or 0)
    origins = {key: scope for scope, values in levels.items() for key in values}
    if effective:
        resolved = lists.resolve(*levels.values())
        shown = {key: getattr(resolved, key) for key in lists.SPECS}
    else:
        shown = dict(levels["list"])
    if context.as_json:
        context.document(
            {
                key: _json_row(value, origins.get(key, ""), effective=effective)
                for key, value in shown.items()
            }
        )
        return
    for key, value in shown.items():
        comment = origins.get(key, "default") if effective else ""
        context.text(toml.line(key, value, comment=comment))


@config.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
@pass_context
def check(context: Context, *, file: Path | None) -> None:
    """Check FILE, or the settings that this command line would use."""
    loaded = load_with_origins(file, {}) if file is not None else context.loaded
    if loaded.settings.site.secret_file:
        verp_key(loaded.settings)
    name = str(loaded.settings.path or "environment")
    count = len(loaded.origins)
    context.result(f"{name}: all {count} settings are right.", file=name, right=count)


# --- the levels of list settings --------------------------------------------------


@config.command("set")
@_level_options
@click.option("--unset", multiple=True, metavar="KEY", help="Remove KEY here.")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE]...")
@json_option
@pass_context
def set_(
    context: Context,
    *,
    site: bool,
    domain: str | None,
    address: str | None,
    unset: Sequence[str],
    changes: Sequence[str],
) -> None:
    """Set and remove settings of lists on one level."""
    name = _one_level(site=site, domain=domain, address=address)
    wanted: dict[str, object | None] = dict.fromkeys(unset)
    wanted.update(read_change(change) for change in changes)
    if not wanted:
        raise UsageError("Nothing to set; write KEY=VALUE or --unset KEY.")
    with context.connection() as conn:
        level = lists.find_level(conn, domain=domain, address=address)
        version = setting_changes.change(
            conn, level, wanted, actor=actor(), how="cli"
        ).version
    context.result(f"{name}: version {version}.", level=name, version=version)


def read_change(change: str) -> tuple[str, object]:
    """Return the setting of lists and the value that KEY=VALUE says, or UsageError."""
    key, equals, text = change.partition("=")
    if not equals:
        raise UsageError(f"{change!r} is not KEY=VALUE.")
    key = key.strip()
    return key, lists.read_written(key, text, source="command line")


@config.command()
@_level_options
@json_option
@pass_context
def export(
    context: Context, *, site: bool, domain: str | None, address: str | None
) -> None:
    """Write the settings of one level as TOML, for `import`."""
    _one_level(site=site, domain=domain, address=address)
    with context.connection() as conn:
        level = lists.find_level(conn, domain=domain, address=address)
        newest = lists.history(conn, **level, limit=1)
    values: Mapping[str, object] = newest[0].values if newest else {}
    if context.as_json:
        context.document(values)
    else:
        click.echo(lists.export_text(values), nl=False)


@config.command("import")
@_level_options
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_context
def import_(
    context: Context,
    *,
    site: bool,
    domain: str | None,
    address: str | None,
    file: Path,
) -> None:
    """Make one level what the TOML in FILE says (- for standard input)."""
    name = _one_level(site=site, domain=domain, address=address)
    values = lists.import_text(read_file(file), source=str(file))
    with context.connection() as conn:
        level = lists.find_level(conn, domain=domain, address=address)
        version = lists.set_values(
            conn, **level, changes=values, changed_by=actor(), replace=True
        )
    context.result(f"{name}: version {version}.", level=name, version=version)


@config.command()
@_level_options
@click.option(
    "--limit",
    type=click.IntRange(1, paging.MOST),
    default=20,
    show_default=True,
    help="How many versions, the newest first.",
)
@json_option
@pass_context
def history(
    context: Context,
    *,
    site: bool,
    domain: str | None,
    address: str | None,
    limit: int,
) -> None:
    """Show who changed the settings of one level, when and how."""
    _one_level(site=site, domain=domain, address=address)
    with context.connection() as conn:
        level = lists.find_level(conn, domain=domain, address=address)
        page = setting_changes.versions(conn, level, size=limit)
    rows = [
        (one.version, one.changed_at, one.changed_by, _changes(one.differences))
        for one in page.rows
    ]
    context.table(rows, ("version", "changed_at", "changed_by", "changes"))


def _changes(differences: Sequence[Difference]) -> str:
    return ", ".join(
        f"{one.name} removed" if one.after is None else toml.line(one.name, one.after)
        for one in differences
    )
