"""The kinds of arguments that commands take."""

import re

from listhub.commands.command import Argument
from listhub.i18n.text import N_

# A list may be named with its domain; whether it exists is for the command to say.
_LIST = r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}(?:@[^\s@<>,;\"]{1,255})?"
_ADDRESS = r"<?[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,255}>?"

_A_LIST = N_("the name of a list")

LIST = Argument(name="LIST", pattern=re.compile(_LIST), words=_A_LIST)
LIST_OR_ALL = Argument(
    name="LIST",
    pattern=re.compile(rf"\*|{_LIST}"),
    words=N_("the name of a list, or * for all"),
)
ADDRESS = Argument(
    name="ADDRESS", pattern=re.compile(_ADDRESS), words=N_("an e-mail address")
)
MAYBE_ADDRESS = Argument(
    name="ADDRESS",
    pattern=re.compile(_ADDRESS),
    words=N_("an e-mail address"),
    optional=True,
)
NAME = Argument(
    name="NAME",
    pattern=re.compile(r".{1,200}"),
    words=N_("a name of at most 200 characters"),
    optional=True,
    rest=True,
)
MONTH = Argument(
    name="MONTH",
    pattern=re.compile(r"(?:19|20|21)\d\d[-/](?:0[1-9]|1[0-2])"),
    words=N_("a month such as 2026-11"),
)
MAYBE_MONTH = Argument(
    name="MONTH", pattern=MONTH.pattern, words=MONTH.words, optional=True
)
KEY = Argument(
    name="KEY",
    pattern=re.compile(r"[A-Za-z0-9_-]{16,128}"),
    words=N_("the key that you were sent"),
)
COMMAND = Argument(
    name="COMMAND", pattern=re.compile(r".+"), words=N_("a command"), rest=True
)
