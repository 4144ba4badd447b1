"""The demo: start the system, make lists, send real mail, count the copies."""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from demo_count import Count, wait_for_all
from demo_mail import ADA, DOMAIN, List, Post, lists, posts
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listhub.embedded import process
from listhub.embedded.endpoints import FILE, Endpoints
from listhub.embedded.picture import Eye, Picture, load_processes
from listhub.embedded.private import make_private
from listhub.embedded.program import command_path
from listhub.embedded.show import show
from listhub.errors import ListHubError, UsageError

ROOT = Path(__file__).resolve().parent.parent

#: What marks a directory as a demo's, to be removed by the next one.
MARK = ".listhub-demo"

_AN_HOUR = ("--minutes", "60")

STARTING = 120.0
STOPPING = 25.0
POSTING = 60.0

FLOW = """
  mail --> listhub-enqueue --> distribute --> send --> relay, which catches all
           exit 0: committed       |
                                   +--> archive   (work waits in PostgreSQL)
"""


class Demo:
    """One run of the demo."""

    def __init__(self, directory: Path, *, members: int, console: Console) -> None:
        self.directory = directory
        self.console = console
        self.lists = lists(members)
        self._steps = 0

    def run(self, *, stay: bool) -> int:
        """Run it; 0 if every copy of every post was caught exactly once."""
        take_directory(self.directory)
        self.console.print(
            Text.assemble(("ListHub", "bold"), f": a demo in {shown(self.directory)}")
        )
        self.console.print(FLOW, highlight=False, style="dim")
        with self.system() as endpoints:
            self.make_lists()
            with self.step("post 11 messages through listhub-enqueue"):
                counts = [self.send(post) for post in posts(*self.lists)]
            right = self.count(endpoints, counts)
            self.summary(counts, right=right)
            self.trace(counts)
            self.web(endpoints, counts)
            if stay:
                self.stay(endpoints)
        return 0 if right else 1

    # --- the steps -----------------------------------------------------------------

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Say what is done, and how long it took."""
        self._steps += 1
        began = time.monotonic()
        line = f"  {self._steps}. {what} "
        self.console.print(line, end="", highlight=False)
        try:
            yield
        except BaseException:
            self.console.print()
            raise
        took = f" {time.monotonic() - began:.1f} s"
        dots = "." * max(2, 78 - len(line) - len(took))
        self.console.print(Text(dots, style="dim"), Text(took.strip()), sep=" ")

    @contextlib.contextmanager
    def system(self) -> Iterator[Endpoints]:
        """Run `listhub up` in the directory for as long as the block lasts."""
        log = make_private(self.directory / "log") / "up.log"
        with self.step("start PostgreSQL, broker, intake, workers, web, catcher"):
            child = process.start(
                process.Command(
                    name="listhub up",
                    argv=[*listhub(), "up", "--plain", "--dir", str(self.directory)],
                    log=log,
                    env=process.python_environment(),
                )
            )
            with contextlib.ExitStack() as stack:
                stack.callback(child.stop, timeout=STOPPING)
                child.wait_ready((self.directory / FILE).exists, timeout=STARTING)
                stack.pop_all()
        try:
            yield Endpoints.load(self.directory)
        finally:
            self.console.print("Stopping ...", end="")
            child.stop(timeout=STOPPING)
            self.console.print(" all stopped.", highlight=False)

    def make_lists(self) -> None:
        """Create the domain, the lists and their members by the command line."""
        members = sum(len(one.members) for one in self.lists)
        with self.step(f"create {DOMAIN}, 4 lists, {members:,} members from CSV"):
            self.command("domain", "add", DOMAIN)
            for one in self.lists:
                self.command(
                    "list",
                    "create",
                    one.address,
                    "--subject",
                    one.subject,
                    "--owner",
                    one.members[0],
                )
                if one.settings:
                    self.command("list", "set", one.address, *one.settings)
                self.import_members(one)

    def import_members(self, one: List) -> None:
        file = self.directory / f"{one.name}.csv"
        file.write_text(one.csv(), encoding="utf-8")
        self.command("member", "import", "--quiet", one.address, str(file))

    def command(self, *words: str) -> str:
        """Run one `listhub` command on the system; UsageError with what it said."""
        run = subprocess.run(
            [
                *listhub(),
                "--dir",
                str(self.directory),
                "--log-level",
                "warning",
                *words,
            ],
            env=process.python_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            said = (run.stderr or run.stdout).strip()
            raise UsageError(f"`listhub {' '.join(words)}` failed: {said}")
        return run.stdout

    def send(self, post: Post) -> Count:
        """Hand one message to the system as an MTA does, through a pipe."""
        began = datetime.now(UTC)
        run = subprocess.run(
            [
                str(ROOT / "scripts" / "bin" / "listhub-enqueue"),
                *("--dir", str(self.directory)),
                *("--sender", post.author, post.recipient),
            ],
            input=post.content,
            capture_output=True,
            check=False,
            timeout=POSTING,
        )
        return Count(post=post, began=began, code=run.returncode)

    def count(self, endpoints: Endpoints, counts: Sequence[Count]) -> bool:
        """Wait for all copies; True if each came exactly once."""
        expected = sum(len(count.post.expected) for count in counts)
        seconds = 60.0 + expected / 100
        what = f"wait until all {expected:,} copies are caught"
        with self.step(what), Eye(endpoints.database) as eye:
            wait_for_all(
                self.directory / "catcher" / "caught",
                counts,
                seconds=seconds,
                idle=lambda: is_idle(eye),
            )
        return all(count.right for count in counts)

    # --- what it says ---------------------------------------------------------------

    def summary(self, counts: Sequence[Count], *, right: bool) -> None:
        """Print the table of posts and copies, and the verdict."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("list", "post", "due", "caught", "first", "all after"):
            table.add_column(
                name,
                justify="left" if name in {"list", "post"} else "right",
                header_style="bold",
            )
        for count in counts:
            table.add_row(*row(count), style="" if count.right else "red")
        self.console.print()
        self.console.print(table)
        self.console.print()
        total = sum(count.copies.total() for count in counts)
        if right:
            self.console.print(
                Text(f"All {total:,} copies were caught, each exactly once.", "green")
            )
        for count in counts:
            for line in complaints(count):
                self.console.print(Text(line, style="red"))
        if not right:
            log = shown(self.directory / "log")
            self.console.print(f"What each program said is in {log}.", style="red")

    def trace(self, counts: Sequence[Count]) -> None:
        """Print the life of one message."""
        message_id = counts[2].post.message_id
        self.console.print()
        self.console.print(Text(f"$ listhub trace {message_id}", style="bold"))
        self.console.print(Text(self.command("trace", message_id).rstrip()))
        self.console.print()
        place = shown(self.directory)
        self.console.print(
            f"Caught mail: {place}/catcher/caught, logs: {place}/log", highlight=False
        )

    def web(self, endpoints: Endpoints, counts: Sequence[Count]) -> None:
        """Say where to decide about what is held, with a link that signs in."""
        held = sum(count.post.held for count in counts)
        # Signs in once, and only on this machine.
        link = self.command("web", "sign-in", ADA, "--to", "/modindex", *_AN_HOUR)
        self.console.print(
            f"\n{held} posts wait for a moderator. Sign in as {ADA} at\n"
        )
        self.console.print(Text(f"  {link.strip()}"), soft_wrap=True)
        self.console.print(
            f"\nThe status of it all: {endpoints.web}/status", highlight=False
        )

    def stay(self, endpoints: Endpoints) -> None:
        """Leave the system running, in view, until Ctrl-C."""
        pipe = f"{command_path('listhub-enqueue')} --dir {shown(self.directory)}"
        self.console.print(
            "\nOr type, in another terminal:\n\n"
            f"  printf 'From: {ADA}\\nSubject: Hi\\n\\nHello\\n' |\n"
            f"  {pipe} \\\n  --sender {ADA} team@{DOMAIN}\n",
            soft_wrap=True,
        )
        with contextlib.suppress(KeyboardInterrupt), Eye(endpoints.database) as eye:
            if not self.console.is_terminal:
                self.console.print("It runs until Ctrl-C.")
                signal.pause()
            show(
                endpoints,
                take=lambda: Picture(
                    figures=eye.look(), processes=load_processes(self.directory)
                ),
                stop=_sleep,
                console=self.console,
            )


def row(count: Count) -> tuple[str, ...]:
    """Return the cells of a post's line."""
    caught = "held" if count.post.held else f"{count.copies.total():,}"
    if count.post.report:
        caught += " report"
    if count.post.code:
        return (
            count.post.list.name,
            count.post.about,
            "-",
            f"exit {count.code}",
            "-",
            "-",
        )
    return (
        count.post.list.name,
        count.post.about,
        f"{len(count.post.expected):,}",
        caught,
        count.after(count.first),
        count.after(count.last),
    )


def complaints(count: Count) -> Iterator[str]:
    """Say what is wrong with a post, a line each."""
    what = f"{count.post.about} to {count.post.list.address}"
    if count.code != count.post.code:
        yield f"{what}: exit {count.code} instead of {count.post.code}."
    for name, people in (
        ("missing", count.missing),
        ("double", count.doubled),
        ("for nobody", count.strange),
    ):
        if people:
            more = f" and {len(people) - 3:,} more" if len(people) > 3 else ""
            yield f"{what}: {name}: {', '.join(people[:3])}{more}."


def is_idle(eye: Eye) -> bool:
    """Whether nothing that could still send mail is left in the spool."""
    figures = eye.look()
    rooms = [room for room in figures.rooms if room.stage != "task"]
    waiting = sum(room.ready + room.leased + room.deferred for room in rooms)
    return bool(rooms) and not figures.trouble and not waiting


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def listhub() -> list[str]:
    return [sys.executable, "-m", "listhub.cli.main"]


def take_directory(directory: Path) -> None:
    """Make the directory new; UsageError if it holds anything but an earlier demo."""
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is not a directory.")
    if directory.exists() and any(directory.iterdir()):
        if not (directory / MARK).exists():
            raise UsageError(
                f"{directory} holds something else than a demo; choose another --dir."
            )
        if (directory / FILE).exists():
            running = Endpoints.load(directory)
            if running.alive:
                raise UsageError(
                    f"A demo runs in {shown(directory)} already (process {running.pid});"
                    " stop that one, or choose another --dir."
                )
        shutil.rmtree(directory)
    make_private(directory)
    (directory / MARK).touch()


def shown(path: Path) -> str:
    """Return a path as it can be typed here, as short as it gets."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start the whole system, send real mail through it, count the copies.",
    )
    parser.add_argument(
        "--exit", action="store_true", help="stop everything at the end"
    )
    parser.add_argument("--dir", type=Path, default=ROOT / "var" / "demo")
    parser.add_argument("--members", type=int, default=1000, metavar="N")
    found = parser.parse_args()
    if not 1 <= found.members <= 1_000_000:
        parser.error("--members: 1 to 1,000,000")
    return found


def main() -> int:
    options = arguments()
    console = Console(width=None if sys.stdout.isatty() else 80, highlight=False)
    demo = Demo(options.dir.absolute(), members=options.members, console=console)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return demo.run(stay=not options.exit)
    except KeyboardInterrupt:
        return 130
    except subprocess.TimeoutExpired as error:
        console.print(Text(f"scripts/demo: {error}", style="red"))
        return 1
    except ListHubError as error:
        console.print(Text(f"scripts/demo: {error.public}", style="red"))
        if error.reason != error.public:
            console.print(Text(error.reason))
        return 1


if __name__ == "__main__":
    # What rich and others write is UTF-8, whatever the locale says.
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        os.environ["PYTHONIOENCODING"] = "utf-8"
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
    sys.exit(main())
