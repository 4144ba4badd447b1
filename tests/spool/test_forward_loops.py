"""Owners whose mailboxes answer what is forwarded to them: it ends soon."""

from dataclasses import replace

import pytest

from tests.rooms import DOMAIN, post_bytes
from tests.world import Letter, Reaction, bouncing, rude, vacation, world

REQUEST = f"dev-request@{DOMAIN}"
OWNER = "own@o.example"


def stubborn(letter: Letter) -> list[Letter]:
    """Answer without any mark, and always to From."""
    headers = letter.headers
    headers.remove("Reply-To")
    return rude(replace(letter, content=headers.to_bytes()))


def returning(letter: Letter) -> list[Letter]:
    """Be redirected to where the mail came from."""
    return [replace(letter, reverse_path=OWNER, recipient=REQUEST)]


def marked(letter: Letter) -> list[Letter]:
    """Answer to From, but say what it is."""
    return [
        replace(
            answer,
            content=b"Auto-Submitted: auto-replied\r\n" + answer.content,
        )
        for answer in stubborn(letter)
    ]


@pytest.mark.parametrize("mode", [[], ["all"]], ids=["From kept", "From rewritten"])
@pytest.mark.parametrize(
    ("react", "most"),
    [
        (vacation, 1),
        (bouncing, 1),
        (rude, 1),
        (returning, 1),
        (marked, 1),
        (stubborn, 11),
    ],
)
def test_an_owner_whose_mailbox_answers(
    database_url: str, react: Reaction, most: int, mode: list[str]
):
    """One letter to the owners stays one, or a handful where nothing marks the answers."""
    with world(database_url, {OWNER: react}) as here:
        here.rooms.add_list(owners=[OWNER], dmarc_mode=mode)
        here.post(
            Letter(
                reverse_path="ann@a.example",
                recipient=REQUEST,
                content=post_bytes(to=REQUEST),
            )
        )
        here.run(rounds=30)

        got = sum(letter.recipient == OWNER for letter in here.delivered)
        assert 1 <= got <= most


def test_two_lists_that_own_each_other(database_url: str):
    """Mail to the owners of one reaches the other's address once."""
    with world(database_url) as here:
        here.rooms.add_list("dev", owners=[f"ops-request@{DOMAIN}"])
        here.rooms.add_list("ops", owners=[REQUEST])
        here.post(
            Letter(
                reverse_path="ann@a.example",
                recipient=REQUEST,
                content=post_bytes(to=REQUEST),
            )
        )
        here.run(rounds=30)

        assert len(here.delivered) == 2
