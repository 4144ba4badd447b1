"""Every operation of the API, in the order in which paths are tried.

What is not here does not exist, and the tests of who may do what go through this table.
"""

from listhub.web.api.operation import Operation
from listhub.web.api.resources import me

OPERATIONS: tuple[Operation, ...] = (*me.OPERATIONS,)
