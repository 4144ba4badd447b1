"""What the tables of the code hold and what the reference says of it are the same."""

import re
from datetime import timedelta
from pathlib import Path

import yaml

from listhub.cli.main import COMMANDS
from listhub.jobs.table import JOBS
from listhub.stages.pools import POOL_OF, POOLS
from listhub.stages.table import STAGES

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def sections(page: str) -> dict[str, str]:
    """Return what a page of the reference says under each of its ## headings."""
    text = (REFERENCE / page).read_text("utf-8")
    _, *parts = re.split(r"(?m)^## (.+)$", text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def field(section: str, name: str) -> str:
    found = re.search(rf"(?m)^- {name}: (.+)$", section)
    assert found, f"no line '- {name}: …'"
    return found[1]


def seconds(words: str) -> timedelta:
    number, unit = words.split()
    return timedelta(seconds=int(number) * UNITS[unit])


def test_names_are_unique() -> None:
    """No two stages, jobs or commands share a name."""
    for table in (STAGES, JOBS, COMMANDS):
        names = [entry.name for entry in table]

        assert len(names) == len(set(names))


def test_every_stage_is_documented() -> None:
    """stages.md has the stages in the order of the table, with pool and purpose."""
    told = sections("stages.md")

    assert list(told) == [stage.name for stage in STAGES]
    for stage in STAGES:
        assert stage.about in told[stage.name]
        assert field(told[stage.name], "pool") == f"`{stage.pool}`"


def test_every_stage_has_a_pool() -> None:
    """pools.py has the stages in the order of the table."""
    assert list(POOL_OF) == [stage.name for stage in STAGES]


def test_every_job_is_documented() -> None:
    """jobs.md has the jobs in the order of the table, with cadence and purpose."""
    told = sections("jobs.md")

    assert list(told) == [job.name for job in JOBS]
    for job in JOBS:
        assert job.about in told[job.name]
        assert seconds(field(told[job.name], "every")) == job.every


def test_every_command_is_documented() -> None:
    """cli.md has a heading for each command of the table."""
    told = {heading.removeprefix("listhub ") for heading in sections("cli.md")}

    assert {entry.name for entry in COMMANDS} <= told


def test_every_pool_has_a_service() -> None:
    """compose.yaml starts workers for exactly the pools of the table of stages."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    commands = {
        name: service["command"]
        for name, service in services.items()
        if name.startswith("worker-")
    }

    assert commands == {f"worker-{pool}": ["worker", "--pools", pool] for pool in POOLS}


def test_every_service_runs_a_command() -> None:
    """Each role in compose.yaml is a command of the table."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    roles = {
        service["command"][0]
        for service in services.values()
        if service["image"].startswith("listhub") and "entrypoint" not in service
    }

    assert roles - {entry.name for entry in COMMANDS} == set()


def test_every_rfc_that_the_code_cites_is_listed() -> None:
    """docs/rfcs.md says of each standard the code follows how far it is followed."""
    listed = set(re.findall(r"\d{4}", (ROOT / "docs" / "rfcs.md").read_text("utf-8")))
    cited = {
        number
        for path in (ROOT / "listhub").rglob("*")
        if path.suffix in {".py", ".toml", ".sql"}
        for numbers in re.findall(r"RFC (\d{4}(?:, \d{4})*)", path.read_text("utf-8"))
        for number in numbers.split(", ")
    }

    assert cited - listed == set()


def test_every_link_leads_somewhere() -> None:
    """No page links to a page or a heading that is not there."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
        if "://" not in link and not leads_somewhere(page, link)
    ]

    assert broken == []


def test_every_page_can_be_found() -> None:
    """docs/index.md links to every page, or to the directory that it is in."""
    docs = ROOT / "docs"
    links = re.findall(r"\]\(([^)#\s]+)", (docs / "index.md").read_text("utf-8"))
    linked = {(docs / link).resolve() for link in links}
    lost = [
        str(page.relative_to(docs))
        for page in docs.rglob("*.md")
        if page.name != "index.md" and not linked & {page, page.parent}
    ]

    assert lost == []


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path) if path else page
    if not target.is_file():
        return target.is_dir() and not anchor
    if target.suffix != ".md":
        return True
    headings = re.findall(r"(?m)^#+ (.+)$", target.read_text("utf-8"))
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    return not anchor or anchor in anchors
