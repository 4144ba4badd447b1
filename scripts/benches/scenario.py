"""What a decision costs: scenario."""

import statistics
import time
from collections.abc import Callable

import psycopg

from listhub.config import Settings
from listhub.lists import catalogue, posting
from listhub.lists.authorise import authorise
from listhub.mail.draft import Draft
from listhub.outside.answers import Answers
from listhub.policy import vectors
from listhub.policy.evaluate import evaluate
from listhub.policy.grammar import parse
from listhub.policy.library import NoFiles, menu
from listhub.policy.operations import OPERATIONS
from listhub.policy.request import Request
from scripts.benches.figures import Figure
from scripts.benches.mail import post
from scripts.benches.processes import load_average
from scripts.benches.site import Lab

SECONDS = 3.0
GOAL = 10_000
LIST = "bench@lists.example"
MEMBER = "sub@x.org"


def scenario(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Decide on one core: shipped scenarios, from the cache, and from the database."""
    seconds = SECONDS * scale
    cases: list[tuple[str, Callable[[], int], int | None]] = [
        ("every shipped scenario", _every_scenario(), GOAL),
        ("post of 10 KB, a regexp", _post("publicnoattachment"), GOAL),
        ("parsing and compiling", _parsing, None),
    ]
    figures = [_measure(*case, seconds=seconds, runs=runs) for case in cases]
    url = lab.new_database()
    with psycopg.connect(url) as conn:
        turn = _door(conn)
        figures.append(
            _measure("with the database", turn, None, seconds=seconds, runs=runs)
        )
    lab.postgres.drop_database(url.rpartition("/")[2])
    return figures


def _measure(
    case: str, turn: Callable[[], int], goal: int | None, *, seconds: float, runs: int
) -> Figure:
    turn()  # what is kept is there before the clock runs
    rates = [_rate(turn, seconds) for _ in range(runs)]
    return Figure(
        workload="scenario",
        case=case,
        unit="decisions/s",
        rates=rates,
        goal=f">= {goal:,}" if goal else "",
        met=statistics.median(rates) >= goal if goal else None,
        note=f"one core; load average {load_average()}",
    )


def _rate(turn: Callable[[], int], seconds: float) -> float:
    start, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < seconds:
        done += turn()
    return done / passed


def _every_scenario() -> Callable[[], int]:
    """Ask every shipped scenario of every operation as each role."""
    facts = vectors.world()
    questions = [
        (
            vectors.shipped(operation.name, entry.name),
            Request(
                operation=operation.name,
                domain=vectors.DOMAIN,
                listname=vectors.LIST,
                sender=sender,
                context={"current_email": sender},
            ),
        )
        for operation in OPERATIONS.values()
        for entry in menu(NoFiles(), operation.name)
        for sender in vectors.ROLES.values()
    ]

    def turn() -> int:
        for compiled, request in questions:
            evaluate(compiled, request, facts)
        return len(questions)

    return turn


def _post(name: str) -> Callable[[], int]:
    """Judge one post, its header read anew each time."""
    compiled, facts = vectors.shipped("send", name), vectors.world()
    message = Draft.parse(post(f"{vectors.LIST}@{vectors.DOMAIN}", MEMBER))

    def turn() -> int:
        request = Request(
            operation="send",
            domain=vectors.DOMAIN,
            listname=vectors.LIST,
            sender=MEMBER,
            message=message,
        )
        return int(evaluate(compiled, request, facts).allowed)

    return turn


def _parsing() -> int:
    """Read one scenario that nobody has read before: what a change of files costs."""
    text = f"# {time.perf_counter_ns()}\nmatch([sender],/x$/) smtp -> do_it\n" * 4
    parse(text, file="bench")
    return 1


def _door(conn: "psycopg.Connection") -> Callable[[], int]:
    """Ask through the door that stages use: files, settings and roles are read."""
    catalogue.add_domain(conn, "lists.example", actor="bench")
    made = catalogue.create_list(conn, LIST, actor="bench")
    conn.commit()
    settings = Settings()
    ask = Answers(settings).ask
    row = posting.find_list(conn, made.id)

    def turn() -> int:
        authorise(
            conn,
            ask,
            operation="send",
            list_row=row,
            domain_id=made.domain_id,
            sender=MEMBER,
            auth="smtp",
            settings=settings,
        )
        conn.rollback()
        return 1

    return turn
