"""QUIT: what follows is no command.  The reader knows it; nothing is ever run."""

from listhub.commands.command import Command, Line
from listhub.commands.context import Context
from listhub.commands.reply import Reply
from listhub.i18n.text import N_, Text

THE_END = N_("The end.")


def run(_line: Line, _context: Context) -> Reply:
    """Say nothing of use: a confirmed QUIT would come here."""
    return Reply(text=Text(THE_END))


QUIT = Command(
    name="QUIT",
    about="Ends the commands: what follows in the mail is not read.",
    right="everybody",
    synonyms=("QUI", "END", "STOP", "-"),
    run=run,
)
