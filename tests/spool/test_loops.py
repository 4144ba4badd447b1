"""Loops: whoever answers whom, the number of messages is bounded."""

import pytest

from tests.rooms import DOMAIN, post_bytes
from tests.world import Letter, Reaction, World, bouncing, rude, vacation, world

DEV = f"dev@{DOMAIN}"


def post(here: World, author: str = "ann@a.example") -> None:
    here.post(Letter(reverse_path=author, recipient=DEV, content=post_bytes(author)))


def to(here: World, address: str) -> int:
    return sum(letter.recipient == address for letter in here.delivered)


def test_two_lists_subscribed_to_each_other(database_url: str):
    """Each member of both gets one copy from each list, and then it is quiet."""
    with world(database_url) as here:
        for name, other in (("dev", "ops"), ("ops", "dev")):
            here.rooms.add_list(
                name,
                members=["ann@a.example", f"{other}@{DOMAIN}"],
                send="public",
            )
        post(here)
        here.run()

        assert to(here, "ann@a.example") == 2
        assert len(here.delivered) == 4  # two to ann, one to each list by the other


def test_a_list_subscribed_to_itself(database_url: str):
    """It gets its own copy once and drops it."""
    with world(database_url) as here:
        here.rooms.add_list(members=["ann@a.example", DEV], send="public")
        post(here)
        here.run()

        assert to(here, "ann@a.example") == 1
        assert to(here, DEV) == 1


@pytest.mark.parametrize(
    ("react", "copies", "least"),
    [(vacation, 2, 0), (bouncing, 2, 1), (rude, 2, 1)],
    ids=["vacation", "bouncing", "autoresponder"],
)
def test_a_member_who_answers(
    database_url: str, react: Reaction, copies: int, least: int
):
    """A program among the members costs a few messages, never a flood.

    The autoresponder without any mark is the worst case: it answers the author, who is
    a person, and not the list.
    """
    with world(database_url, {"robot@r.example": react}) as here:
        here.rooms.add_list(
            members=["ann@a.example", "robot@r.example"],
            owners=["own@o.example"],
            send="public",
        )
        post(here)
        here.run()

        assert to(here, "ann@a.example") == 1
        assert to(here, "robot@r.example") == 1
        assert len(here.delivered) == copies
        bounces = here.rooms.rows("SELECT count(*) AS n FROM bounce_event")[0].n
        assert bounces == (1 if react is bouncing else 0)
        assert least in {0, 1}


def test_an_autoresponder_on_a_list_with_replies_to_the_list(database_url: str):
    """It answers its own posts for ever: after ten the same text waits for a moderator."""
    with world(database_url, {"robot@r.example": rude}) as here:
        here.rooms.add_list(
            members=["ann@a.example", "robot@r.example"],
            send="public",
            reply_to="list",
        )
        post(here)
        here.run(rounds=60)

        assert to(here, "ann@a.example") == 11
        [held] = here.rooms.rows("SELECT why FROM request")
        assert "the same text" in held.why


@pytest.mark.parametrize("react", [vacation, rude, bouncing])
def test_a_program_that_writes_to_the_command_address(
    database_url: str, react: Reaction
):
    """A command's report that is answered by a program ends after a few answers."""
    with world(database_url, {"robot@r.example": react}) as here:
        here.rooms.add_list(members=["ann@a.example"], send="public")
        here.post(
            Letter(
                reverse_path="robot@r.example",
                recipient=f"sympa@{DOMAIN}",
                content=post_bytes("robot@r.example"),
            )
        )
        here.run(rounds=250)

        assert to(here, "robot@r.example") <= 60
