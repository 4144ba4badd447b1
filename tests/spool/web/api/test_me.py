from tests.api_client import Program, token_for
from tests.lively import LIST, PEOPLE


def test_a_token_says_whose_it_is(program: Program):
    """Whoever calls learns who they are, and by which token."""
    found = program.get("/me")
    assert found["address"] == PEOPLE.site
    assert found["site_listmaster"]
    assert found["token"]["rights"] == "manage"


def test_one_changes_what_one_has_read_and_nothing_else(program: Program):
    """Options are changed by the mark that was read, and not when they changed since."""
    program.token = token_for(program.settings, PEOPLE.member)
    [mine] = program.get("/me/lists")["items"]
    assert mine["row"]["address"] == LIST
    path, mark = f"/me/lists/{LIST}", {"If-Match": f'"{mine["mark"]}"'}
    assert program.call("PATCH", path, {"concealed": True}).status_code == 428
    done = program.call("PATCH", path, {"concealed": True}, headers=mark)
    assert done.json()["changed"], done.text
    assert program.get(path)["options"]["concealed"]
    late = program.call("PATCH", path, {"concealed": False}, headers=mark)
    assert late.status_code == 412, late.text
