"""A scenario is put together from files, compiled once, and never half in force."""

from collections.abc import Iterable, Mapping

import pytest

from listhub.policy.decision import Decision
from listhub.policy.evaluate import evaluate
from listhub.policy.facts import StaticFacts, keys
from listhub.policy.grammar import parse
from listhub.policy.library import Found, MenuEntry, NoFiles, menu, shipped_paths
from listhub.policy.operations import OPERATIONS
from listhub.policy.reasons import ANY, REASONS, TEMPLATES, sentence
from listhub.policy.request import Request
from listhub.policy.scenario import compiled, gather, load
from listhub.policy.syntax import Include, Rule


class Site:
    """The files of one level, by path."""

    def __init__(self, **files: str) -> None:
        self._files: Mapping[str, str] = {
            f"scenari/{name.replace('__', '.')}": text for name, text in files.items()
        }

    def find(self, path: str) -> Found | None:
        text = self._files.get(path)
        return None if text is None else Found(path=path, content=text, source="site")

    def find_all(self, path: str) -> tuple[Found, ...]:
        found = self.find(path)
        return (found,) if found else ()

    def paths(self, folder: str) -> Iterable[str]:
        return self._files


FACTS = StaticFacts(
    filters={"blocklist.txt": "bad@x.example"},
    members={"l@d.example": keys(["sub@x.example"])},
)


def decide(
    files: Site | NoFiles,
    *,
    sender: str = "a@x.example",
    name: str = "one",
    blocked: bool = False,
    explain: bool = False,
) -> Decision:
    scenario = load(files, operation="send", name=name, use_blocklist=blocked)
    request = Request(operation="send", domain="d.example", listname="l", sender=sender)
    return evaluate(scenario, request, FACTS, explain=explain)


def test_missing_scenario_lets_nobody_in() -> None:
    """It is true() smtp -> reject: another method fits no rule at all."""
    decision = decide(NoFiles(), name="none")
    assert (decision.action, decision.reason, decision.error) == ("reject", "", "")
    for name in ("../../etc/passwd", "", "x" * 1000):
        assert decide(NoFiles(), name=name).action == "reject"


def test_own_files_come_before_shipped_ones() -> None:
    """A site's send.closed is its own affair."""
    assert decide(NoFiles(), name="closed").reason == "send_closed"
    assert decide(Site(send__closed="true() -> do_it"), name="closed").allowed


def test_order_of_the_parts() -> None:
    """The blocklist, the header of the operation, the scenario with its includes."""
    files = Site(
        send__one="include mine\ntrue() -> reject(reason='last')",
        include__mine="equal([sender],c@x.example) -> owner",
        include__send__header="equal([sender],b@x.example) -> editor",
    )

    assert decide(files, sender="bad@x.example", blocked=True).written == "reject,quiet"
    assert decide(files, sender="bad@x.example").reason == "last"
    assert decide(files, sender="b@x.example").action == "editor"
    assert decide(files, sender="c@x.example").action == "owner"
    assert decide(files).reason == "last"


def test_includes_may_include() -> None:
    """Nested includes stand where they are written, also twice."""
    files = Site(
        send__one="include a\ninclude b\ntrue() -> do_it",
        include__a="include b\nequal([sender],a@x.example) -> owner",
        include__b="equal([sender],b@x.example) -> editor",
    )

    assert decide(files).action == "owner"
    assert decide(files, sender="b@x.example").action == "editor"
    assert decide(files, sender="c@x.example").allowed


@pytest.mark.parametrize(
    ("files", "error"),
    [
        (
            {"send__one": "true() -> do_it\ninclude x"},
            "scenari/send.one (site):2:1: there is no file scenari/include.x to include",
        ),
        (
            {"send__one": "include a", "include__a": "\ninclude b", "include__b": "include a"},
            "include.b (site):1:1: includes go in a circle: a includes b includes a",
        ),
        (
            {"send__one": "true() -> do_it\nbroken"
             " here", "include__send__header": ""},
            "scenari/send.one (site):2:1: there is no condition `broken`",
        ),
        (
            {"send__one": "true() -> do_it", "include__send__header": "x y"},
            "scenari/include.send.header (site):1:1: there is no condition",
        ),
        (
            {"send__one": "include a\n" * 60, "include__a": "true() -> owner\n" * 60},
            "more than 2000 rules",
        ),
    ],
)  # fmt: skip
def test_broken_scenario_rejects_everything(files: dict[str, str], error: str) -> None:
    """A part that is missing, broken or in a circle: nothing is allowed, all is told."""
    decision = decide(Site(**files))

    assert decision.reason == "error-performing-condition"
    assert error in decision.error


def test_same_files_are_compiled_once() -> None:
    """What a scenario is made of is the key under which it is kept."""
    first, second = (
        gather(Site(send__one="true() -> do_it"), operation="send", name="one")
        for _ in range(2)
    )

    assert first is not second
    assert compiled(first) is compiled(second)


def test_explanation_has_every_rule_that_was_tried() -> None:
    """Also those for other methods, each with its place, value and arguments."""
    files = Site(
        send__one="true() md5 -> do_it\nequal([sender],x) -> do_it\nall() -> owner"
    )
    decision = decide(files, explain=True)

    assert [trial.value for trial in decision.trail] == [None, False, True]
    assert decision.trail[0].note == "for md5 only, not smtp"
    assert decision.trail[1].arguments == (
        ("[sender]", ("a@x.example",)),
        ("'x'", ("x",)),
    )
    assert str(decision.trail[2].place) == "scenari/send.one (site):3"
    assert decide(files).trail == ()


def test_explanation_of_an_error_ends_with_it() -> None:
    """The rule that failed is the last one of the trail."""
    decision = decide(Site(send__one="equal([no],x) -> do_it"), explain=True)

    assert decision.trail[-1].value is None
    assert decision.trail[-1].note == "nothing is known as [no]"


def test_menu() -> None:
    """Own scenarios and shipped ones with titles, without those that are hidden."""
    files = Site(
        send__mine="title Mine\ntitle.fr Le mien\n",
        send__bad="x y",
        **{"send__public:ignore": ""},
    )
    entries = {entry.name: entry for entry in menu(files, "send", language="fr")}

    assert entries["mine"] == MenuEntry(name="mine", title="Le mien", source="site")
    assert entries["bad"].title == "(broken)"
    assert entries["closed"] == MenuEntry(
        name="closed", title="Personne", source="shipped"
    )
    assert "public" not in entries
    assert "public:ignore" not in entries


# --- what comes along -------------------------------------------------------------------

SHIPPED = sorted(shipped_paths())


def test_every_operation_has_its_default() -> None:
    """105 scenarios; each belongs to an operation, each operation has its default."""
    names = [path.removeprefix("scenari/") for path in SHIPPED]

    assert len(names) == 105
    assert {name.partition(".")[0] for name in names} == set(OPERATIONS)
    for operation in OPERATIONS.values():
        assert f"{operation.name}.{operation.default}" in names


@pytest.mark.parametrize("path", SHIPPED)
def test_shipped_scenario_is_whole(path: str) -> None:
    """Correct, with both titles, and with a sentence for each reason that it gives."""
    found = NoFiles().find(path)
    assert found is None
    operation, _, name = path.removeprefix("scenari/").partition(".")
    main = gather(NoFiles(), operation=operation, name=name).parts[-1]
    scenario = parse(main.content, file=path)

    assert {title.language for title in scenario.titles} == {"", "fr"}
    assert not [step for step in scenario.steps if isinstance(step, Include)]
    for step in scenario.steps:
        assert isinstance(step, Rule)
        assert not step.action.reason or step.action.reason in REASONS
        assert not step.action.template or step.action.template in TEMPLATES


def test_every_rejection_has_a_sentence() -> None:
    """An unknown reason, of a site's own scenario, has a plain one."""
    assert sentence(reason="send_closed") == REASONS["send_closed"]
    assert sentence(template="add_closed") == TEMPLATES["add_closed"]
    assert sentence(reason="our_own") == sentence() == ANY
