"""`listhub dkim`: make the keys that sign mail, and see whether DNS has them."""

from pathlib import Path

import click

from listhub.cli.context import Context, json_option, pass_context
from listhub.delivery import keys as files
from listhub.errors import PermanentError, TemporaryError, UsageError
from listhub.mail.signing.keys import KeyType, SigningKey, new_key, strings
from listhub.outside.dns import Resolver, Texts


@click.group(short_help="Make keys that sign mail, and check them in DNS.")
def dkim() -> None:
    """Make the keys that sign mail (DKIM), and check them in DNS.

    Every key of a domain signs.  To change a key, make a new one under another
    selector, publish it, and remove the old file a week after the last mail.
    """


@dkim.command()
@click.argument("domain")
@click.argument("selector")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["rsa", "ed25519"]),
    default="rsa",
    show_default=True,
    help="Which kind: everybody verifies rsa, ed25519 only beside it.",
)
@json_option
@pass_context
def create(context: Context, *, domain: str, selector: str, kind: KeyType) -> None:
    """Make a key for DOMAIN under SELECTOR, and print the record for DNS."""
    key = new_key(kind, domain=files.signing_domain(domain), selector=selector.lower())
    path = files.write_key(_directory(context), key)
    context.result(
        f"{path}: written.  Mail is signed with it from now on; publish this:\n\n"
        f"{_zone_line(key)}",
        path=str(path),
        name=key.name,
        record=key.record,
    )


@dkim.command()
@json_option
@pass_context
def ls(context: Context) -> None:
    """List the keys, and what is wrong with them."""
    directory = _directory(context)
    rows: list[tuple[object, ...]] = []
    for domain in files.domains(directory):
        for path in files.key_files(directory, domain):
            try:
                key = files.read_key(path, domain=domain)
            except UsageError as error:
                rows.append((domain, path.stem, None, None, error.public))
            else:
                rows.append((domain, path.stem, key.type, key.bits, key.warning))
    context.table(rows, ("domain", "selector", "type", "bits", "note"))


@dkim.command()
@click.argument("domain")
@json_option
@pass_context
def show(context: Context, *, domain: str) -> None:
    """Print the records that DNS should have for the keys of DOMAIN."""
    keys = _keys(context, domain)
    if context.as_json:
        context.document([{"name": key.name, "record": key.record} for key in keys])
    else:
        context.text("\n\n".join(map(_zone_line, keys)))


@dkim.command()
@click.argument("domain")
@json_option
@pass_context
def check(context: Context, *, domain: str) -> None:
    """Ask DNS whether the keys of DOMAIN are published; exit code 1 if one is not."""
    states = []
    for key in _keys(context, domain):
        found = Resolver.of(context.settings).txt(key.name)
        states.append((key.name, _state(key, found)))
    context.table(states, ("name", "state"))
    said = {state for _name, state in states}
    if said & {"missing", "another key"}:
        raise PermanentError(
            f"Not all keys of {domain} are published; `listhub dkim show {domain}`"
            " prints what DNS should have."
        )
    if said & {"no answer"}:
        raise TemporaryError("The name servers do not answer; try again later.")


def _state(key: SigningKey, found: Texts) -> str:
    if found.status == "not asked":
        raise UsageError("DNS is switched off; set dns.enabled to true to ask it.")
    if found.status == "unknown":
        return "no answer"
    if not found.texts:
        return "missing"
    published = any(map(key.published_by, found.texts))
    return "published" if published else "another key"


def _keys(context: Context, domain: str) -> list[SigningKey]:
    directory = _directory(context)
    name = files.signing_domain(domain)
    keys = [
        files.read_key(path, domain=name) for path in files.key_files(directory, name)
    ]
    if not keys:
        raise PermanentError(
            f"{name} has no key in {directory}; `listhub dkim create {name} SELECTOR`"
            " makes one."
        )
    return keys


def _directory(context: Context) -> Path:
    directory = context.settings.dkim.directory
    if not directory:
        raise UsageError("There is no place for keys: set dkim.directory.")
    return Path(directory)


def _zone_line(key: SigningKey) -> str:
    """Return the record as a zone file has it."""
    quoted = "\n    ".join(f'"{text}"' for text in strings(key.record))
    return f"{key.name}. IN TXT (\n    {quoted}\n)"
