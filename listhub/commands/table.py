"""All commands, in the order in which HELP and docs/reference/commands.md tell them.

To add one: a module beside this one, a line below, a heading in that page.
"""

from listhub.commands import (
    archive,
    deciding,
    inviting,
    membership,
    quitting,
    reading,
    receiving,
)
from listhub.commands.command import Command
from listhub.commands.parse import Vocabulary

COMMANDS: tuple[Command, ...] = (
    # What a stranger needs first.
    reading.HELP,
    reading.LISTS,
    reading.INFO,
    # For members, about themselves.
    membership.SUBSCRIBE,
    membership.SIGNOFF,
    receiving.SET,
    reading.WHICH,
    # For members, about the list.
    reading.REVIEW,
    reading.STATS,
    archive.INDEX,
    archive.GET,
    archive.LAST,
    inviting.INVITE,
    # For owners and moderators.
    membership.ADD,
    membership.DEL,
    inviting.REMIND,
    deciding.MODINDEX,
    # Answers to mail that bears a key.
    deciding.DISTRIBUTE,
    deciding.REJECT,
    deciding.CONFIRM,
    deciding.AUTH,
    # About the mail itself.
    reading.VERIFY,
    quitting.QUIT,
)

VOCABULARY = Vocabulary(COMMANDS)
