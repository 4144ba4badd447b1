"""Who types: the name that stands in histories and in the audit."""

import getpass
import os


def actor() -> str:
    """Return `cli:` and the name of the operator's account, before any sudo."""
    try:
        return f"cli:{os.environ.get('SUDO_USER') or getpass.getuser()}"
    except (KeyError, OSError):  # a container without a passwd entry
        return f"cli:{os.getuid()}"
