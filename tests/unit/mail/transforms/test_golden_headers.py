from collections.abc import Iterable
from itertools import chain, combinations, product
from typing import Any

import pytest

from listhub.mail.munge import ENGLISH, Munge
from listhub.mail.transforms.context import LIST_FIELDS
from tests import golden_files
from tests.posts import NESTED, PLAIN, transformed, with_fields

Case = tuple[bytes, dict[str, Any]]

FRENCH = {phrase: text.replace("via", "par") for phrase, text in ENGLISH.items()} | {
    "name_via_list": "{name} (par la liste {list})"
}
NO_ID = PLAIN.replace(b"Message-ID: <q1@r.example>\n", b"")
SEVERAL = PLAIN.replace(
    b"Bob Smith <bob@r.example>",
    b'"Smith, Bob" <bob@r.example>,\n =?iso-8859-1?q?Zo=E9?= <zoe@s.example>',
)
GROUP = PLAIN.replace(
    b"Bob Smith <bob@r.example>", b"Board: Bob <bob@r.example>, zoe@s.example;"
)

SINGLE: dict[str, Case] = {
    "plain": (PLAIN, {}),
    "nested_list": (NESTED, {}),
    "no_web_url": (PLAIN, {"web_url": ""}),
    "not_archived": (PLAIN, {"archived": False}),
    "announcements_only": (PLAIN, {"posting": "closed"}),
    "one_click": (NESTED, {"one_click": "https://lists.example/u/abc"}),
    "one_click_without_web": (
        PLAIN,
        {"one_click": "https://lists.example/u/abc", "web_url": ""},
    ),
    "no_list_headers": (NESTED, {"list_headers": False}),
    "no_message_id": (NO_ID, {}),
    "topics": (
        with_fields(PLAIN, "X-Sympa-Topic: forged"),
        {"topics": ("exams", "rooms")},
    ),
    "custom_subject": (PLAIN, {"custom_subject": "{name}"}),
    "custom_headers": (
        PLAIN,
        {"custom_headers": ("X-Campus: North", "X-Campus: South", "List-Id: mine")},
    ),
    "remove_headers": (
        with_fields(PLAIN, "Sender: boss@r.example"),
        {"remove_headers": ("sender", "User-Agent", "Message-ID", "List-Post")},
    ),
    "remove_outgoing_headers": (
        PLAIN,
        {
            "remove_outgoing_headers": (
                "X-no-archive",
                "errors-to",
                "Precedence: bulk",
                "X-Loop: other@lists.example",
            )
        },
    ),
    "anonymous": (
        with_fields(
            PLAIN, "Reply-To: bob@home.example", "Resent-From: b@x", "Sender: b@x"
        ),
        {"anonymous_sender": "The list <dev@lists.example>", "reply_to": "all"},
    ),
    "anonymous_plain_address": (PLAIN, {"anonymous_sender": "dev@lists.example"}),
    "everything": (
        NESTED,
        {
            "topics": ("exams",),
            "custom_subject": "{name}:{sequence}",
            "reply_to": "list",
            "custom_headers": ("X-Campus: North",),
            "one_click": "https://lists.example/u/abc",
            "munge": Munge(
                address="dev@lists.example", list_name="dev", reason="all authors"
            ),
        },
    ),
}


def reply_to_cases() -> dict[str, Case]:
    cases = {}
    for value, apply, there in product(
        ("keep", "sender", "list", "all", "other"),
        ("respect", "forced"),
        ("with", "without"),
    ):
        raw = with_fields(PLAIN, "Reply-To: <bob@home.example>", "Resent-Reply-To: x@x")
        cases[f"reply_to_{value}_{apply}_{there}"] = (
            raw if there == "with" else PLAIN,
            {
                "reply_to": value,
                "reply_to_apply": apply,
                "reply_to_other": "help@lists.example",
            },
        )
    return cases


def munge_cases() -> dict[str, Case]:
    def munged(phrase: Any = "name_via_list", **more: Any) -> dict[str, Any]:
        return {
            "munge": Munge(
                address="dev@lists.example",
                list_name="dev",
                reason="all authors",
                phrase=phrase,
                **more,
            )
        }

    def author(value: str) -> bytes:
        return PLAIN.replace(b"Bob Smith <bob@r.example>", value.encode())

    cases: dict[str, Case] = {
        f"munge_{phrase}": (PLAIN, munged(phrase)) for phrase in ENGLISH
    }
    return cases | {
        "munge_french": (PLAIN, munged(phrases=FRENCH)),
        "munge_no_name": (author("bob@r.example"), munged()),
        "munge_quoted_name": (author('"Smith, \\"Bob\\"" <bob@r.example>'), munged()),
        "munge_encoded_name": (author("=?utf-8?q?Zo=C3=A9?= <z@r.example>"), munged()),
        "munge_8_bit_name": (author("Zoé <z@r.example>"), munged()),
        "munge_several_authors": (SEVERAL, munged("name_email_via_list")),
        "munge_group": (GROUP, munged("list_for_email")),
        "munge_empty_group": (author("Undisclosed:;"), munged()),
        "munge_reply_to_there": (
            with_fields(PLAIN, "Reply-To: <bob@home.example>"),
            munged(),
        ),
        "munge_reply_to_list": (PLAIN, munged() | {"reply_to": "list"}),
        "munge_two_signatures": (
            with_fields(PLAIN, "DKIM-Signature: first", "DomainKey-Signature: old"),
            munged(),
        ),
        "munge_other_email": (
            PLAIN,
            {
                "munge": Munge(
                    address="no-reply@lists.example", list_name="dev", reason="all"
                )
            },
        ),
    }


CASES = SINGLE | reply_to_cases() | munge_cases()


@pytest.mark.parametrize("name", CASES)
def test_header(name: str) -> None:
    """What a member gets is, byte for byte, what somebody looked at and found right."""
    raw, facts = CASES[name]

    golden_files.compare(f"headers/{name}.txt", transformed(raw, **facts).to_bytes())


@pytest.mark.parametrize(
    "web_url", ["https://lists.example", ""], ids=["web", "no_web"]
)
def test_every_choice_of_list_fields(web_url: str) -> None:
    """A list may have any of the fields of RFC 2369 and none of the others."""
    pages = [_listed(chosen, web_url) for chosen in subsets(LIST_FIELDS)]

    name = "web" if web_url else "no_web"
    golden_files.compare(f"headers/list_fields_{name}.txt", b"\n".join(pages))


def subsets(names: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    sizes = range(len(names) + 1)
    return chain.from_iterable(combinations(names, size) for size in sizes)


def _listed(chosen: tuple[str, ...], web_url: str) -> bytes:
    headers = transformed(NESTED, rfc2369_headers=chosen, web_url=web_url)
    headers.drop(lambda field: not field.name.startswith(b"list-"))
    return f"# {', '.join(chosen) or 'none'}\n".encode() + headers.to_bytes()[:-1]


def test_no_golden_file_is_left_over() -> None:
    """Each file of golden/headers is compared by a test."""
    others = {
        "list_fields_web", "list_fields_no_web", "subjects", "munge_triggers",
    }  # fmt: skip
    files = {path.stem for path in (golden_files.GOLDEN / "headers").glob("*.txt")}

    assert files == CASES.keys() | others


@pytest.mark.parametrize("name", CASES)
def test_no_field_is_doubled(name: str) -> None:
    """RFC 5322 §3.6 and the list's own fields: one each, of a nested list too."""
    raw, facts = CASES[name]
    headers = transformed(raw, **facts)
    once = [
        "From", "Sender", "Reply-To", "Subject", "Date", "Message-ID", "List-Post",
        "List-Unsubscribe", "List-Unsubscribe-Post", "List-Archive", "X-Sequence",
    ]  # fmt: skip

    assert [field for field in once if len(headers.all(field)) > 1] == []
