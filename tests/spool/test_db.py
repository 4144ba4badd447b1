"""Connections to the database."""

from listhub import db
from listhub.config import Database


def test_a_vanished_server_is_noticed_soon(database_url: str):
    """Keepalives are asked for, unless the URL says something else about them."""
    with db.connect(Database(url=database_url)) as conn:
        ours = conn.info.get_parameters()
    with db.connect(Database(url=f"{database_url}?keepalives_idle=77")) as conn:
        theirs = conn.info.get_parameters()

    assert ours["keepalives_idle"] == "10"
    assert int(ours["tcp_user_timeout"]) <= 30_000
    assert theirs["keepalives_idle"] == "77"
    assert theirs["keepalives_count"] == ours["keepalives_count"]
