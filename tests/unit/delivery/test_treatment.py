import json

import pytest

from listhub.delivery.treatment import NONE, Seal, Treatment
from listhub.errors import TemporaryError
from listhub.mail.added_text import Text, Texts
from listhub.mail.authentication_results import Result


def test_what_is_stored_comes_back():
    """All of a treatment survives the database, octets of a MIME part included."""
    texts = Texts(
        header=Text(text="above {{ user.email }}"),
        footer=Text(text="", mime=b"Content-Type: text/plain\n\n\xff\0"),
    )
    given = Treatment(
        personalise="all",
        texts=texts,
        footer_type="append",
        list_address="dev@lists.example",
        web_url="https://lists.example",
        sender="ann@a.example",
        language="fr",
        one_click=True,
        sign="lists.example",
        track=True,
        arc=Seal(
            authserv_id="mx.example",
            results=(Result(method="dkim", result="pass", properties={"a.b": "c"}),),
            chain="pass",
        ),
    )
    stored = json.loads(json.dumps(given.to_json()))
    assert Treatment.from_json(stored) == given


def test_nothing_to_do_is_nothing_stored():
    """A message without a treatment costs the database nothing, as before there were any."""
    assert NONE.to_json() == {}
    assert Treatment.from_json({}) == NONE
    assert not NONE.one_by_one


@pytest.mark.parametrize(
    "stored", [{"encrypt": True}, {"personalise": "some"}, {"footer_type": "inline"}]
)
def test_what_a_newer_release_wants_is_left_to_it(stored: dict[str, object]):
    """A treatment that is not understood waits; no copy leaves without it."""
    with pytest.raises(TemporaryError):
        Treatment.from_json(stored)
