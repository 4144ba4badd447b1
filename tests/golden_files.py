"""Golden files: what the code wrote when somebody last looked at it and found it right.

`GOLDEN=write scripts/test PATH` writes them anew; the difference is then read in git
before it is committed, byte by byte.
"""

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def compare(name: str, content: bytes) -> None:
    """Fail if the golden file of that name does not hold exactly these bytes."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    kept = path.read_bytes() if path.exists() else b""

    assert content == kept, f"{path.name} is no longer what comes out; see {__name__}"
