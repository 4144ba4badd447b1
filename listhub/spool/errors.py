"""What the errors of buried items have in common, so that one cause is one group."""

#: Characters that make a word a particular: numbers, addresses, identifiers.
_PARTICULAR = frozenset("0123456789@")

_LONGEST = 200

#: Of an item that was buried because its worker did not come back.
WORKER_DIED = "Its worker died # times without settling it."


def alike(reason: str) -> str:
    """Return the first line of a reason, each word that is a particular as "#".

    The first line says the error; the traceback below differs with every release.
    """
    line = reason.partition("\n")[0][: 5 * _LONGEST]
    words = ["#" if _PARTICULAR.intersection(word) else word for word in line.split()]
    return " ".join(words)[:_LONGEST]
