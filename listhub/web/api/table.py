"""Every operation of the API, in the order in which paths are tried.

What is not here does not exist, and the tests of who may do what go through this table.
"""

from listhub.web.api.operation import Operation
from listhub.web.api.resources import (
    archive,
    bounces,
    decisions,
    files,
    held,
    lists,
    me,
    members,
    members_file,
    posts,
    roles,
    scenarios,
    settings,
    site,
    spool,
    texts,
    trace,
)

OPERATIONS: tuple[Operation, ...] = (
    *me.OPERATIONS,
    *lists.OPERATIONS,
    *members_file.OPERATIONS,
    *members.OPERATIONS,
    *members.OF_ONE,
    *roles.OPERATIONS,
    *settings.OPERATIONS,
    *texts.OPERATIONS,
    *files.OPERATIONS,
    *scenarios.OPERATIONS,
    *decisions.OPERATIONS,
    *held.OPERATIONS,
    *posts.OPERATIONS,
    *bounces.OPERATIONS,
    *archive.OPERATIONS,
    *spool.OPERATIONS,
    *trace.OPERATIONS,
    *site.OPERATIONS,
)
