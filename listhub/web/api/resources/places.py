"""Whose files and texts a call is about: a list's, a domain's, or the site's."""

from listhub.lists import about
from listhub.lists.file_versions import level_of_list
from listhub.lists.files import Level
from listhub.web.api.call import Call
from listhub.web.door.answer import no_page


def level_of(call: Call) -> Level:
    """Return the level that the path names; no page for who may not."""
    if call.row is not None:
        return level_of_list(call.row.id, call.row.address)
    name = call.asked.params.get("domain")
    if name is None:
        return Level()
    domain_id = about.domains(call.conn).get(name)
    if domain_id is None or not call.who.runs(domain_id):
        raise no_page()
    return Level(scope="domain", domain_id=domain_id, name=name)
