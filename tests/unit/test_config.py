"""Settings of a site: what is right is read, what is wrong is one sentence."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from listhub import config
from listhub.config import Settings, Spec, fields, specs, toml
from listhub.config.reading import SECTIONS, variable
from listhub.errors import UsageError

CORPUS = Path(__file__).parents[1] / "corpus" / "config"
NO_FILE = Path("/nonexistent/listhub.toml")
SPECS = {
    (section, key): spec
    for section, cls in SECTIONS.items()
    for key, spec in specs(cls).items()
}
TOO_LARGE = 2**63


def load(path: Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    return config.load(path, environ or {}, default=NO_FILE)


def written(directory: Path, text: str) -> Path:
    path = directory / "listhub.toml"
    path.write_text(text, "utf-8")
    return path


def test_defaults_without_a_file() -> None:
    """With no file and no variables, every setting has its default."""
    assert load() == Settings()


@pytest.mark.parametrize("spec", SPECS.values(), ids=[".".join(n) for n in SPECS])
def test_default_is_allowed_and_explained(spec: Spec) -> None:
    """Each default passes its own rule, and each setting has a sentence of help."""
    assert fields.read_value(spec, spec.default) == spec.default
    assert re.fullmatch(r"[A-Z].*[^.]\.", spec.rule.about)


def test_file_over_defaults_and_environment_over_file(tmp_path: Path) -> None:
    """Later places win, and what they do not name stays."""
    path = written(tmp_path, "[spool]\nlease = 30\nbatch = 7\n")
    found = load(path, {"LISTHUB_SPOOL__LEASE": "45.5", "LISTHUB_CONFIG": "/none"})

    assert (found.spool.lease, found.spool.batch) == (45.5, 7)
    assert found.spool.max_attempts == 5
    assert found.path == path


def test_origins_tell_where_each_value_came_from(tmp_path: Path) -> None:
    """The origin is the file or the variable; a default has none."""
    path = written(tmp_path, "[spool]\nlease = 30\nbatch = 7\n")
    loaded = config.load_with_origins(path, {"LISTHUB_SPOOL__LEASE": "45"})

    assert loaded.origins == {
        "spool.lease": "LISTHUB_SPOOL__LEASE",
        "spool.batch": str(path),
    }


def test_file_named_by_the_environment(tmp_path: Path) -> None:
    """$LISTHUB_CONFIG names the file when the command line does not."""
    path = written(tmp_path, "[spool]\nlease = 30\n")

    assert load(None, {"LISTHUB_CONFIG": str(path)}).spool.lease == 30.0


def test_default_file_is_read_where_it_exists(tmp_path: Path) -> None:
    """The default file may be missing; where it is there, it counts."""
    path = written(tmp_path, "[spool]\nlease = 30\n")

    assert config.load(None, {}, default=path).spool.lease == 30.0


def test_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """A file saved with a byte-order mark is read like any other."""
    path = written(tmp_path, "\ufeff[spool]\nlease = 30\n")

    assert load(path).spool.lease == 30.0


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("SPOOL__BATCH", " 7 ", 7),
        ("SPOOL__LEASE", "7", 7.0),
        ("SPOOL__LEASE", "+7.25", 7.25),
        ("DELIVERY__XVERP", "Off", False),
        ("DELIVERY__XVERP", "1", True),
        ("DELIVERY__RELAYS", "smtp://a, smtps://b:465", ("smtp://a", "smtps://b:465")),
        ("DELIVERY__RELAYS", '["smtp://a?weight=2"]', ("smtp://a?weight=2",)),
        (
            "DELIVERY__RELAYS",
            "smtp://[::1]:25?xverp=off",
            ("smtp://[::1]:25?xverp=off",),
        ),
        ("DELIVERY__RELAYS", "", ()),
        (
            "PACKETS__DOMAIN_CAPS",
            "a.example=5, b.example = 6",
            {"a.example": 5, "b.example": 6},
        ),
        ("PACKETS__DOMAIN_CAPS", '{"a.example": 5}', {"a.example": 5}),
        ("SITE__LISTMASTER", "lm@example.org", "lm@example.org"),
    ],
)
def test_environment_values(name: str, text: str, value: object) -> None:
    """A variable is text; it is read as what its setting is."""
    section, _, key = name.lower().partition("__")
    found = load(None, {f"LISTHUB_{name}": text})

    assert getattr(getattr(found, section), key) == value


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        (
            {"LISTHUB_SPOOL__LEASE": "abc"},
            (
                'environment: LISTHUB_SPOOL__LEASE is "abc"; a number of seconds greater'
                " than 0 and not more than 86400 is allowed."
            ),
        ),
        (
            {"LISTHUB_SPOOL__LEESE": "1"},
            (
                "environment: LISTHUB_SPOOL__LEESE is not a setting; did you mean"
                " LISTHUB_SPOOL__LEASE?"
            ),
        ),
        (
            {"LISTHUB_SPOOL__BATCH": "1e3"},
            (
                'environment: LISTHUB_SPOOL__BATCH is "1e3"; a whole number of items from 1'
                " to 1000 is allowed."
            ),
        ),
        (
            {"LISTHUB_DELIVERY__XVERP": "maybe"},
            'environment: LISTHUB_DELIVERY__XVERP is "maybe"; true or false is allowed.',
        ),
        (
            {"LISTHUB_DELIVERY__RELAYS": "smtp://a,ftp://me:hunter2@b"},
            (
                "environment: item 2 of LISTHUB_DELIVERY__RELAYS is wrong (it may hold a"
                " secret and is not shown); a URL such as"
                " smtp://host:25?weight=1&tls=opportunistic&xverp=auto is allowed."
            ),
        ),
        (
            {"LISTHUB_PACKETS__DOMAIN_CAPS": "example.org"},
            (
                'environment: LISTHUB_PACKETS__DOMAIN_CAPS is ""; a table of domains with a'
                " whole number of recipients from 1 to 10000 for each is allowed."
            ),
        ),
        (
            {"LISTHUB_CONFIG": "/nonexistent/x.toml"},
            "/nonexistent/x.toml: there is no such file.",
        ),
        ({"LISTHUB_CONFIG": "a\0b"}, "a�b: is not a file name."),
    ],
)
def test_wrong_environment_is_one_sentence(environ: dict[str, str], says: str) -> None:
    """The sentence names the variable and what it allows."""
    with pytest.raises(UsageError) as caught:
        load(None, environ)

    assert caught.value.public == says


def test_other_variables_are_none_of_ours() -> None:
    """What has no section in its name is no setting, and no error."""
    load(None, {"LISTHUB": "x", "LISTHUB_CONFIGURE": "x", "HOME__LISTHUB_": "x"})


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.toml")), ids=lambda p: p.stem)
def test_wrong_file_is_one_sentence(path: Path) -> None:
    """Each sample's first line is what a person is told about it, after its name."""
    says = (
        path.read_bytes().decode("latin-1").splitlines()[0].encode("latin-1").decode()
    )
    with pytest.raises(UsageError) as caught:
        load(path)

    assert caught.value.public.startswith(f"{path}: {says.removeprefix('# says: ')}")
    assert "hunter2" not in caught.value.public
    assert "\n" not in caught.value.public


def test_explicit_file_must_exist(tmp_path: Path) -> None:
    """A file that was asked for and is not there is an error."""
    with pytest.raises(UsageError, match=r"x\.toml: there is no such file\.$"):
        load(tmp_path / "x.toml")


def test_directory_is_no_file(tmp_path: Path) -> None:
    """A file that cannot be read is an error with the system's reason."""
    with pytest.raises(UsageError, match=r"cannot be read: Is a directory\.$"):
        load(tmp_path)


# Values of every TOML kind, and texts that are near what settings allow.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]), max_size=20
) | st.sampled_from(
    ["postgresql://h/d", "smtp://h", "0660", "on", "7", "", "/x", "a@b", "ab" * 16]
)
VALUES = st.recursive(
    st.booleans() | st.integers(-TOO_LARGE, TOO_LARGE) | st.floats(-9, 9) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=4,
)
KEYS = st.sampled_from([key for _, key in SPECS]) | TEXTS
DOCUMENTS = st.dictionaries(
    st.sampled_from(sorted(SECTIONS)) | TEXTS,
    st.dictionaries(KEYS, VALUES, max_size=3) | VALUES,
    max_size=3,
)
NAMES = st.sampled_from([variable(*name) for name in SPECS]) | st.builds(
    "LISTHUB_{}__{}".format, TEXTS, TEXTS
)
ENVIRONMENTS = st.dictionaries(NAMES, st.text(max_size=20) | TEXTS, max_size=3)


def load_or_say(path: Path | None, environ: dict[str, str]) -> Settings | str:
    """Return the settings, or the sentence; whatever else is raised is a failure."""
    try:
        return load(path, environ)
    except UsageError as error:
        return error.public


@given(document=DOCUMENTS, environ=ENVIRONMENTS)
@settings(deadline=None)
def test_any_document_is_read_or_explained(
    tmp_path_factory: pytest.TempPathFactory,
    document: dict[str, Any],
    environ: dict[str, str],
) -> None:
    """No TOML document and no environment raises anything but UsageError."""
    text = toml.document(document)
    assert tomllib.loads(text) == document

    path = written(tmp_path_factory.getbasetemp(), text)
    found = load_or_say(path, environ)

    assert isinstance(found, Settings) or "\n" not in found.replace(str(path), "")


@given(content=st.binary(max_size=60))
@example(content=b"[spool]\nlease = " + b"[" * 5000)
@settings(deadline=None)
def test_any_bytes_are_read_or_explained(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """No content of the file raises anything but UsageError."""
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)

    assert load_or_say(path, {})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:hunter2@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:hun@ter/2@h/d", "postgresql://u:***@h/d"),
        ("postgresql://h/d?password=hunter2&x=1", "postgresql://h/d?password=***&x=1"),
        ("postgresql://h/d?SSLPassword=hunter2", "postgresql://h/d?SSLPassword=***"),
        ("postgresql:///listhub", "postgresql:///listhub"),
    ],
)
def test_password_in_a_url_is_masked(url: str, shown: str) -> None:
    """Whoever looks at settings sees where the server is, not its password."""
    assert fields.masked(SPECS["database", "url"], url) == shown


def test_every_secret_is_masked() -> None:
    """Relays, broker and the site's key are masked like the database."""
    relays = ("smtp://u:hunter2@h:25", "smtp://h")

    assert fields.masked(SPECS["delivery", "relays"], relays) == (
        "smtp://u:***@h:25",
        "smtp://h",
    )
    assert fields.masked(SPECS["broker", "url"], "redis://:hunter2@h/0") == (
        "redis://:***@h/0"
    )
    assert fields.masked(SPECS["site", "secret"], "ab" * 16) == "***"
    assert fields.masked(SPECS["site", "secret"], "") == ""


def test_verp_key_from_the_setting() -> None:
    """site.secret is the key in hexadecimal."""
    found = load(None, {"LISTHUB_SITE__SECRET": "ab" * 16})

    assert config.verp_key(found) == b"\xab" * 16


def test_verp_key_from_a_file(tmp_path: Path) -> None:
    """Without site.secret the file holds the key; a line end behind it is fine."""
    path = tmp_path / "key"
    path.write_text("cd" * 32 + "\n")

    found = load(None, {"LISTHUB_SITE__SECRET_FILE": str(path)})

    assert config.verp_key(found) == b"\xcd" * 32


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        ("", "at least 32 hexadecimal digits must stand in it, and nothing else"),
        ("c0ffee", "at least 32 hexadecimal digits must stand in it, and nothing else"),
        ("ü" * 32, "at least 32 hexadecimal digits must stand in it, and nothing else"),
    ],
)
def test_wrong_key_file_is_one_sentence(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    """The sentence names the file and the reason, and not what stands in it."""
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content, "utf-8")
    found = load(None, {"LISTHUB_SITE__SECRET_FILE": str(path)})

    with pytest.raises(UsageError) as caught:
        config.verp_key(found)

    assert caught.value.public == (
        f"{path}, named in site.secret_file, cannot be used: {reason}."
    )


def test_no_key_at_all_is_one_sentence() -> None:
    """Without a key there are two ways to give one, and the sentence names both."""
    with pytest.raises(UsageError, match=r"^site\.secret is empty; .*secret_file\.$"):
        config.verp_key(load())
