"""The workloads, one line each."""

from collections.abc import Callable
from typing import NamedTuple

from scripts.benches import (
    archive,
    archive_import,
    bounces,
    claim,
    fanout,
    intake,
    memory,
    merge,
    pages,
    postfix,
    posts,
    scenario,
    sources,
)
from scripts.benches.figures import Figure

Measure = Callable[..., list[Figure]]


class Workload(NamedTuple):
    """What `scripts/bench NAME` runs: measure(lab, scale=, runs=) makes its figures."""

    name: str
    about: str
    measure: Measure


WORKLOADS = (
    Workload("fanout-verp", "1 list, 10,000 members, VERP, 3 posts", fanout.verp),
    Workload("fanout-plain", "the same without VERP, 25 and 100", fanout.plain),
    Workload("fanout-postfix", "fanout-verp through Postfix, XVERP", postfix.postfix),
    Workload("fanout-merge", "personalised and signed copies", merge.merge),
    Workload(
        "personalised-accept", "a post to 100,000 personalised members", merge.accept
    ),
    Workload("small-lists", "200 lists x 20 members, 400 posts", posts.small_lists),
    Workload("latency", "one post to 20 members, idle system", posts.latency),
    Workload("intake-lmtp", "10 KB mails, 1, 8, 32 connections", intake.lmtp),
    Workload("intake-pipe", "listhub-enqueue, one by one and 8 at once", intake.pipe),
    Workload("bounces", "20,000 reports waiting", bounces.bounces),
    Workload("scenario", "decisions per second on one core", scenario.scenario),
    Workload("sources", "a list that follows 100,000 people", sources.sources),
    Workload("claim", "claim and settle 20 among a million", claim.claim),
    Workload("archive-search", "words among 1,000,000 posts", archive.archive_search),
    Workload(
        "archive-import",
        "100,000 messages in, out and in",
        archive_import.archive_import,
    ),
    Workload("pages", "queue, lists and members of a large site", pages.pages),
    Workload("fairness", "100 members behind 100,000 copies", posts.fairness),
    Workload("memory", "all processes, at rest and under load", memory.memory),
)
