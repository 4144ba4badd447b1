"""Gather the texts of the code and the templates, and keep the translations in step.

    python -m listhub.i18n.messages --write

Writes `locale/listhub.pot` and every `locale/*/LC_MESSAGES/listhub.po`: new texts come
in empty, texts that are no longer used go.  Without --write nothing is written.  Either
way it ends with 1 if a text has no translation, and names it.
"""

import ast
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from babel.messages import Catalog, extract, pofile
from babel.messages.catalog import Message

from listhub.i18n.languages import LANGUAGES, SOURCE

COMMAND = "scripts/messages"
ROOT = Path(__file__).resolve().parents[2]
LOCALE = Path(__file__).resolve().parent / "locale"
POT = LOCALE / "listhub.pot"

_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
_TEMPLATES = {
    "extensions": "jinja2.ext.i18n,jinja2.ext.do,jinja2.ext.loopcontrols",
    "trimmed": "true",
    "newstyle_gettext": "true",
    "silent": "false",
}
#: Modules without marks that hold nothing but texts for people.
_SENTENCES = frozenset({ROOT / "listhub" / "policy" / "reasons.py"})
#: Modules that declare settings of lists: what they mean is read by people.
_SETTINGS = frozenset(
    ROOT / "listhub" / "lists" / name
    for name in ("bounce_settings.py", "list_settings.py")
)
#: What declares one, and where its texts are: by place, and by name.
_DECLARES = frozenset({"setting", "_scenario", "_days"})
_ABOUT, _NAMED = 1, frozenset({"about", "words", "unit"})
# Files of the same content on every day.
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def gather() -> Catalog:
    """Return every text that is marked for translation, in the order of the files."""
    catalog = Catalog(
        project="listhub", charset="utf-8", creation_date=_EPOCH, fuzzy=False
    )
    for path, method, options in _sources():
        with path.open("rb") as file:
            found = extract.extract(method, file, keywords=_KEYWORDS, options=options)
            for _line, texts, _comments, context in found:
                catalog.add(texts, context=context)
    return catalog


def read(language: str) -> Catalog:
    """Return the translations into a language as they stand in the repository."""
    with po(language).open("rb") as file:
        return pofile.read_po(file, locale=language)


def po(language: str) -> Path:
    """Return where the translations into a language stand."""
    return LOCALE / language / "LC_MESSAGES" / "listhub.po"


def missing(catalog: Catalog, wanted: Catalog) -> list[str]:
    """Return the texts without a translation, or with one that a tool has guessed."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in wanted
        if message.id and not _translated(catalog.get(message.id, message.context))
    ]


def write(catalog: Catalog, path: Path) -> None:
    """Write a catalog; no places of texts, which would change with every line."""
    out = io.BytesIO()
    pofile.write_po(out, catalog, width=80, no_location=True, ignore_obsolete=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())


def main(args: Sequence[str]) -> int:
    """Bring the files in step if asked to; return 1 if a translation is missing."""
    wanted = gather()
    if "--write" in args:
        write(wanted, POT)
    found = []
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        catalog = read(language) if po(language).exists() else Catalog(locale=language)
        if "--write" in args:
            catalog.update(wanted, no_fuzzy_matching=True)
            catalog.revision_date = _EPOCH
            write(catalog, po(language))
        found += [f"{language}: {text!r}" for text in missing(catalog, wanted)]
    sys.stderr.writelines(f"not translated: {line}\n" for line in found)
    return 1 if found else 0


def sentences(
    fileobj: IO[bytes],
    keywords: object,  # noqa: ARG001 - the signature that Babel calls
    comment_tags: object,  # noqa: ARG001
    options: object,  # noqa: ARG001
) -> Iterator[tuple[int, None, str, list[str]]]:
    """Give a module's constants and the values of its dictionaries, for Babel."""
    for node in ast.walk(ast.parse(fileobj.read())):
        values = node.values if isinstance(node, ast.Dict) else []
        if isinstance(node, ast.Assign):
            values = [node.value]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.lineno, None, value.value, []


def settings(
    fileobj: IO[bytes],
    keywords: object,  # noqa: ARG001 - the signature that Babel calls
    comment_tags: object,  # noqa: ARG001
    options: object,  # noqa: ARG001
) -> Iterator[tuple[int, None, str, list[str]]]:
    """Give what settings mean, what they allow and in which unit, for Babel."""
    for node in ast.walk(ast.parse(fileobj.read())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in _DECLARES:
            continue
        named = [word.value for word in node.keywords if word.arg in _NAMED]
        for value in (*node.args[_ABOUT : _ABOUT + 1], *named):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                # As words are shown: without the comma before "is allowed".
                yield value.lineno, None, value.value.rstrip(","), []


def _sources() -> Iterator[tuple[Path, Any, dict[str, str]]]:
    code = ROOT / "listhub"
    for path in _sorted(code.rglob("*.py")):
        yield path, _method(path), {}
    for path in _sorted(code.rglob("*.j2")):
        yield path, "jinja2.ext:babel_extract", _TEMPLATES


def _method(path: Path) -> Any:
    if path in _SETTINGS:
        return settings
    return sentences if path in _SENTENCES else "python"


def _sorted(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: path.relative_to(ROOT).as_posix())


def _translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    found = message.string or ""
    texts = [found] if isinstance(found, str) else found
    return bool(texts) and all(texts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
