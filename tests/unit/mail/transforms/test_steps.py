import dataclasses
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from listhub.mail import transforms
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.munge import Munge
from listhub.mail.transforms import (
    INCOMING,
    LEAVING,
    OUTGOING,
    Change,
    Step,
    TransformContext,
    run,
)
from listhub.mail.transforms.context import ANONYMOUS_HEADERS
from tests.corpora import broken
from tests.posts import NESTED, PLAIN, context, transformed
from tests.unit.mail.transforms.test_golden_headers import CASES

STEPS = (*INCOMING, *OUTGOING, *LEAVING)
BROKEN = broken()


def test_names_are_unique() -> None:
    """A name says which step is meant, in the trail and on the page."""
    names = [step.name for step in STEPS]

    assert len(names) == len(set(names))
    assert all(step.apply.__module__.endswith(f".{step.name}") for step in STEPS)


def test_no_transform_is_forgotten() -> None:
    """A module with `apply` stands in a table: nobody writes one to no effect."""
    folder = Path(transforms.__path__[0])
    texts = {path.stem: path.read_text("utf-8") for path in folder.glob("*.py")}
    used = "".join(texts.values())
    lost = [
        name
        for name, text in texts.items()
        if "\ndef apply(" in text and f"{name}.apply" not in used
    ]

    assert lost == []


def test_a_trail_tells_what_each_step_did() -> None:
    """Fields added, removed and changed, with the step's name and sentence."""
    trail: list[Change] = []
    transformed(NESTED, trail, custom_subject="{name}", reply_to="list")
    told = {change.name: change for change in trail}

    assert [change.name for change in trail] == [step.name for step in STEPS]
    assert told["topic_mark"].nothing
    assert told["subject_tag"].changed == (
        ("Subject: [parent] A question", "Subject: [dev] [parent] A question"),
    )
    assert told["reply_to"].added == ("Reply-To: dev@lists.example",)
    assert "Precedence: list" in told["remove_headers"].removed
    assert told["list_id"].changed == (
        ("List-Id: <parent.up.example>", "List-Id: <dev.lists.example>"),
    )
    assert (
        told["list_id"].about
        == "Names the list by its List-Id, in the place of any other."
    )
    assert all(change.body is None for change in trail)


def test_a_trail_tells_of_bodies() -> None:
    """The sizes before and after, in bytes, where the body has changed."""

    def shorten(draft: Draft, _: TransformContext) -> None:
        draft.body = draft.body[:2]

    trail: list[Change] = []
    step = Step(name="shorten", about="Shortens.", apply=shorten)
    run((step, step), Draft.parse(PLAIN), context(), trail)

    assert [change.body for change in trail] == [(7, 2), None]


def test_a_trail_changes_nothing() -> None:
    """What comes out is the same, watched or not."""
    assert transformed(NESTED, []).to_bytes() == transformed(NESTED).to_bytes()


@pytest.mark.parametrize("name", BROKEN)
def test_broken_mail_goes_through(name: str) -> None:
    """No header makes a transform fail, and no body is touched by these."""
    munge = Munge(address="dev@lists.example", list_name="dev", reason="all authors")
    draft = Draft.parse(BROKEN[name])
    body = draft.body
    facts = context(
        custom_subject="{name}:{sequence}",
        reply_to="all",
        reply_to_apply="forced",
        munge=munge,
        topics=("exams",),
    )
    run(STEPS, draft, facts)

    assert draft.body == body
    assert draft.headers.get("List-Id") == b"<dev.lists.example>"


@pytest.mark.parametrize("name", CASES)
def test_what_we_send_is_valid(name: str) -> None:
    """The stdlib reads our headers without a defect; lines have at most 998 octets."""
    raw, facts = CASES[name]
    block = transformed(raw, **facts).to_bytes()
    read = message_from_bytes(block, policy=policy.SMTP)
    ours = {field.name.decode() for field in Headers.parse(block).fields}
    came = {field.raw for field in Headers.parse(raw).fields}

    assert all(len(line) <= 998 for line in block.split(b"\n"))
    assert read.defects == []
    for field in Headers.parse(block).fields:
        if field.raw not in came:
            values: list[Any] = read.get_all(field.name.decode(), [])
            assert [d for value in values for d in value.defects] == []
    assert {key.lower() for key in read} == ours


TEXTS = sorted(
    field.name
    for field in dataclasses.fields(TransformContext)
    if field.type in (str, "str")
)
LISTS = ("topics", "remove_headers", "anonymous_headers", "custom_headers")
NASTY = st.text(max_size=30) | st.sampled_from(
    ["x\r\nBcc: eve@e.example", "x\nBcc: eve@e.example", "\r", "\0", "a\r\n\r\nbody"]
)


@given(
    st.sampled_from(TEXTS),
    NASTY,
    st.sampled_from(["keep", "sender", "list", "all", "other"]),
)
def test_no_text_of_the_context_can_add_a_field(
    name: str, value: str, reply_to: str
) -> None:
    """A line end in any fact is refused or made a blank; no field comes from inside."""
    facts: dict[str, Any] = {"reply_to": reply_to, "reply_to_other": "o@lists.example"}
    _safe({"anonymous_sender": "x@lists.example"} | facts | {name: value})
    _safe(facts | {name: value})


@given(st.sampled_from([*LISTS, "remove_outgoing_headers"]), NASTY, st.booleans())
def test_no_line_of_a_list_can_add_a_field(name: str, value: str, named: bool) -> None:
    """Nor can one line of a setting that has several."""
    _safe({name: (f"X-A: {value}" if named else value,)})


@given(NASTY, NASTY)
def test_no_munge_can_add_a_field(first: str, second: str) -> None:
    """Nor can what From is rewritten to."""
    _safe({"munge": Munge(address=first, list_name=second, reason="all authors")})


def _safe(facts: dict[str, Any]) -> None:
    try:
        headers = transformed(PLAIN, **facts)
    except ValueError:
        return  # refused: Headers takes no CR, LF or NUL
    block = headers.to_bytes()
    again = Headers.parse(block)

    assert [f.name for f in again.fields] == [f.name for f in headers.fields]
    assert again.body_offset == len(block)
    assert b"bcc" not in {field.name for field in again.fields}


def test_the_default_of_an_anonymous_list_leaves_no_address() -> None:
    """After it, nothing but the list's own fields names the author."""
    fields = "".join(f"{name}: bob@r.example\n" for name in ANONYMOUS_HEADERS)
    raw = fields.encode() + b"Return-Path: <bob@r.example>\n" + PLAIN
    block = transformed(
        raw,
        anonymous_sender="dev@lists.example",
        anonymous_headers=ANONYMOUS_HEADERS,
        reply_to="all",
    ).to_bytes()

    assert b"bob" not in block.lower()
    assert b"r.example" not in block


def test_an_anonymous_post_keeps_its_new_message_id() -> None:
    """Made anew twice, it is the same; another list gives it another."""
    facts = {"anonymous_sender": "dev@lists.example"}
    ids = [transformed(PLAIN, **facts).get("Message-ID") for _ in range(2)]

    assert ids[0] == ids[1] != transformed(PLAIN, **facts, name="ops").get("Message-ID")
