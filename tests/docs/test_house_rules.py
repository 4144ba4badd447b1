"""The house rules that no linter knows: CONTRIBUTING.md says why they are there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
CORPUS = TESTS / "corpus"

MODULES = sorted(
    path
    for directory in ("listhub", "migrations", "scripts", "tests")
    for path in (ROOT / directory).rglob("*.py")
)
SOURCES = [path for path in MODULES if path.is_relative_to(ROOT / "listhub")]
TEST_MODULES = [path for path in MODULES if path.is_relative_to(TESTS)]

#: What is fetched from elsewhere is named here by package, never by place.
RECIPES = sorted(
    path
    for pattern in (
        ".ci/*",
        ".pre-commit-config.yaml",
        "Containerfile",
        "compose.yaml",
        "pyproject.toml",
        "requirements/*",
        "scripts/**/*",
    )
    for path in ROOT.glob(pattern)
    if path.is_file() and path.suffix != ".pyc"
)
LOCKS = [path for path in RECIPES if path.suffix in {".lock", ".in"}]

#: Words that say nothing about what a module is for.
EMPTY_WORDS = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}

URL = re.compile(r"[a-z][a-z0-9+.-]*://([^/\s\"'<>:]*)", re.IGNORECASE)
#: This machine, a service of compose.yaml, or the names that RFC 2606 sets aside.
OURS = re.compile(
    r"(.*@)?(|\{.*\}|localhost|127\.[0-9.]+|\[::1\]|db|broker|catcher|(.*\.)?example(\..*)?)"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def public_things(
    tree: ast.Module,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize(
    "path", [path for path in MODULES if "versions" not in path.parts], ids=name_of
)
def test_module_fits_on_a_few_screens(path: Path) -> None:
    """A module over 400 lines, or a function over 60, wants splitting.

    A migration does not: it is one list of statements, and history.
    """
    lines = path.read_text("utf-8").count("\n")
    long = [
        f"{function.name}: {length} lines"
        for function in functions(tree_of(path))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > 60
    ]

    assert lines <= 400
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_public_things_say_what_they_are(path: Path) -> None:
    """Every module, and each public function and class of it, has a docstring."""
    tree = tree_of(path)
    silent = [node.name for node in public_things(tree) if not ast.get_docstring(node)]

    assert ast.get_docstring(tree)
    assert silent == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_named_for_what_it_is(path: Path) -> None:
    """A module called utils is where things go that nobody finds again."""
    assert not set(re.split(r"[_.]", path.name)) & EMPTY_WORDS


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_happens_at_import(path: Path) -> None:
    """Importing a module defines names: no statement does anything, no loop runs."""
    acting = ast.For | ast.While | ast.With | ast.Delete | ast.Raise
    found = [
        f"line {node.lineno}"
        for node in tree_of(path).body
        if isinstance(node, acting)
        or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant))
    ]

    assert found == []


@pytest.mark.parametrize("path", TEST_MODULES, ids=name_of)
def test_test_states_its_promise(path: Path) -> None:
    """The docstring of a test is the promise that breaks when the test does."""
    silent = [
        function.name
        for function in functions(tree_of(path))
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]

    assert silent == []


@pytest.mark.parametrize("path", TEST_MODULES, ids=name_of)
def test_waits_for_signals_not_for_time(path: Path) -> None:
    """A test that sleeps is slow or wrong; where it must, `# sleep: why` says why."""
    lines = path.read_text("utf-8").splitlines()
    sleeps = [
        f"line {node.lineno}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"time.sleep", "sleep"}
        and not re.search(r"# sleep: \w", lines[node.lineno - 1])
    ]

    assert sleeps == []


@pytest.mark.parametrize("path", LOCKS, ids=name_of)
def test_lock_names_no_place(path: Path) -> None:
    """A lock says what, and with which hash; where from is the installer's setting."""
    text = path.read_text("utf-8")

    assert not URL.findall(text)
    assert not re.search(r"^-|\s@\s|\bgit\+", text, re.MULTILINE)


@pytest.mark.parametrize(
    "path", [path for path in LOCKS if path.suffix == ".lock"], ids=name_of
)
def test_lock_pins_each_package_with_hashes(path: Path) -> None:
    """Every package of a lock has one exact version and at least one hash."""
    entries = re.split(r"\n(?=\w)", path.read_text("utf-8"))
    loose = [
        entry.splitlines()[0]
        for entry in entries
        if not re.match(r"[\w.-]+==[\w.]+ ", entry) or "--hash=sha256:" not in entry
    ]

    assert loose == []


def test_locks_agree() -> None:
    """What the tests run with is what production runs with, to the version."""
    versions: dict[str, set[str]] = {}
    for path in (ROOT / "requirements").glob("*.lock"):
        for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", path.read_text()):
            versions.setdefault(name, set()).add(version)

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_recipe_names_no_host(path: Path) -> None:
    """No recipe names a registry or any host but this machine and documentation's."""
    text = path.read_text("utf-8")
    hosts = {host for host in URL.findall(text) if not OURS.fullmatch(host)}
    images = re.findall(r"^\s*(?:FROM|image:|ARG BASE=)\s*(\S+)", text, re.MULTILINE)

    assert hosts == set()
    assert [image for image in images if re.match(r"[^/]*[.:][^/]*/", image)] == []


def test_every_corpus_file_is_used() -> None:
    """Each sample is read by name, or its theme is read whole (glob, iterdir)."""
    texts = [path.read_text("utf-8") for path in TEST_MODULES]
    whole = [text for text in texts if re.search(r"\.r?glob\(|\.iterdir\(", text)]
    unused = [
        name_of(path)
        for path in sorted(CORPUS.rglob("*"))
        if path.is_file()
        and not any(path.name in text or f'"{path.stem}"' in text for text in texts)
        and not any(re.search(rf"\b{path.parent.name}\b", text) for text in whole)
    ]

    assert unused == []
