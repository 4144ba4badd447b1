"""An import that was looked at does what was seen, once, or nothing."""

import re

import pytest

from listhub.errors import UsageError
from listhub.lists import catalogue, members, options
from listhub.lists.list_settings import ListSettings
from listhub.lists.member_import import Existing
from listhub.lists.posting import ListRow
from listhub.lists.roster import preview
from listhub.lists.roster.preview import Done, Preview
from tests.shelves import Driver, add_list, audited, subscribe

ANN, BOB = "ann@a.example", "bob@b.example"
SETTINGS = ListSettings(attributes=("room | Room | string",), topics=("exams",))
FILE = b"""address,reception,concealed,attribute:room
new@n.example,digest,,12
ann@a.example,notice,yes,
bob@b.example,,no,
nobody,,,
new@N.example,,,
x@x.example,pigeon,,
"""


@pytest.fixture
def row(driver: Driver) -> ListRow:
    made = add_list(driver)
    subscribe(driver, made.id, ANN)
    subscribe(driver, made.id, BOB, reception="digest")
    return made


def look(
    driver: Driver,
    row: ListRow,
    content: bytes = FILE,
    existing: Existing = "change",
    settings: ListSettings = SETTINGS,
) -> Preview:
    return preview.preview(
        driver, row, content, settings=settings, existing=existing, name="x.csv"
    )


def do(
    driver: Driver,
    row: ListRow,
    digest: str,
    content: bytes = FILE,
    existing: Existing = "change",
) -> Done:
    return preview.carry_out(
        driver,
        row,
        content,
        digest=digest,
        settings=SETTINGS,
        actor="owner@o.example",
        how="web",
        existing=existing,
        newcomers=5,
    )


def test_what_a_file_would_do(driver: Driver, row: ListRow) -> None:
    """Line by line: added, changed and how, skipped, refused and why; nothing is done."""
    seen = look(driver, row)

    assert (seen.rows, seen.added, seen.changed) == (6, 1, 1)
    assert (seen.skipped, seen.refused, seen.complete) == (1, 3, True)
    assert [(line.line, line.deed) for line in seen.lines] == [
        (2, "add"), (3, "change"), (4, "skip"),
        (5, "refuse"), (6, "refuse"), (7, "refuse"),
    ]  # fmt: skip
    assert seen.of("change")[0].changes == ("reception", "concealed")
    whys = [str(line.why) for line in seen.of("refuse")]
    assert whys[:2] == ["is not an e-mail address", "is in line 2 already"]
    assert whys[2].startswith('has the reception "pigeon"')
    french = [line.why.into("fr") for line in seen.of("refuse") if line.why]
    assert french[1] == "est déjà à la ligne 2"
    assert len(members.members(driver, row.id)) == 2
    assert look(driver, row, existing="skip").skipped == 2
    assert look(driver, row, existing="refuse").refused == 5


def test_what_was_seen_is_done(driver: Driver, row: ListRow) -> None:
    """Options that a row names are changed, others stay; twice is once."""
    digest = look(driver, row).digest
    done = do(driver, row, digest)

    assert (done.added, done.changed, done.rows) == (1, 1, 6)
    assert done.newcomers == ("new@n.example",)
    ann, bob = (options.find(driver, row.id, one) for one in (ANN, BOB))
    assert ann is not None
    assert bob is not None
    assert (ann.reception, ann.concealed, bob.reception) == ("notice", True, "digest")
    again = do(driver, row, digest)
    assert (again.again, again.added, again.changed) == (True, 1, 1)
    assert len(audited(driver, "member.add")) == 1
    assert look(driver, row).changed == 0


def test_what_was_not_seen_is_not_done(driver: Driver, row: ListRow) -> None:
    """Another file, other members by now, another way: nothing, and look again."""
    seen = look(driver, row)
    for digest, content, existing in (
        (seen.digest, FILE + b"more@m.example,,,\n", "change"),
        (seen.digest, FILE, "skip"),
        ("0" * 80, FILE, "change"),
        ("", FILE, "change"),
        ("\0'", FILE, "change"),
    ):
        with pytest.raises(UsageError, match="have changed since"):
            do(driver, row, digest, content, existing)  # type: ignore[arg-type]
    subscribe(driver, row.id, "new@n.example")
    with pytest.raises(UsageError, match="have changed since"):
        do(driver, row, seen.digest)
    assert len(members.members(driver, row.id)) == 3


def test_each_look_can_be_carried_out(driver: Driver, row: ListRow) -> None:
    """Whoever imports a file again after all have left is not told that it was done."""
    content = b"new@n.example\n"
    for _ in range(2):
        seen = look(driver, row, content, "skip")
        assert do(driver, row, seen.digest, content, "skip").added == 1
        found = catalogue.find_list(driver, row.address)
        members.remove(driver, found, ["new@n.example"], actor="owner")


@pytest.mark.parametrize(
    "hostile",
    [
        b"address\n" + b'"' * 100_000,
        b"address\n" + b"\0" * 5_000,
        b"address\n" + b"\xff\xfe" * 5_000,
        b"address,name\n" + b"a@b.example,=cmd|' /C calc'!A0\n" * 500,
        b"address\n" + b"a@b.example," * 9_000,
        b"address,topics\na@b.example," + b"x" * 90_000,
        b"\r\n" * 50_000,
    ],
)
def test_hostile_files_are_only_refused(
    driver: Driver, row: ListRow, hostile: bytes
) -> None:
    """No file breaks anything, and what is shown of it is bounded."""
    seen = look(driver, row, hostile)

    assert seen.added <= 1
    assert len(seen.lines) <= 2 * preview.SHOWN
    assert all(len(line.address) <= 61 for line in seen.of("refuse"))


def test_files_have_a_size_and_a_header(driver: Driver, row: ListRow) -> None:
    """What is too large or of another kind is refused as a whole."""
    with pytest.raises(UsageError, match="larger than 32 MB"):
        look(driver, row, b"x" * (preview.LARGEST + 1))
    with pytest.raises(UsageError, match="no column"):
        look(driver, row, b"address,nonsense\na@b.example,1\n")


def test_spreadsheets_compute_nothing_of_ours(driver: Driver, row: ListRow) -> None:
    """No field of an export is a formula, and the file comes back as it was."""
    names = ["=1+1", "+4", "-x", "@SUM(A1)", "'=quoted", "''@twice", "plain", "it's"]
    for number, name in enumerate(names):
        address = f"+m{number}@m.example"
        subscribe(driver, row.id, address, name=name)
        driver.execute(
            'UPDATE subscription SET attributes = \'{"room": "=A1"}\''
            " WHERE id = (SELECT max(id) FROM subscription)"
        )
    exported = b"".join(members.export(driver, row.id, settings=SETTINGS))

    cells = exported.decode().replace("\r", "").replace("\n", ",").split(",")
    assert not [cell for cell in cells if re.match(r"\"?[=+@\t\r-]", cell)]
    other = add_list(driver, "other")
    driver.execute("DELETE FROM subscription WHERE list_id = %s", [row.id])
    driver.execute("DELETE FROM person")
    seen = look(driver, other, exported, "skip")
    assert seen.refused == 0
    do(driver, other, seen.digest, exported, "skip")
    found = members.members(driver, other.id, text="+m")
    assert sorted(member.name for member in found) == sorted(names)
    assert b"".join(members.export(driver, other.id, settings=SETTINGS)) == exported
